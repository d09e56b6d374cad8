#include "core/storage/receipt_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/counter_list.h"
#include "core/storage/held_accounts.h"
#include "core/storage/row_changes.h"

#include <algorithm>
#include <iterator>

namespace sotto {

namespace {

DeliveryState readDelivery(Row &row)
{
    DeliveryState state{std::uint64_t(row.integer(0)), std::uint64_t(row.integer(1)), {}};
    if (auto counters = decodeCounters(row.view(2)))
        state.notDelivered = std::move(*counters);
    else
        row.markCorrupt();
    return state;
}

/// What is known after both; exceptions of an older receipt do not come back.
DeliveryState merged(const DeliveryState &known, const DeliveryState &news)
{
    DeliveryState result{
        std::max(known.deliveredUpTo, news.deliveredUpTo), std::max(known.readUpTo, news.readUpTo), {}};
    const auto stillMissing = [](const DeliveryState &other, std::uint64_t counter) {
        return counter > other.deliveredUpTo
            || std::binary_search(other.notDelivered.begin(), other.notDelivered.end(), counter);
    };
    for (const std::uint64_t counter : known.notDelivered) {
        if (stillMissing(news, counter))
            result.notDelivered.push_back(counter);
    }
    for (const std::uint64_t counter : news.notDelivered) {
        if (counter > known.deliveredUpTo)
            result.notDelivered.push_back(counter);
    }
    std::sort(result.notDelivered.begin(), result.notDelivered.end());
    return result;
}

bool isWellFormed(const DeliveryState &state)
{
    const auto &list = state.notDelivered;
    const bool rises = std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) == list.end();
    const bool areBelow = list.empty() || list.back() <= state.deliveredUpTo;
    return rises && areBelow && list.size() <= std::size_t(ReceiptRepository::kMaxExceptions);
}

} // namespace

Result<bool> ReceiptRepository::apply(const ConversationId &conversation, const AccountId &reader,
                                      DeviceId authorDevice, const DeliveryState &state)
{
    if (!isWellFormed(state))
        return ErrorCode::InvalidArgument;
    const auto known = find(conversation, reader, authorDevice);
    if (!known)
        return known.error();
    const DeliveryState before = known->value_or(DeliveryState());
    const DeliveryState after = merged(before, state);
    if (after == before)
        return false;
    const auto inside = conversationRow(m_database, conversation);
    if (!inside)
        return inside.error();
    const auto account = accountRow(m_database, reader);
    if (!account)
        return account.error();
    const auto stored = m_database
                            .prepare("INSERT OR REPLACE INTO delivery (conversation, reader, author_device,"
                                     " delivered_up_to, read_up_to, not_delivered) VALUES (?, ?, ?, ?, ?, ?)")
                            .with(*inside, *account, authorDevice, after.deliveredUpTo, after.readUpTo,
                                  encodeCounters(after.notDelivered))
                            .run();
    if (!stored)
        return stored.error();
    return true;
}

Result<std::optional<DeliveryState>> ReceiptRepository::find(const ConversationId &conversation,
                                                             const AccountId &reader, DeviceId authorDevice)
{
    return m_database
        .prepare("SELECT d.delivered_up_to, d.read_up_to, d.not_delivered FROM delivery AS d"
                 " JOIN conversation AS c ON c.id = d.conversation JOIN account AS a ON a.id = d.reader"
                 " WHERE c.conversation_id = ? AND a.account_id = ? AND d.author_device = ?")
        .with(conversation, reader, authorDevice)
        .first(readDelivery);
}

Result<Done> ReceiptRepository::setDue(const DueReceipt &receipt)
{
    const auto inside = conversationRow(m_database, receipt.conversation);
    if (!inside)
        return inside.error();
    const auto account = accountRow(m_database, receipt.author);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO receipt_due (conversation, author, due_ms) VALUES (?, ?, ?)"
                                  " ON CONFLICT DO UPDATE SET due_ms = min(due_ms, excluded.due_ms)")
                         .with(*inside, *account, receipt.dueAt)
                         .run());
}

Result<std::vector<DueReceipt>> ReceiptRepository::dueBefore(Timestamp now, int count)
{
    return m_database
        .prepare("SELECT c.conversation_id, a.account_id, r.due_ms FROM receipt_due AS r"
                 " JOIN conversation AS c ON c.id = r.conversation JOIN account AS a ON a.id = r.author"
                 " WHERE r.due_ms <= ? AND" SOTTO_NOT_HELD("r.author") " ORDER BY r.due_ms, r.conversation LIMIT ?")
        .with(now, count)
        .collect([](Row &row) {
            return DueReceipt{row.id<ConversationId>(0), row.id<AccountId>(1), row.time(2)};
        });
}

Result<std::optional<Timestamp>> ReceiptRepository::nextDue()
{
    const auto next =
        m_database.prepare("SELECT min(due_ms) FROM receipt_due WHERE" SOTTO_NOT_HELD("author")).first([](Row &row) {
            return row.optionalTime(0);
        });
    if (!next)
        return next.error();
    return next->value_or(std::nullopt);
}

Result<Done> ReceiptRepository::clearDue(const ConversationId &conversation, const AccountId &author)
{
    return anyNumber(m_database
                         .prepare("DELETE FROM receipt_due WHERE conversation ="
                                  " (SELECT id FROM conversation WHERE conversation_id = ?)"
                                  " AND author = (SELECT id FROM account WHERE account_id = ?)")
                         .with(conversation, author)
                         .run());
}

} // namespace sotto
