#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/task.h"
#include "core/messaging/inbox/arrival.h"

#include <QObject>
#include <functional>

namespace sotto {

class DeviceDirectory;
class RelayClient;
struct Storage;

/// People: finding, asking, accepting, blocking, and what their mail about it does. Core thread.
class ContactService : public QObject, public ContactMail {
    Q_OBJECT
public:
    /// How far ahead of our clock the time of a profile key is believed.
    static constexpr Milliseconds kClockAhead = std::chrono::hours(24);

    /// `wakePump` is called after something went into the outbox; all outlive the service.
    ContactService(Storage &storage, DeviceDirectory &directory, RelayClient &relay, Clock &clock, Random &random,
                   const DeviceAddress &self, std::function<void()> wakePump);

    /// `person` is an id in hex, `@handle` or a contact link. A handle that no contact is known by is looked up on the
    /// relay; the answer is only as good as the relay's word. InvalidArgument, NotFound, Refused for another relay's
    /// link, Offline, RateLimited.
    Task<Result<AccountId>> find(QString person);
    /// Asks a person to be a contact; pins their device log first. NotPermitted for oneself and the blocked.
    Task<Result<AccountId>> add(QString person);
    /// We came by an invite: its maker, when a member made it, is a contact at once from our side and is asked. In the
    /// same commit the invite is forgotten (kPendingInvite), so that this can be called until it has worked.
    Result<Done> addInviter(const std::optional<AccountId> &inviter, const InviteSecret &secret);
    /// NotFound unless they ask.
    Result<Done> accept(const AccountId &person);
    /// Silence from now on, here: a new profile key goes to everybody else, and with the token that follows from it
    /// theirs ends at the relay (decision 0112).
    Result<Done> block(const AccountId &person);
    /// Takes a person out of the contacts and deletes the chat: they are a stranger again, with no token of ours.
    /// NotFound for strangers.
    Result<Done> remove(const AccountId &person);
    /// Tells contacts and own desktops that our profile is another. In the caller's transaction.
    Result<Done> announceProfile();
    /// Forgets a request; they may ask again. NotFound unless they ask.
    Result<Done> deleteRequest(const AccountId &person);

    Result<Done> takeRequest(const Arrival &arrival, const content::ContactRequest &request, InboxNews &news) override;
    Result<Done> takeAccept(const Arrival &arrival, const content::ContactAccept &accept, InboxNews &news) override;
    Result<Done> takeSync(const Arrival &arrival, const content::ContactSync &sync, InboxNews &news) override;
    Result<Done> takeProfileKey(const Arrival &arrival, const content::ProfileKey &key, InboxNews &news) override;

Q_SIGNALS:
    /// Name, state or keys of a person are others than before, by our own doing; mail's changes come as InboxNews.
    void contactChanged(const sotto::AccountId &person);
    /// Our profile key is another: token, presence and profile have to be published again.
    void profileKeyChanged();

private:
    /// Nobody has decided yet what somebody is to us.
    static constexpr Timestamp kNoDecision{0};
    /// Earlier than any that somebody made.
    static constexpr Timestamp kFirstDecision{1};

    Result<ContactState> stateOf(const AccountId &person);
    Result<Done> ask(const AccountId &person);
    Result<Done> sendRequest(const AccountId &person, const std::optional<InviteSecret> &secret, ContactState state);
    Result<Done> letGo(const AccountId &person);
    Result<Timestamp> decide(const AccountId &person, ContactState state);
    Result<Done> takeDecision(const Arrival &arrival, ContactState state, InboxNews &news);
    Result<Done> sendAccept(const AccountId &person, std::optional<Timestamp> writtenAt);
    Result<Done> forget(const AccountId &person, Timestamp since);
    Result<Done> endRepair(const AccountId &person);
    Result<Done> tellSiblings(const AccountId &person, ContactState state, Timestamp changed);
    Result<Done> replaceProfileKey();
    Result<Done> renewEphemeralSecret();
    Result<Done> takeOwnProfileKey(const content::ProfileKey &key, InboxNews &news);
    Result<Done> learn(const AccountId &person, const QString &name, ByteView profileKey, Timestamp made);
    Result<bool> learnKey(const AccountId &person, ByteView key, Timestamp said);
    Timestamp credible(Timestamp made);
    Result<Done> send(const AccountId &to, content::Body body, wire::MailClass mailClass, bool inOrder,
                      std::optional<Timestamp> writtenAt = std::nullopt);
    void committed(const AccountId &person);

    Storage &m_storage;
    DeviceDirectory &m_directory;
    RelayClient &m_relay;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
    std::function<void()> m_wakePump;
};

} // namespace sotto
