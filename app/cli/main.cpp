#include "app/cli/cli_runner.h"
#include "app/cli/stop_signals.h"
#include "app/platform/keychain_secret_store.h"
#include "app/platform/network_watch.h"
#include "core/base/logging.h"

#include <QCoreApplication>
#include <QTimer>
#include <cstdio>

namespace {

/// --help and --version, and lines that cannot be read; nothing when there is a command to carry out.
std::optional<sotto::ExitCode> answerWithoutProfile(const QStringList &words,
                                                    const sotto::Result<sotto::Arguments, QString> &arguments)
{
    if (!arguments) {
        using Form = sotto::Output::Form;
        const bool wantsJson = words.contains(QStringLiteral("--json"));
        auto output = sotto::Output::standard(wantsJson ? Form::Json : Form::Text);
        return output.fail({sotto::ErrorCode::InvalidArgument, arguments.error()}, sotto::ExitCode::Usage);
    }
    if (arguments->command == sotto::CliCommand::Help) {
        std::fputs(qUtf8Printable(sotto::usageText()), stdout);
        return sotto::ExitCode::Done;
    }
    if (arguments->command == sotto::CliCommand::Version) {
        std::printf("sotto-cli %s\n", SOTTO_VERSION);
        return sotto::ExitCode::Done;
    }
    return std::nullopt;
}

QStringList wordsOf(int argc, char **argv)
{
    QStringList words;
    for (int i = 1; i < argc; ++i)
        words.append(QString::fromLocal8Bit(argv[i]));
    return words;
}

} // namespace

int main(int argc, char **argv)
{
    using namespace sotto;
    const QStringList words = wordsOf(argc, argv);
    auto arguments = parseArguments(words);
    if (const auto code = answerWithoutProfile(words, arguments))
        return int(*code);
    // Without the keychain, which speaks through GLib, Qt's own event loop starts sooner and takes less memory.
    const bool asksKeychain = !arguments->passphraseFile && !qEnvironmentVariableIsSet("SOTTO_PASSPHRASE");
    if (!asksKeychain)
        qputenv("QT_NO_GLIB", "1");
    const QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationVersion(QStringLiteral(SOTTO_VERSION));
    installLogging();
    // What a person is to know is in the answers; who looks for a fault asks for more with QT_LOGGING_RULES.
    if (!qEnvironmentVariableIsSet("QT_LOGGING_RULES"))
        QLoggingCategory::setFilterRules(QStringLiteral("sotto.*.info=false"));
    Output output = Output::standard(arguments->json ? Output::Form::Json : Output::Form::Text);
    if (const auto started = initialisePrimitives(); !started)
        return int(output.fail(started.error()));
    if (const auto hardened = hardenProcess(); !hardened)
        qCWarning(lcCli, "the memory of this process could not be kept out of core dumps");

    RealClock clock;
    SystemRandom random;
    std::unique_ptr<KeychainSecretStore> keychain;
    if (asksKeychain && KeychainSecretStore::isAvailable())
        keychain = std::make_unique<KeychainSecretStore>(clock);
    CliRunner runner({clock, random, keychain.get()}, output);
    const StopSignals signalsOfSystem;
    QObject::connect(&signalsOfSystem, &StopSignals::stopAsked, &runner, &CliRunner::stop);
    std::unique_ptr<NetworkWatch> watch;
    if (runsUntilStopped(*arguments)) {
        watch = NetworkWatch::ofSystem(clock);
        QObject::connect(watch.get(), &NetworkWatch::mayBeBack, &runner, &CliRunner::networkMayBeBack);
    }
    QTimer::singleShot(0, &runner, [&] {
        runner.run(std::move(*arguments)).then(&runner, [](ExitCode code) { QCoreApplication::exit(int(code)); });
    });
    return QCoreApplication::exec();
}
