#pragma once
#include "core/base/random.h"
#include "core/base/task.h"
#include "core/crypto/crypto_error.h"
#include "core/crypto/sealed_sender.h"
#include "core/messaging/inbox/arrival.h"

#include <QObject>
#include <deque>

namespace sotto {

class CryptoCore;
class DeviceDirectory;
class RelayClient;
class SessionCipher;
struct Storage;

/// What the inbox works with; all of it outlives the inbox.
struct InboxParts {
    Storage &storage;
    CryptoCore &core;
    SessionCipher &sessions;
    SealedSender &senders;
    DeviceDirectory &directory;
    RelayClient &relay;
    ContactMail &contactMail;
    Clock &clock;
    Random &random;
};

/// Takes mail from the relay through one list of stages: open the sender, know the device, deduplicate, decrypt, check
/// the header, open the body, store. Up to kMaxBatch envelopes share a transaction, and nothing of a refused one is
/// kept (decision 0105); acknowledged after the commit; told after that. Core thread.
class Inbox : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t kMaxBatch = 100;
    /// Unknown accounts whose logs one batch may make us fetch.
    static constexpr int kMaxFetchedLogs = 16;
    /// Messages a person may send before we accept.
    static constexpr int kMaxStrangerMessages = 3;

    /// `self` is this device.
    Inbox(InboxParts parts, const DeviceAddress &self);
    ~Inbox() override;

    /// Adds mail in the order it came.
    void take(const wire::Deliver &mail);
    /// The line is gone: what is not stored will be delivered again.
    void forgetWaiting() { m_waiting.clear(); }
    /// Whether everything taken so far has been judged; becameIdle() says when.
    bool isIdle() const { return !m_draining; }
    /// Frames refused since start.
    std::int64_t dropped() const { return m_dropped; }

Q_SIGNALS:
    /// A batch is committed; this is what it changed.
    void changed(const sotto::InboxNews &news);
    /// The database refuses: the person must be told; mail stays at the relay.
    void storeFailed(const sotto::Error &error);
    /// Nothing waits any more.
    void becameIdle();

private:
    /// One envelope on its way through the stages.
    struct Incoming;
    enum class Verdict {
        Next,     ///< on to the next stage; after the last one it is stored
        Kept,     ///< stored early: skips the remaining stages
        Finished, ///< nothing to keep: acknowledge (duplicate, or refused for good)
        Held,     ///< cannot be judged now: keep it at the relay
        Undo,     ///< refused after it had written something: the batch must go again, each envelope apart
        Failed,   ///< the database refused: roll back the batch
    };
    /// How what a refused envelope has written is undone.
    enum class Undoing {
        Together, ///< not at all: Verdict::Undo
        Apart,    ///< each envelope has a savepoint
    };
    /// Who claims to have sent the envelopes of a batch, in their order; nothing where that cannot be opened.
    using Claims = std::vector<std::optional<SenderClaim>>;
    using Stage = Verdict (Inbox::*)(Incoming &);
    static const Stage kStages[];

    Task<Done> drain();
    Task<Claims> openSenders(std::vector<wire::Envelope> batch);
    bool processBatch(const std::vector<wire::Envelope> &batch, const Claims &claims);
    Verdict attempt(const std::vector<wire::Envelope> &batch, const Claims &claims, Undoing undoing);
    Verdict process(Incoming &incoming, Undoing undoing);
    Verdict runStages(Incoming &incoming);

    Verdict openSender(Incoming &incoming);
    Verdict knowDevice(Incoming &incoming);
    Verdict deduplicate(Incoming &incoming);
    Verdict decrypt(Incoming &incoming);
    Verdict checkHeader(Incoming &incoming);
    Verdict openBody(Incoming &incoming);
    Verdict store(Incoming &incoming);

    Verdict drop(const char *why);
    Verdict failed(const Error &error);
    Verdict verdictOf(const Result<Done> &result);
    Result<Done> dispatch(const Arrival &arrival, InboxNews &news);
    Result<Done> takeText(const Arrival &arrival, const content::Text &text, InboxNews &news);
    Result<Done> takeReceipt(const Arrival &arrival, const content::Receipt &receipt, InboxNews &news);
    Result<Done> takeOwnReceipt(const Arrival &arrival, const content::Receipt &receipt, InboxNews &news);
    Verdict keepUnknown(Incoming &incoming);
    Verdict keepUndecryptable(Incoming &incoming);
    Result<Done> learnSecret(const Incoming &incoming);
    Result<Done> keepRow(const Incoming &incoming, MessageKind kind, ByteView sealed);
    Result<Done> storeMessage(const Arrival &arrival, MessageKind kind, const QString &text, InboxNews &news);
    Result<bool> mayWrite(const Arrival &arrival);
    Result<Timestamp> advanceStream(const Arrival &arrival);
    Result<Done> oweReceipt(const Arrival &arrival);

    InboxParts m_parts;
    DeviceAddress m_self;
    std::deque<wire::Envelope> m_waiting;
    bool m_draining = false;
    std::int64_t m_dropped = 0;
    std::vector<AccountId> m_unreachable; ///< whose logs could not be asked for, in the batch under way
    std::optional<Error> m_failure;
};

} // namespace sotto
