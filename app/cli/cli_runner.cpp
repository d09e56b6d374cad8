#include "app/cli/cli_runner.h"

#include "app/cli/people.h"
#include "app/cli/sentences.h"
#include "app/cli/waiting.h"

#include <QDir>

namespace sotto {

namespace {

/// Commands that make sense, or can be answered, before there is an account.
bool worksWithoutAccount(CliCommand command)
{
    return command == CliCommand::Register || command == CliCommand::Rpc || command == CliCommand::Doctor
        || command == CliCommand::Status || command == CliCommand::Proxy;
}

/// Whether there has been a profile in this folder. One is made by register, rpc, proxy (the relay may only be reached
/// by one) and who asks how it is.
bool holdsProfile(const QString &directory)
{
    return !QDir(directory).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
}

Error noAccount()
{
    return {ErrorCode::NotFound, QStringLiteral("this profile has no account yet: sotto-cli register INVITE --name N")};
}

/// Why a profile does not open, in words that fit a command line.
Error openingError(const Error &error, bool withKit)
{
    const bool isAboutKey = error.code == ErrorCode::Locked || error.code == ErrorCode::WrongKey;
    return isAboutKey && !withKit ? Error(error.code) : error;
}

} // namespace

CliRunner::CliRunner(ClientEnvironment environment, Output &output, QObject *parent)
    : QObject(parent), m_environment(environment), m_output(output)
{ }

CliRunner::~CliRunner() = default;

void CliRunner::stop()
{
    m_stopped = true;
    Q_EMIT stopAsked();
}

void CliRunner::networkMayBeBack()
{
    if (m_client)
        m_client->networkMayBeBack();
}

Task<ExitCode> CliRunner::run(Arguments arguments)
{
    auto passphrase = readPassphrase(arguments.passphraseFile);
    if (!passphrase)
        co_return m_output.fail(passphrase.error());
    Unlock unlock{.passphrase = std::move(*passphrase)};
    if (!arguments.unlockWith.isEmpty()) {
        auto kit = readRecoveryKit(arguments.unlockWith);
        if (!kit)
            co_return m_output.fail(kit.error());
        unlock.recoveryKit = std::move(*kit);
    }
    const QString directory = arguments.profile.isEmpty() ? defaultProfileDirectory() : arguments.profile;
    if (!worksWithoutAccount(arguments.command) && !holdsProfile(directory))
        co_return m_output.fail(noAccount(), ExitCode::NoAccount);
    auto opening = Client::open(directory, m_environment, std::move(unlock));
    auto client = co_await std::move(opening);
    if (!client)
        co_return m_output.fail(openingError(client.error(), !arguments.unlockWith.isEmpty()));
    m_client = std::move(*client);
    connect(m_client.get(), &Client::storageTrouble, this, [this](ErrorCode why) {
        m_output.remark(sentenceOf(why) + QStringLiteral(" (what waits is kept and tried again)"));
    });
    if (!m_client->account() && !worksWithoutAccount(arguments.command))
        co_return m_output.fail(noAccount(), ExitCode::NoAccount);
    auto running = runOn(std::move(arguments));
    const ExitCode code = co_await std::move(running);
    m_client->stop();
    co_return code;
}

Task<ExitCode> CliRunner::runOn(Arguments arguments)
{
    using Finished = Task<ExitCode>;
    switch (arguments.command) {
    case CliCommand::Register: return registerAccount(std::move(arguments));
    case CliCommand::RecoveryKit:
        if (!arguments.unlockWith.isEmpty())
            return Finished::finished(tellUnlocked());
        return Finished::finished(arguments.confirm ? confirmRecoveryKit() : showRecoveryKit(arguments));
    case CliCommand::Invite: return createInvite();
    case CliCommand::Relay: return showRelay(std::move(arguments));
    case CliCommand::Proxy: return Finished::finished(showProxy(arguments));
    case CliCommand::Profile: return showProfile(std::move(arguments));
    case CliCommand::Privacy: return showPrivacy(std::move(arguments));
    case CliCommand::WhoAmI: return Finished::finished(showWhoAmI());
    case CliCommand::Link: return Finished::finished(showLink());
    case CliCommand::Add: return addContact(std::move(arguments));
    case CliCommand::Requests: return showRequests();
    case CliCommand::Accept:
    case CliCommand::Block: return answerRequest(std::move(arguments));
    case CliCommand::Remove: return removeContact(std::move(arguments));
    case CliCommand::Verify: return verify(std::move(arguments));
    case CliCommand::Alarms: return showAlarms(std::move(arguments));
    case CliCommand::Send: return send(std::move(arguments));
    case CliCommand::Reply: return reply(std::move(arguments));
    case CliCommand::Delete:
        if (arguments.forMe)
            return deleteForMe(std::move(arguments));
        return change(std::move(arguments));
    case CliCommand::Edit:
    case CliCommand::React: return change(std::move(arguments));
    case CliCommand::Star: return star(std::move(arguments));
    case CliCommand::Starred: return Finished::finished(showStarred(arguments));
    case CliCommand::Unread: return markUnread(std::move(arguments));
    case CliCommand::Timer: return timer(std::move(arguments));
    case CliCommand::Draft: return draft(std::move(arguments));
    case CliCommand::Forward: return forward(std::move(arguments));
    case CliCommand::Info: return showInfo(std::move(arguments));
    case CliCommand::Read: return read(std::move(arguments));
    case CliCommand::Chats: return showChats();
    case CliCommand::Search: return search(std::move(arguments));
    case CliCommand::Status: return showStatus();
    case CliCommand::Doctor: return runDoctor();
    case CliCommand::Rpc: return runRpc();
    case CliCommand::Help:
    case CliCommand::Version: break; // answered before a profile is opened
    }
    return Finished::finished(ExitCode::Usage);
}

ExitCode CliRunner::fail(const Error &error)
{
    const QString problem = m_client->connection().problem;
    const bool knowsWhy = error.code == ErrorCode::Offline && !problem.isEmpty();
    return m_output.fail(knowsWhy ? Error(error.code, problem) : error);
}

// ---- The relay ---------------------------------------------------------------------------------------------------

Task<bool> CliRunner::waitFor(std::function<bool()> condition, Milliseconds longest)
{
    const auto orStopped = [this, condition = std::move(condition)] { return m_stopped || condition(); };
    return waitUntil(m_client.get(), &m_environment.clock, orStopped, longest);
}

Task<bool> CliRunner::connectNow()
{
    m_client->start();
    const auto decided = [this] {
        const ConnectionStatus status = m_client->connection().status;
        return status == ConnectionStatus::Online || status == ConnectionStatus::Offline;
    };
    auto waiting = waitFor(decided, kPatience);
    co_await std::move(waiting);
    co_return m_client->connection().status == ConnectionStatus::Online;
}

Task<bool> CliRunner::catchUp()
{
    auto connecting = connectNow();
    const bool online = co_await std::move(connecting);
    if (!online) {
        const QString problem = m_client->connection().problem;
        m_output.remark(problem.isEmpty() ? QStringLiteral("not connected: showing what is here") : problem);
        co_return false;
    }
    const auto caughtUp = [this] {
        const ConnectionSnapshot now = m_client->connection();
        return now.caughtUp || now.status != ConnectionStatus::Online;
    };
    auto waiting = waitFor(caughtUp, kPatience);
    co_await std::move(waiting);
    co_return m_client->connection().caughtUp;
}

Task<bool> CliRunner::flush()
{
    const auto settled = [this] {
        return m_client->isSettled() || m_client->connection().status == ConnectionStatus::Offline;
    };
    return waitFor(settled, kPatience);
}

} // namespace sotto
