#pragma once
#include "server/accounts/account_directory.h"
#include "server/queues/device_queue.h"
#include "server/queues/mail_sink.h"
#include "server/queues/repeat_memory.h"

#include <deque>
#include <mutex>
#include <span>

namespace sotto::relay {

/// What a device is told of its queue when it connects.
struct QueueNumbers {
    std::uint64_t lastAckedSeq = 0;
    std::uint64_t lastSubmitSeq = 0;
    std::uint64_t gapBeforeSeq = 0;
    std::uint64_t queued = 0;
};

/// A submit with the accounts it goes to, as far as they exist.
struct AddressedSubmit {
    DeviceAddress sender;
    wire::Submit submit;
    std::vector<FoundAccount> accounts; ///< in the order of submit.targets; null: unknown
};

/// The durable queues of all devices. The rules and counters live here in memory under one lock, the rows in the store.
/// Mail goes to connected devices while it is being written; who has acknowledged before that is never written; a
/// submit is answered when each of its copies is durable or acknowledged, whichever is first (protocol.md 3).
/// Any thread; outlives its Tasks and the store's work.
class MailQueues final : public MailOutlet, public DirectoryListener {
public:
    /// `store`, `clock`, `random` and `sink` outlive this object.
    MailQueues(MailStore &store, Clock &clock, Random &random, MailSink &sink, QueueLimits limits = QueueLimits());
    ~MailQueues();

    /// Queues all copies or none: Accepted once durable, else StaleDevices, UnknownRecipient, QueueFull, RecipientAway,
    /// TooLarge, RateLimited, Malformed, or Unavailable when the disk refuses. The same submit again is answered with
    /// the same acceptance.
    Task<wire::SubmitReply> submit(AddressedSubmit submit);
    /// The device has these. Unknown numbers are ignored.
    void acknowledge(const DeviceAddress &device, std::span<const std::uint64_t> seqs);
    /// MailStore::readMail by address; empty for a device that is gone.
    Task<Result<std::vector<wire::Envelope>>> read(DeviceAddress device, QueuePosition position, int maxEnvelopes,
                                                   qsizetype maxBytes);
    /// The device's numbers now.
    QueueNumbers numbers(const DeviceAddress &device) const;
    /// The device is awake, in this session, until the same session ends.
    void connected(const DeviceAddress &device, std::uint64_t session);
    void disconnected(const DeviceAddress &device, std::uint64_t session);

    /// Forgets mail and idempotency rows whose time is over, in small steps. Call now and then, one at a time.
    Task<Result<Done>> expire();
    /// Sends counters that may be late (last_submit_seq, connection days) to the disk. Call each minute and before the
    /// end.
    void flushCounters();

    /// Content of submits that memory still holds; for tests and metrics. Walks them.
    qsizetype rememberedBytes() const;

    void accountKnown(const AccountRecord &account) override;
    void deviceGone(const DeviceAddress &device, std::uint64_t revision) override;
    std::vector<AccountId> accountsIdle(const std::vector<FoundAccount> &accounts) override;
    MailBatch takeMail() override;
    void mailEnded(std::optional<Error> failure, std::vector<FreedMail> freed) override;

private:
    struct RepeatId {
        DeviceAddress sender;
        SubmitId submit;
        friend bool operator==(const RepeatId &, const RepeatId &) = default;
    };
    struct RepeatIdHash {
        std::size_t operator()(const RepeatId &id) const noexcept { return qHashMulti(0, id.sender, id.submit); }
    };
    /// What becomes of one target of a submit that is admitted.
    struct Plan {
        FoundAccount account;
        const wire::Target *target = nullptr;
        bool isOwn = false;
        bool isStranger = false;
        std::vector<std::pair<std::shared_ptr<DeviceQueue>, const wire::Copy *>> takers;
        std::vector<std::shared_ptr<DeviceQueue>> skipped;
    };
    using Refusal = std::optional<wire::SubmitReply>;

    bool isAway(const DeviceQueue &queue, Timestamp now) const;
    bool reopenQueue(DeviceQueue &queue, std::uint64_t revision);
    bool openQueues(const AccountRecord &account);
    bool hasQueues(const AddressedSubmit &submit) const;
    std::shared_ptr<DeviceQueue> queueOf(const DeviceAddress &device) const;
    Task<wire::SubmitReply> admit(AddressedSubmit submit);
    std::optional<Task<wire::SubmitReply>> answerOfRepeat(const RepeatId &id);
    bool mayBeOnDisk(const AddressedSubmit &submit) const;
    Refusal checkTargets(const AddressedSubmit &submit, Timestamp now) const;
    Refusal plan(const AddressedSubmit &submit, std::size_t index, Timestamp now, Plan &plan);
    Refusal takersOf(const AddressedSubmit &submit, Timestamp now, Plan &plan) const;
    Refusal onlyTaker(const AddressedSubmit &submit, Timestamp now, Plan &plan) const;
    Refusal checkLane(const AddressedSubmit &submit, const Plan &plan, Timestamp now);
    Refusal checkPair(const AddressedSubmit &submit, const Plan &plan) const;
    std::shared_ptr<PendingSubmit> queueUp(const AddressedSubmit &submit, const std::vector<Plan> &plans,
                                           Timestamp now);
    void queueCopy(const AddressedSubmit &submit, const Plan &plan, DeviceQueue &queue, const wire::Copy &copy,
                   const std::shared_ptr<PendingSubmit> &pending, std::size_t index);
    void skip(DeviceQueue &queue, const wire::Submit &submit);
    Task<wire::SubmitReply> waitFor(PendingSubmit *pending);
    void remember(const RepeatId &id, std::shared_ptr<PendingSubmit> pending);
    void acknowledgeOne(DeviceQueue &queue, std::uint64_t seq, Landings &landings);
    void settle(PendingSubmit &pending, std::size_t index, Landings &landings);
    static void answer(PendingSubmit &pending, const wire::SubmitReply &reply, Landings &landings);
    void dropRow(DeviceQueue &queue, std::unordered_map<std::uint64_t, LiveRow>::iterator row);
    void markDirty(DeviceQueue &queue);
    void applyFreed(const std::vector<FreedMail> &freed, bool isExpired);
    void undo(PendingSubmit &pending, Landings &landings);

    MailStore &m_store;
    Clock &m_clock;
    MailSink &m_sink;
    const QueueLimits m_limits;
    const Timestamp m_startedAt;

    mutable std::mutex m_mutex; ///< guards everything below
    RepeatMemory m_repeatNames;
    PairCounts m_pairs;
    std::unordered_map<DeviceAddress, std::shared_ptr<DeviceQueue>> m_queues;
    std::unordered_map<DeviceKey, DeviceQueue *> m_byKey;
    std::vector<std::shared_ptr<PendingSubmit>> m_waiting; ///< to be written, in order
    std::vector<std::shared_ptr<PendingSubmit>> m_writing; ///< taken by the store
    std::vector<MailAck> m_acks;
    std::vector<MailAck> m_writingAcks;
    std::vector<DeviceQueue *> m_dirty;
    std::vector<DeviceQueue *> m_writingDirty;
    std::unordered_map<RepeatId, std::shared_ptr<PendingSubmit>, RepeatIdHash> m_recent;
    std::deque<RepeatId> m_recentOrder;
};

} // namespace sotto::relay
