#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/task.h"
#include "core/crypto/crypto_error.h"
#include "core/crypto/sealed_sender.h"
#include "core/messaging/inbox/arrival.h"
#include "core/model/conversation.h"

#include <QObject>
#include <deque>
#include <map>
#include <span>

namespace sotto {

class CredibleClock;
class CryptoCore;
class DeviceDirectory;
class KeyStoreDb;
class LogHeads;
class RelayClient;
class RepairAnswerer;
class RepairStore;
class SealedRetryBox;
class SessionCipher;
class OwnRegisters;
class References;
struct Storage;
struct StreamState;

/// What the inbox works with; all of it outlives the inbox.
struct InboxParts {
    Storage &storage;
    CryptoCore &core;
    SessionCipher &sessions;
    SealedSender &senders;
    DeviceDirectory &directory;
    RelayClient &relay;
    ContactMail &contactMail;
    LogHeads &heads;
    References &references;
    OwnRegisters &registers;
    CredibleClock &credible;
    RepairStore &repairs;
    RepairAnswerer &answerer;
    SealedRetryBox &retries;
    KeyStoreDb &keyStore;
    Clock &clock;
    Random &random;
};

/// Takes mail from the relay through one list of stages: open the sender, know the device, answer a sealed copy,
/// deduplicate, decrypt, check the header, settle what was asked for in vain, open the body, store. Up to kMaxBatch
/// envelopes share a transaction, and nothing of a refused one is kept (decision 0105) but what repair notes of one
/// that did not open. Of an ignored one, whose header is right and whose content is of no use, the ratchet step, the
/// hash and the counter are kept and nothing else. Acknowledged after the commit; told after that. Core thread.
class Inbox : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t kMaxBatch = 100;
    /// Accounts whose logs are fetched for one batch; what comes after the last of them is the next batch.
    static constexpr std::size_t kMaxFetchedLogs = 16;
    /// What could not be judged or stored is looked at again after this, doubling.
    static constexpr Milliseconds kFirstRetry{5'000};
    static constexpr Milliseconds kLongestRetry{60'000};
    /// Messages a person may send before we accept.
    static constexpr int kMaxStrangerMessages = 3;
    /// Sessions that a device may start by prekey messages, in an hour and in a day; what is beyond is asked for again.
    static constexpr std::int64_t kMaxSessionsAnHour = 6;
    static constexpr std::int64_t kMaxSessionsADay = 30;

    /// `self` is this device.
    Inbox(InboxParts parts, const DeviceAddress &self);
    ~Inbox() override;

    /// Adds mail in the order it came.
    void take(const wire::Deliver &mail);
    /// The line is gone: what is not stored will be delivered again.
    void forgetWaiting();
    /// Whether everything taken so far has been judged, or must wait for a log that is not to be had; becameIdle() says
    /// when.
    bool isIdle() const { return !m_draining && m_waiting.empty(); }
    /// Frames refused since start.
    std::int64_t dropped() const { return m_dropped; }
    /// Frames since start that only took their counter.
    std::int64_t ignored() const { return m_ignored; }

Q_SIGNALS:
    /// A batch is committed; this is what it changed.
    void changed(const sotto::InboxNews &news);
    /// The database refuses: the person must be told; mail stays at the relay and is tried again.
    void storeFailed(const sotto::Error &error);
    /// Nothing waits any more.
    void becameIdle();

private:
    /// One envelope on its way through the stages.
    struct Incoming;
    enum class Verdict {
        Next,     ///< on to the next stage; after the last one it is stored
        Kept,     ///< stored early: skips the remaining stages
        Ignored,  ///< the header is right: its counter is kept and nothing else; skips the remaining stages
        Finished, ///< nothing to keep: acknowledge (duplicate, or refused for good)
        Held,     ///< cannot be judged now: looked at again later
        Undo,     ///< refused after it had written something: the batch must go again, each envelope apart
        Failed,   ///< the database refused: roll back the batch
    };
    /// How what a refused envelope has written is undone.
    enum class Undoing {
        Together, ///< not at all: Verdict::Undo
        Apart,    ///< each envelope has a savepoint
    };
    /// An envelope with who claims to have sent it.
    struct Claimed {
        wire::Envelope envelope;
        std::optional<SenderClaim> claim; ///< nothing: cannot be opened
        bool isLogFresh = false;          ///< the relay has just told all there is of the sender's log
    };
    using Batch = std::span<const Claimed>;
    /// What of a batch has to be looked at again.
    struct Rest {
        std::vector<wire::Envelope> held;
        std::vector<wire::Envelope> failed;
    };
    using Stage = Verdict (Inbox::*)(Incoming &);
    static const Stage kStages[];

    Task<Done> drain();
    Task<std::vector<Claimed>> openSenders(std::vector<wire::Envelope> batch);
    Claimed openClaim(const wire::Envelope &envelope);
    std::optional<AccountId> unknownAccount(const Claimed &one);
    Rest processBatch(Batch batch);
    Verdict attemptBatch(Batch batch, std::vector<wire::Envelope> *held);
    Verdict attempt(Batch batch, Undoing undoing, std::vector<wire::Envelope> *held);
    void planRetry(bool everythingWaits);
    void retry();
    Verdict process(Incoming &incoming, Undoing undoing);
    Verdict runStages(Incoming &incoming);

    Verdict openSender(Incoming &incoming);
    Verdict knowDevice(Incoming &incoming);
    Verdict answerSealed(Incoming &incoming);
    Verdict deduplicate(Incoming &incoming);
    Verdict decrypt(Incoming &incoming);
    Verdict checkHeader(Incoming &incoming);
    Verdict settleTaken(Incoming &incoming);
    Result<bool> isAwaitedText(Incoming &incoming);
    Verdict openBody(Incoming &incoming);
    Verdict store(Incoming &incoming);
    Verdict noteHeads(Incoming &incoming);

    /// What content that was not refused has done.
    enum class Effect {
        Applied,
        Ignored,
    };

    Verdict drop(const char *why);
    Verdict ignored(const char *why);
    Verdict ignoreBody(Incoming &incoming, const char *why);
    Verdict failed(const Error &error);
    Verdict verdictOf(const Result<Done> &result);
    Result<Effect> dispatch(const Arrival &arrival, InboxNews &news);
    Result<Effect> takeText(const Arrival &arrival, const content::Text &text, InboxNews &news);
    Result<Effect> takeContactMail(const Arrival &arrival, InboxNews &news);
    Result<Effect> takeOwnSync(const Arrival &arrival, const content::OwnSync &sync, InboxNews &news);
    Result<Effect> takeTimer(const Arrival &arrival, const content::TimerChange &change, InboxNews &news);
    Result<Done> learnTimer(const ArrivalPlace &place, const ChatTimer &timer);
    Result<std::optional<Timestamp>> readAt(const ArrivalPlace &place);
    Result<Timestamp> endOf(const ArrivalPlace &place, std::uint32_t timerSeconds);
    Result<Done> countRepaired(const ConversationId &conversation, bool isUnread);
    Result<Effect> takeOther(const Arrival &arrival, InboxNews &news);
    Result<Effect> onlyCount(const ArrivalPlace &place, InboxNews &news);
    Result<Done> takeReceipt(const Arrival &arrival, const content::Receipt &receipt, InboxNews &news);
    Result<Done> takeOwnReceipt(const Arrival &arrival, const content::Receipt &receipt);
    Verdict keepUnknown(Incoming &incoming);
    Verdict keepUnknownBody(Incoming &incoming);
    Verdict keepUndecryptable(Incoming &incoming);
    Verdict answerRetry(Incoming &incoming);
    Result<bool> mayStartSession(const Incoming &incoming);
    Verdict handleUndecryptable(Incoming &incoming, CryptoError error);
    Result<Done> learnSecret(const Incoming &incoming);
    Result<Done> keepRow(Incoming &incoming, ByteView sealed);
    Result<std::int64_t> storeMessage(const ArrivalPlace &place, Timestamp sortTime, MessageKind kind,
                                      const content::Text &text, InboxNews &news);
    Result<ContactState> stateOf(const AccountId &person);
    Result<bool> mayWrite(const AccountId &person);
    Result<bool> isWiped(const ArrivalPlace &place);
    Result<Effect> takeExpired(const ArrivalPlace &place, InboxNews &news);
    Result<bool> isIdOfOurs(const ConversationId &conversation, const MessageId &id);
    Result<bool> wasDeletedWithItsChat(const Arrival &arrival);
    Result<bool> mayConverse(const ArrivalPlace &place);
    bool canHaveWritten(const ArrivalPlace &place, const AccountId &author) const;
    Result<Timestamp> advanceStream(const ArrivalPlace &place, const std::optional<Hash256> &hash, InboxNews &news);
    Result<Timestamp> advanceStream(const Arrival &arrival, InboxNews &news);
    Result<Timestamp> placeInTime(const ArrivalPlace &place);
    Result<Timestamp> fillCounter(const ArrivalPlace &place, Timestamp sorted, InboxNews &news);
    Result<Done> extendStream(const ArrivalPlace &place, std::uint64_t first, StreamState &state, InboxNews &news);
    Result<Done> oweReceipt(const Arrival &arrival);

    InboxParts m_parts;
    DeviceAddress m_self;
    std::deque<wire::Envelope> m_waiting;
    std::vector<wire::Envelope> m_held; ///< to be looked at again when m_retry ends
    Timer m_retry;
    Milliseconds m_nextRetry = kFirstRetry;
    int m_line = 0; ///< counts connections: what was taken on an earlier one comes again
    bool m_draining = false;
    bool m_pausing = false; ///< the database refuses: nothing is taken up before m_retry ends
    std::int64_t m_dropped = 0;
    std::int64_t m_ignored = 0;
    std::optional<Error> m_failure;
};

} // namespace sotto
