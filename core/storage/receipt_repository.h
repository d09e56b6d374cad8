#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/model/receipt_times.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// How far a reader has the messages of one of our devices.
struct DeliveryState {
    std::uint64_t deliveredUpTo = 0;
    std::uint64_t readUpTo = 0;
    std::vector<std::uint64_t> notDelivered; ///< exceptions below deliveredUpTo, rising
    friend bool operator==(const DeliveryState &, const DeliveryState &) = default;
};

/// A receipt that we owe for a conversation.
struct DueReceipt {
    ConversationId conversation;
    AccountId author;
    Timestamp dueAt;
    friend bool operator==(const DueReceipt &, const DueReceipt &) = default;
};

/// Receipts: what others told us, and what we owe. On the thread of the database; conversations must exist (NotFound).
class ReceiptRepository {
public:
    /// Most exceptions that one receipt may carry (protocol 4).
    static constexpr int kMaxExceptions = 64;
    /// Of how many receipts for one of our devices the times are kept, for each reader.
    static constexpr int kMaxSteps = 1000;

    explicit ReceiptRepository(Database &database) : m_database(database) { }

    /// Takes a receipt of `at` that was checked. Marks never go back; of equal `deliveredUpTo` the common
    /// exceptions stay. False when it said nothing new. InvalidArgument for more than kMaxExceptions, for unsorted ones
    /// and for one over `deliveredUpTo`.
    Result<bool> apply(const ConversationId &conversation, const AccountId &reader, DeviceId authorDevice,
                       const DeliveryState &state, Timestamp at);
    Result<std::optional<DeliveryState>> find(const ConversationId &conversation, const AccountId &reader,
                                              DeviceId authorDevice);

    /// How the message with `counter` in the stream of one of our devices came to each reader.
    Result<std::vector<ReceiptTimes>> timesOf(const ConversationId &conversation, DeviceId authorDevice,
                                              std::uint64_t counter);

    /// Owes `author` a receipt; an earlier due time stays.
    Result<Done> setDue(const DueReceipt &receipt);
    /// Receipts to send now, longest due first. To somebody on hold none is: in the outbox they would pile up, here one
    /// covers all.
    Result<std::vector<DueReceipt>> dueBefore(Timestamp now, int count);
    /// The next due time, if any receipt is owed to somebody who is not on hold.
    Result<std::optional<Timestamp>> nextDue();
    /// It was put in the outbox, or the author's own transcript showed that a sibling answered.
    Result<Done> clearDue(const ConversationId &conversation, const AccountId &author);

private:
    struct Ladder;
    Result<Done> noteStep(const Ladder &ladder, bool isRead, std::uint64_t upTo, Timestamp at);
    Result<Done> noteFilled(const Ladder &ladder, std::uint64_t counter, Timestamp at);
    Result<std::optional<Timestamp>> stepOf(const Ladder &ladder, bool isRead, std::uint64_t counter);

    Database &m_database;
};

} // namespace sotto
