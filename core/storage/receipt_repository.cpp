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

/// The rows of one reader for one of our devices.
struct ReceiptRepository::Ladder {
    std::int64_t conversation;
    std::int64_t reader;
    DeviceId authorDevice;
};

Result<bool> ReceiptRepository::apply(const ConversationId &conversation, const AccountId &reader,
                                      DeviceId authorDevice, const DeliveryState &state, Timestamp at)
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
    const Ladder ladder{*inside, *account, authorDevice};
    if (after.deliveredUpTo > before.deliveredUpTo) {
        if (const auto noted = noteStep(ladder, false, after.deliveredUpTo, at); !noted)
            return noted.error();
    }
    if (after.readUpTo > before.readUpTo) {
        if (const auto noted = noteStep(ladder, true, after.readUpTo, at); !noted)
            return noted.error();
    }
    for (const std::uint64_t counter : before.notDelivered) {
        if (std::ranges::binary_search(after.notDelivered, counter))
            continue;
        if (const auto noted = noteFilled(ladder, counter, at); !noted)
            return noted.error();
    }
    return true;
}

Result<Done> ReceiptRepository::noteStep(const Ladder &ladder, bool isRead, std::uint64_t upTo, Timestamp at)
{
    const auto noted = m_database
                           .prepare("INSERT OR IGNORE INTO receipt_step (conversation, reader, author_device, is_read,"
                                    " up_to, at_ms) VALUES (?, ?, ?, ?, ?, ?)")
                           .with(ladder.conversation, ladder.reader, ladder.authorDevice, isRead, upTo, at)
                           .run();
    if (!noted)
        return noted.error();
    return anyNumber(m_database
                         .prepare("DELETE FROM receipt_step WHERE conversation = ?1 AND reader = ?2 AND"
                                  " author_device = ?3 AND is_read = ?4 AND up_to <="
                                  " (SELECT up_to FROM receipt_step WHERE conversation = ?1 AND reader = ?2 AND"
                                  " author_device = ?3 AND is_read = ?4 ORDER BY up_to DESC LIMIT 1 OFFSET ?5)")
                         .with(ladder.conversation, ladder.reader, ladder.authorDevice, isRead, kMaxSteps)
                         .run());
}

/// What was an exception came later than its neighbours: those below it keep the time that they have.
Result<Done> ReceiptRepository::noteFilled(const Ladder &ladder, std::uint64_t counter, Timestamp at)
{
    const auto around = stepOf(ladder, false, counter);
    if (!around)
        return around.error();
    if (!*around)
        return Done{}; // so long ago that no times are kept
    if (const auto below = noteStep(ladder, false, counter - 1, **around); !below)
        return below;
    const auto filled =
        m_database
            .prepare("INSERT INTO receipt_step (conversation, reader, author_device, is_read, up_to,"
                     " at_ms) VALUES (?, ?, ?, 0, ?, ?) ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms")
            .with(ladder.conversation, ladder.reader, ladder.authorDevice, counter, at)
            .run();
    return anyNumber(filled);
}

/// The time of the first step that covers `counter`. Nothing when older ones are gone that may have covered it.
Result<std::optional<Timestamp>> ReceiptRepository::stepOf(const Ladder &ladder, bool isRead, std::uint64_t counter)
{
    const auto step = m_database
                          .prepare("SELECT at_ms FROM receipt_step WHERE conversation = ?1 AND reader = ?2 AND"
                                   " author_device = ?3 AND is_read = ?4 AND up_to >= ?5 ORDER BY up_to LIMIT 1")
                          .with(ladder.conversation, ladder.reader, ladder.authorDevice, isRead, counter)
                          .first([](Row &row) { return row.time(0); });
    if (!step || !*step)
        return step;
    const auto kept = m_database
                          .prepare("SELECT count(*), coalesce(sum(up_to < ?5), 0) FROM receipt_step WHERE"
                                   " conversation = ?1 AND reader = ?2 AND author_device = ?3 AND is_read = ?4")
                          .with(ladder.conversation, ladder.reader, ladder.authorDevice, isRead, counter)
                          .first([](Row &row) { return std::pair(row.integer(0), row.integer(1)); });
    if (!kept)
        return kept.error();
    const bool isCutOff = (*kept)->first >= kMaxSteps && (*kept)->second == 0;
    return isCutOff ? std::optional<Timestamp>() : *step;
}

Result<std::vector<ReceiptTimes>> ReceiptRepository::timesOf(const ConversationId &conversation, DeviceId authorDevice,
                                                             std::uint64_t counter)
{
    struct Reader {
        Ladder ladder;
        AccountId account;
        DeliveryState state;
    };
    const auto readers =
        m_database
            .prepare("SELECT d.delivered_up_to, d.read_up_to, d.not_delivered, d.conversation, d.reader, a.account_id"
                     " FROM delivery AS d JOIN conversation AS c ON c.id = d.conversation"
                     " JOIN account AS a ON a.id = d.reader"
                     " WHERE c.conversation_id = ? AND d.author_device = ? ORDER BY d.reader")
            .with(conversation, authorDevice)
            .collect([authorDevice](Row &row) {
                return Reader{{row.integer(3), row.integer(4), authorDevice}, row.id<AccountId>(5), readDelivery(row)};
            });
    if (!readers)
        return readers.error();
    std::vector<ReceiptTimes> all;
    for (const Reader &reader : *readers) {
        ReceiptTimes times{reader.account, std::nullopt, std::nullopt};
        const bool isMissing = std::ranges::binary_search(reader.state.notDelivered, counter);
        if (counter > 0 && counter <= reader.state.deliveredUpTo && !isMissing) {
            const auto delivered = stepOf(reader.ladder, false, counter);
            if (!delivered)
                return delivered.error();
            times.deliveredAt = *delivered;
            const auto read = stepOf(reader.ladder, true, counter);
            if (!read)
                return read.error();
            if (counter <= reader.state.readUpTo && *read)
                times.readAt = std::max(**read, delivered->value_or(**read)); // what came late was not read before
        }
        all.push_back(std::move(times));
    }
    return all;
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
