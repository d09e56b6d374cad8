#pragma once
#include "app/cli/arguments.h"
#include "app/cli/output.h"
#include "app/cli/profile.h"
#include "core/client/client.h"

#include <QObject>

namespace sotto {

/// Carries out one command on one profile. Commands that need the relay connect, wait a little for it, and go on
/// without it where that makes sense: what is sent lies in the durable outbox.
class CliRunner : public QObject {
    Q_OBJECT
public:
    /// Longest wait for the relay, for waiting mail, and for what is sent to be taken.
    static constexpr Milliseconds kPatience{10'000};

    /// `environment`'s parts and `output` outlive it.
    CliRunner(ClientEnvironment environment, Output &output, QObject *parent = nullptr);
    ~CliRunner() override;

    /// Carries the command out; the answer is on the output when the task ends.
    Task<ExitCode> run(Arguments arguments);
    /// SIGINT, SIGTERM: ends what goes on for ever (read --follow, rpc) in order.
    void stop();
    /// The network or the computer came back: what is to be connected tries at once.
    void networkMayBeBack();

Q_SIGNALS:
    /// stop() was called.
    void stopAsked();

private:
    Task<ExitCode> runOn(Arguments arguments);
    Task<ExitCode> registerAccount(Arguments arguments);
    Task<ExitCode> createInvite();
    Task<ExitCode> showRelay(Arguments arguments);
    Task<ExitCode> showProfile(Arguments arguments);
    Task<Result<Done>> changeProfile(Arguments arguments);
    Task<ExitCode> addContact(Arguments arguments);
    Task<ExitCode> showRequests();
    Task<ExitCode> answerRequest(Arguments arguments);
    Task<ExitCode> removeContact(Arguments arguments);
    Task<ExitCode> showPrivacy(Arguments arguments);
    Task<ExitCode> verify(Arguments arguments);
    Task<ExitCode> showAlarms(Arguments arguments);
    Task<ExitCode> answerAlarm(Arguments arguments);
    Task<ExitCode> sendToKnown(AccountId person);
    ExitCode hideAlarms(AccountId person);
    Task<ExitCode> send(Arguments arguments);
    Task<ExitCode> change(Arguments arguments);
    Task<ExitCode> deleteForMe(Arguments arguments);
    Task<ExitCode> star(Arguments arguments);
    ExitCode showStarred(const Arguments &arguments);
    Task<ExitCode> markUnread(Arguments arguments);
    Task<ExitCode> timer(Arguments arguments);
    Task<ExitCode> draft(Arguments arguments);
    Task<ExitCode> endWith(Result<Done> done);
    Task<ExitCode> forward(Arguments arguments);
    Task<ExitCode> showInfo(Arguments arguments);
    Task<ExitCode> reply(Arguments arguments);
    /// The chat with a person and a message's id there, once everything that waited is here.
    struct Place {
        ConversationId chat;
        MessageId message;
    };
    Task<Result<Place>> findPlace(QString person, QString message);
    /// Says how far a message of ours came, once the relay has it or is not there.
    Task<ExitCode> tellSent(ConversationId chat, MessageId message);
    /// The same for what a person was sent, or why it was not.
    Task<ExitCode> tellSentTo(AccountId person, Result<MessageId> sent);
    /// Edit, Delete or React.
    Result<Done> carryOut(const Arguments &arguments, const Place &place);
    Task<ExitCode> read(Arguments arguments);
    Task<ExitCode> showChats();
    Task<ExitCode> search(Arguments arguments);
    Task<ExitCode> showStatus();
    Task<ExitCode> runDoctor();
    Task<ExitCode> runRpc();
    ExitCode showRecoveryKit(const Arguments &arguments);
    ExitCode confirmRecoveryKit();
    ExitCode tellUnlocked();
    ExitCode showWhoAmI();
    ExitCode showLink();
    ExitCode showProxy(const Arguments &arguments);
    std::optional<Conversation> chatOf(ConversationId chat) const;
    /// A word of the command line; for `-` what standard input says.
    static Result<QString> wordsOrInput(const QString &word);
    void showMessage(const Message &message);
    /// "2026-03-01 12:00  Alice: text ✓✓"
    QString lineOf(const Message &message) const;
    /// Says what went wrong; without a connection also why there is none.
    ExitCode fail(const Error &error);

    /// Connects; true when online, false when a first try failed or took too long.
    Task<bool> connectNow();
    /// Connects and lets everything in that waited at the relay, or gives up after kPatience.
    Task<bool> catchUp();
    /// Lets out what lies in the outbox, or gives up after kPatience.
    Task<bool> flush();
    Task<bool> waitFor(std::function<bool()> condition, Milliseconds longest);

    ClientEnvironment m_environment;
    Output &m_output;
    std::unique_ptr<Client> m_client;
    bool m_stopped = false;
};

} // namespace sotto
