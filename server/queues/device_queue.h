#pragma once
#include "server/queues/pair_counts.h"
#include "server/queues/queue_limits.h"
#include "server/store/landings.h"
#include "server/store/store.h"

#include <memory>
#include <unordered_map>

namespace sotto::relay {

struct PendingSubmit;

/// Where a row of this run of the relay stands.
enum class RowState { Waiting, Writing, Written };

/// A row that was queued since the relay started and that its device has not acknowledged.
struct LiveRow {
    std::int64_t bytes = 0;
    PairCounts::Entry *pair = nullptr;
    std::shared_ptr<PendingSubmit> pending; ///< until its submit is durable
    std::size_t indexInPending = 0;
    wire::MailClass mailClass = wire::MailClass::Message;
    RowState state = RowState::Waiting;
    bool isStranger = false;
};

/// The living state of one device's queue.
struct DeviceQueue {
    explicit DeviceQueue(DeviceAddress whose) : address(whose) { }

    DeviceAddress address;
    DeviceKey key = 0;
    DeviceCounters counters;
    std::uint64_t firstLiveSeq = 1;     ///< what is below was queued before the relay started
    std::uint64_t writtenNextSeq = 1;   ///< as the disk has it
    std::uint64_t writtenSubmitSeq = 0; ///< as the disk may show it
    Timestamp lastConnected;
    Timestamp writtenConnected;           ///< as the disk may show it, to the day
    std::optional<std::uint64_t> session; ///< connected, by this session
    bool isGone = false;                  ///< revoked
    std::uint64_t goneRevision = 0;       ///< of the account's record that said so
    bool isDirty = false;                 ///< counters go to disk with the next batch
    std::int64_t strangerRows = 0;
    std::int64_t strangerBytes = 0;
    std::unordered_map<std::uint64_t, LiveRow> live;

    /// Whether one more row of `bytes` has no room.
    bool isFullFor(const QueueLimits &limits, wire::MailClass mailClass, std::int64_t bytes) const
    {
        const bool small = isSmallClass(mailClass);
        return (small ? counters.smallRows >= limits.smallRows : counters.rows >= limits.rows)
            || counters.bytes + bytes > limits.bytes;
    }
    /// Whether mail is no longer kept for it (protocol.md 3, dormant devices).
    bool isDormant(const QueueLimits &limits, Timestamp now) const
    {
        if (session)
            return false;
        const Milliseconds away = now - lastConnected;
        const bool isFull = counters.rows >= limits.rows || counters.bytes >= limits.bytes;
        return away >= limits.dormantAfter || (isFull && away >= limits.dormantWhenFullAfter);
    }
    /// One row more or (with -1) less.
    void count(wire::MailClass mailClass, std::int64_t rows, std::int64_t bytes)
    {
        std::int64_t &counted = isSmallClass(mailClass) ? counters.smallRows : counters.rows;
        counted = std::max<std::int64_t>(0, counted + rows);
        counters.bytes = std::max<std::int64_t>(0, counters.bytes + bytes);
    }
};

/// One copy of a submit that is on its way to the disk.
struct PendingCopy {
    std::shared_ptr<DeviceQueue> queue;
    wire::Envelope envelope; ///< without payload
    bool isDropped = false;  ///< acknowledged or revoked before it was written
    bool isSettled = false;  ///< acknowledged: this copy need not wait for the commit
};

/// A submit between its admission and its answer, and for a while after (repeats are answered from it).
struct PendingSubmit {
    wire::Accepted accepted; ///< what it is answered with once it may be
    std::vector<PendingCopy> copies;
    Bytes payload;
    Timestamp expires;
    std::optional<RepeatKey> repeat;
    std::optional<AccountPair> strangers; ///< counted against the day of these two
    std::size_t unsettled = 0;
    bool isAnswered = false;
    std::vector<std::pair<Home, std::uint64_t>> waiters; ///< each kept at home under this number
};

} // namespace sotto::relay
