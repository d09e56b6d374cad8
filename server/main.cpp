// sotto-relay: reads its words, runs a relay or asks the one that runs.
#include "core/base/clock.h"
#include "core/base/logging.h"
#include "core/base/random.h"
#include "core/primitives/secret_bytes.h"
#include "core/qr/terminal_qr.h"
#include "server/ops/control_server.h"
#include "server/ops/data_directory.h"
#include "server/relay/event_loop.h"
#include "server/root/command_line.h"
#include "server/root/relay.h"

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QEventLoop>
#include <QFileInfo>
#include <QSocketNotifier>
#include <QStandardPaths>

#include <csignal>
#include <cstdio>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace sotto;
using namespace sotto::relay;

constexpr int kExitMistake = 2; ///< of the caller's
constexpr int kExitFailure = 1;

int g_signalEnds[2] = {-1, -1}; // the only state a signal handler can reach

void say(const QString &text)
{
    std::fputs(text.toUtf8().constData(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

int fail(const QString &text, int code = kExitFailure)
{
    std::fprintf(stderr, "sotto-relay: %s\n", qPrintable(text));
    return code;
}

/// SIGTERM and SIGINT end the event loop instead of the process.
bool quitOnSignals(QCoreApplication &application)
{
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, g_signalEnds) != 0)
        return false;
    auto *notifier = new QSocketNotifier(g_signalEnds[0], QSocketNotifier::Read, &application);
    QObject::connect(notifier, &QSocketNotifier::activated, &application, &QCoreApplication::quit);
    struct sigaction action { };
    action.sa_handler = [](int) {
        const char byte = 1;
        [[maybe_unused]] const ssize_t written = ::write(g_signalEnds[1], &byte, 1);
    };
    action.sa_flags = SA_RESTART;
    return ::sigaction(SIGTERM, &action, nullptr) == 0 && ::sigaction(SIGINT, &action, nullptr) == 0;
}

/// A connection is a descriptor: takes as many as the system lets us have.
void raiseDescriptorLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Waits for a task on this thread's event loop.
template <class T> T waitFor(Task<T> task)
{
    std::optional<T> value;
    QEventLoop loop;
    std::move(task).then(&loop, [&](T result) {
        value.emplace(std::move(result));
        loop.quit();
    });
    if (!value)
        loop.exec();
    return std::move(*value);
}

void introduce(Relay &relay, const QString &dataDirectory)
{
    say(QStringLiteral("addresses %1").arg(relay.addresses().join(u' ')));
    const auto isEmpty = waitFor(relay.isEmpty());
    if (!isEmpty || !*isEmpty)
        return;
    const auto links = waitFor(relay.makeInvites(1));
    if (!links)
        return;
    say(QStringLiteral("invite %1").arg(links->first()));
    std::fputs(terminalQr(links->first(), ::isatty(STDOUT_FILENO) == 1).toUtf8().constData(), stdout);
    say(QStringLiteral("More invites: sotto-relay --data %1 invite").arg(dataDirectory));
}

int run(const CommandLine &commandLine, QCoreApplication &application)
{
    const auto config = effectiveConfig(commandLine, QProcessEnvironment::systemEnvironment());
    if (!config)
        return fail(config.error().detail, kExitMistake);
    raiseDescriptorLimit();
    if (!quitOnSignals(application))
        return fail(QStringLiteral("signals cannot be caught"));
    RealClock clock;
    SystemRandom random;
    auto relay = Relay::start({*config, commandLine.dataDirectory, true}, clock, random);
    if (!relay)
        return fail(relay.error().detail.isEmpty() ? QString::fromLatin1(name(relay.error().code))
                                                   : relay.error().detail);
    introduce(**relay, commandLine.dataDirectory);
    say(QStringLiteral("ready %1").arg((*relay)->listenAddress()));
    application.exec();
    (*relay)->stop();
    return 0;
}

int ask(const CommandLine &commandLine, const QString &command)
{
    // Absolute: Qt would look for a relative name in the temporary folder.
    const QString folder = QFileInfo(commandLine.dataDirectory).absoluteFilePath();
    const auto answer = askRelay(controlSocketIn(folder), command);
    if (!answer && answer.error().code == ErrorCode::Offline) {
        return fail(QStringLiteral("%1: %2; start it with: sotto-relay run --data %1, or say with --data where it is")
                        .arg(folder, answer.error().detail));
    }
    if (!answer)
        return fail(answer.error().detail);
    for (const QString &line : *answer)
        say(line);
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    // SIGPIPE would end the relay when whoever read its first lines has gone.
    ::signal(SIGPIPE, SIG_IGN);
    installLogging();
    if (auto dispatcher = makeEventDispatcher(eventLoopKind(EventLoopKind::Epoll)); dispatcher)
        QCoreApplication::setEventDispatcher(dispatcher.release());
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationVersion(QStringLiteral(SOTTO_VERSION));
    if (const auto started = initialisePrimitives(); !started)
        return fail(QStringLiteral("libsodium does not start"));
    if (const auto hardened = hardenProcess(); !hardened)
        return fail(QStringLiteral("the system does not let the relay keep its memory to itself"));

    const QString defaultData =
        QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + QStringLiteral("/sotto-relay");
    const auto commandLine =
        parseCommandLine(application.arguments().mid(1), QProcessEnvironment::systemEnvironment(), defaultData);
    if (!commandLine)
        return fail(commandLine.error().detail + QStringLiteral("\n\n") + usage().trimmed(), kExitMistake);
    switch (commandLine->command) {
    case CommandLine::Command::Run: return run(*commandLine, application);
    case CommandLine::Command::Invite: return ask(*commandLine, QStringLiteral("invite %1").arg(commandLine->count));
    case CommandLine::Command::Users: return ask(*commandLine, QStringLiteral("users"));
    case CommandLine::Command::Status: return ask(*commandLine, QStringLiteral("status"));
    case CommandLine::Command::Config: say(defaultConfigText().trimmed()); return 0;
    case CommandLine::Command::Help: say(usage().trimmed()); return 0;
    case CommandLine::Command::Version:
        say(QStringLiteral("sotto-relay %1").arg(QStringLiteral(SOTTO_VERSION)));
        return 0;
    }
    return kExitFailure;
}
