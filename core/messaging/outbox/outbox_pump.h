#pragma once
#include "core/base/clock.h"
#include "core/base/task.h"
#include "core/messaging/outbox/outbox_sealer.h"
#include "core/messaging/outbox/retry_policy.h"
#include "core/messaging/sending/session_maker.h"
#include "core/model/reference.h"

#include <QObject>
#include <set>
#include <span>

namespace sotto {

class CredibleClock;
class References;

/// What the pump works with; all of it outlives the pump.
struct OutboxPumpParts {
    Storage &storage;
    DeviceDirectory &directory;
    SessionMaker &sessions;
    OutboxSealer &sealer;
    RelayClient &relay;
    References &references;
    CredibleClock &credible;
    Clock &clock;
};

/// Empties the outbox: makes sessions, encrypts up to kMaxBatch due entries in one transaction, keeps at most
/// kMaxInFlight submits under way, marks what was accepted in batches, tries again what was not. Woken by new entries,
/// by the connection and by its own timer. Core thread.
class OutboxPump : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t kMaxInFlight = 64;
    static constexpr int kMaxBatch = 100;
    /// When a receipt that could not be encrypted is owed again.
    static constexpr Milliseconds kReceiptAgainAfter = std::chrono::minutes(10);

    /// `self` is this device. Does nothing before setOnline(true).
    OutboxPump(OutboxPumpParts parts, const DeviceAddress &self);

    /// There may be something to do.
    void wake();
    /// Online or not; entries under way when the line drops become due again.
    void setOnline(bool online);
    /// Something has changed for which entries waited: all of them are due now.
    void retryNow();

Q_SIGNALS:
    /// The relay has committed a message of ours.
    void accepted(const sotto::ConversationId &conversation, const sotto::MessageId &message);
    /// What we did with a message will never be sent: an edit or a reaction is taken out here again; taken back, it
    /// stays so here only.
    void notSent(const sotto::ConversationId &conversation, const sotto::MessageId &message, sotto::ReferenceKind what);
    /// Content without a message row has left, or never will: it may have held words that are gone here.
    void emptied();
    /// Receipts that could not go now are owed again (ReceiptRepository::setDue).
    void receiptsOwed();
    /// A message of ours was refused for good.
    void failed(const sotto::ConversationId &conversation, const sotto::MessageId &message);
    /// The database refuses.
    void storeFailed(const sotto::Error &error);

private:
    using Reply = Result<wire::SubmitReply, RequestError>;
    struct Completion {
        std::int64_t entry;
        Reply reply;
    };
    struct Sealed {
        std::int64_t entry;
        wire::Submit submit;
    };

    Task<Done> drain();
    Task<bool> makeSessions(std::vector<OutboxEntry> due);
    std::vector<OutboxEntry> dueEntries();
    bool isToBeSealed(const OutboxEntry &entry);
    bool isUnreachable(const OutboxEntry &entry);
    /// Whether an entry that cannot be encrypted undoes the others of its batch, or has a savepoint.
    enum class Undoing { Together, Apart };
    enum class Sealing {
        Done,
        Undo,   ///< an entry could not be encrypted: the batch must go again, each entry apart
        Failed, ///< the database refused
    };
    std::optional<std::vector<Sealed>> sealAll(const std::vector<OutboxEntry> &due);
    Sealing sealBatch(const std::vector<OutboxEntry> &due, Undoing undoing, std::vector<Sealed> &all);
    Sealing sealOne(const OutboxEntry &entry, std::vector<Sealed> &all, std::vector<OutboxEntry> &alone);
    Task<Done> submitOne(Sealed sealed);
    Task<Done> catchUp(std::int64_t entry, wire::StaleDevices stale);
    void flush();
    bool settleAll(std::span<const Completion> completed);
    bool settleTogether(std::span<const Completion> completed);
    Result<Done> settle(const Completion &completion);
    Result<Done> settleAccepted(const OutboxEntry &entry, const wire::Accepted &took);
    Result<Done> settleRefused(const OutboxEntry &entry, Retry retry, std::uint64_t relayAsksMs);
    Result<Done> giveUp(const OutboxEntry &entry);
    bool dropWorthless(const std::vector<OutboxEntry> &due);
    Result<bool> isStillWanted(const OutboxEntry &entry);
    Result<bool> isWorthSending(const OutboxEntry &entry);
    Result<Done> takeOut(const OutboxEntry &entry);
    Result<bool> replaceByVoid(const OutboxEntry &entry);
    Result<bool> isBlocked(const AccountId &account);
    bool fitToDevices(std::int64_t entry);
    void postpone(std::int64_t entry);
    void postponeAll(const std::vector<OutboxEntry> &entries);
    Result<Done> countAndPostpone(const OutboxEntry &entry);
    Result<Done> oweAgain(const OutboxEntry &entry);
    void planRetry();

    OutboxPumpParts m_parts;
    DeviceAddress m_self;
    Timer m_retry;
    Timer m_flush;
    bool m_online = false;
    bool m_draining = false;
    bool m_again = false;
    bool m_endedEarly = false; ///< the last drain left due entries behind
    std::set<std::int64_t> m_inFlight;
    std::set<AccountId> m_unreachable; ///< in the running drain: no sessions to be had now
    std::vector<Completion> m_completed;
    /// What the transactions since the last flush() have changed.
    struct News {
        struct NotSent {
            ConversationId conversation;
            MessageId message;
            ReferenceKind what;
        };
        std::vector<std::pair<ConversationId, MessageId>> accepted;
        std::vector<std::pair<ConversationId, MessageId>> failed;
        std::vector<NotSent> notSent;
        bool hasEmptied = false;
        bool hasOwed = false;
        bool isEmpty() const
        {
            return accepted.empty() && failed.empty() && notSent.empty() && !hasEmptied && !hasOwed;
        }
    };
    News m_news;
};

} // namespace sotto
