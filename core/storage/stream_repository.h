#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// How far one device's numbered messages in one conversation are known. Our own device's stream is what we gave out.
struct StreamState {
    std::uint64_t firstCounter = 1;                 ///< baseline: nothing before it is missed
    std::uint64_t lastCounter = 0;                  ///< highest seen or given
    std::optional<Hash256> lastHash = std::nullopt; ///< of that message; the next one names it
    Timestamp lastSortTime;                         ///< of that message; later counters sort no earlier
    std::uint64_t readTold = 0;                     ///< StreamReading::told; ignored by `store`
    friend bool operator==(const StreamState &, const StreamState &) = default;
};

/// A range of counters that was skipped.
struct Gap {
    ConversationId conversation;
    DeviceAddress sender;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    Timestamp noticedAt;
    std::optional<Timestamp> askedAt = std::nullopt;
    int tries = 0;                                   ///< how often it was asked for
    std::optional<std::int64_t> lost = std::nullopt; ///< the row that says that it may be lost
    friend bool operator==(const Gap &, const Gap &) = default;
};

/// A time in which the relay kept nothing for this device.
struct GapMark {
    std::int64_t id = 0;
    Timestamp from;
    Timestamp until;
    friend bool operator==(const GapMark &, const GapMark &) = default;
};

/// Counters and what is missing among them. On the thread of the database; changes belong in the transaction of the
/// message that causes them. Conversations must exist (NotFound).
class StreamRepository {
public:
    explicit StreamRepository(Database &database) : m_database(database) { }

    /// Nothing when no numbered message of that device was seen there.
    Result<std::optional<StreamState>> find(const ConversationId &conversation, const DeviceAddress &sender);
    /// Sets everything but what was read.
    Result<Done> store(const ConversationId &conversation, const DeviceAddress &sender, const StreamState &state);
    /// What all devices have in one conversation, by account and device: what a receipt is made of.
    struct DeviceStream {
        DeviceAddress sender;
        StreamState state;
    };
    Result<std::vector<DeviceStream>> streamsOf(const ConversationId &conversation);

    /// The first counter of our own stream that `recipient` was sent: `counter`, which it is about to be sent, unless
    /// it was sent a smaller one.
    Result<std::uint64_t> startFor(const ConversationId &conversation, const DeviceAddress &recipient,
                                   std::uint64_t counter);

    /// Counters `first` to `last` have been skipped.
    Result<Done> addGap(const ConversationId &conversation, const DeviceAddress &sender, std::uint64_t first,
                        std::uint64_t last, Timestamp noticedAt);
    /// A missing counter came (or will never come): the rest of its range stays. False when it was not missing.
    Result<bool> closeGap(const ConversationId &conversation, const DeviceAddress &sender, std::uint64_t counter);
    /// Forgets a range that is given up.
    Result<Done> dropGap(const Gap &gap);
    /// Asked once more for all of it.
    Result<Done> setAsked(const Gap &gap, Timestamp askedAt);
    /// Asked once more for `first` to `last` of it: those are a range of their own from now on.
    Result<Done> setPartAsked(const Gap &gap, std::uint64_t first, std::uint64_t last, Timestamp askedAt);
    /// A message row says that the range may be lost.
    Result<Done> setLost(const Gap &gap, std::int64_t message);
    /// The range that a counter is missing in.
    Result<std::optional<Gap>> gapAt(const ConversationId &conversation, const DeviceAddress &sender,
                                     std::uint64_t counter);
    /// How many ranges a stream has.
    Result<std::int64_t> countGaps(const ConversationId &conversation, const DeviceAddress &sender);
    /// Whether anything is missing in any stream of a device.
    Result<bool> hasGap(const DeviceAddress &sender);
    /// What is missing in this conversation never counts again: what comes late is taken for a repetition.
    Result<Done> dropGaps(const ConversationId &conversation);
    /// What of `first` to `last` is missing, rising.
    Result<std::vector<Gap>> gapsWithin(const ConversationId &conversation, const DeviceAddress &sender,
                                        std::uint64_t first, std::uint64_t last);
    /// How many counters are missing under a row that says so.
    Result<std::int64_t> missingUnder(std::int64_t lost);
    /// How many counters are missing in all.
    Result<std::int64_t> countMissing();
    /// Devices in whose streams counters are missing.
    Result<std::vector<DeviceAddress>> sendersWithGaps();
    /// What is missing of one device, at most `count` ranges.
    Result<std::vector<Gap>> gapsOf(const DeviceAddress &sender, int count);
    /// Ranges noticed up to `limit`, longest standing first.
    Result<std::vector<Gap>> gapsNoticedBefore(Timestamp limit, int count);
    /// Ranges noticed after `after` and up to `limit` that no row tells of, longest standing first.
    Result<std::vector<Gap>> untoldGaps(Timestamp after, Timestamp limit, int count);
    /// How many counters are missing in ranges of its stream that no row tells of and that were noticed before it.
    Result<std::int64_t> untoldBefore(const Gap &gap);
    /// Of every device the `ofDevice` ranges that were asked for least, so that no one's gaps hide those of others.
    Result<std::vector<Gap>> gapsToAskFor(int ofDevice);
    /// Missing counters of one stream, rising, at most `count`.
    Result<std::vector<Gap>> gapsOf(const ConversationId &conversation, const DeviceAddress &sender, int count);

    /// The relay says that it kept nothing in that time.
    Result<Done> addGapMark(Timestamp from, Timestamp until);
    /// In order of arrival.
    Result<std::vector<GapMark>> gapMarks();
    /// Own desktops have filled it.
    Result<Done> removeGapMark(std::int64_t id);

private:
    Database &m_database;
};

} // namespace sotto
