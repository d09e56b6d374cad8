#include "core/storage/read_repository.h"

#include "core/model/message.h"
#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/counter_list.h"
#include "core/storage/row_changes.h"

#include <algorithm>

namespace sotto {

namespace {

StreamReading readReading(Row &row)
{
    StreamReading reading{{row.id<AccountId>(4), row.device(5)},
                          {std::uint64_t(row.integer(0))},
                          std::uint64_t(row.integer(2)),
                          row.time(3)};
    if (auto missing = countersFromText(row.text(1)))
        reading.mark.missing = std::move(*missing);
    else
        row.markCorrupt();
    return reading;
}

#define SOTTO_READING                                                                                                  \
    "SELECT s.read_counter, s.read_missing, s.read_told, s.read_ms, a.account_id, s.device FROM stream AS s"           \
    " JOIN conversation AS c ON c.id = s.conversation JOIN account AS a ON a.id = s.account"                           \
    " WHERE c.conversation_id = ?"

} // namespace

bool ReadMark::covers(std::uint64_t counter) const
{
    return counter > 0 && counter <= upTo && !std::ranges::binary_search(missing, counter);
}

ReadMark united(const ReadMark &one, const ReadMark &other)
{
    ReadMark both{std::max(one.upTo, other.upTo)};
    std::ranges::set_union(one.missing, other.missing, std::back_inserter(both.missing));
    std::erase_if(both.missing, [&](std::uint64_t counter) { return one.covers(counter) || other.covers(counter); });
    return both;
}

Result<StreamReading> ReadRepository::find(const ConversationId &conversation, const DeviceAddress &author)
{
    const auto found = m_database.prepare(SOTTO_READING " AND a.account_id = ? AND s.device = ?")
                           .with(conversation, author.account, author.device)
                           .first(readReading);
    return found ? Result<StreamReading>(found->value_or(StreamReading{author, {}, 0, {}})) : found.error();
}

Result<std::vector<StreamReading>> ReadRepository::all(const ConversationId &conversation)
{
    return m_database.prepare(SOTTO_READING " AND s.read_counter > 0 ORDER BY a.account_id, s.device")
        .with(conversation)
        .collect(readReading);
}

Result<Done> ReadRepository::store(const ConversationId &conversation, const StreamReading &reading)
{
    const auto inside = conversationRow(m_database, conversation);
    if (!inside)
        return inside.error();
    const auto author = accountRow(m_database, reading.author.account);
    if (!author)
        return author.error();
    // A row that begins with 0 is of a device of which nothing has come: StreamRepository does not see it.
    return anyNumber(m_database
                         .prepare("INSERT INTO stream (conversation, account, device, first_counter, last_counter,"
                                  " last_hash, last_sort_ms, read_counter, read_missing, read_told, read_ms)"
                                  " VALUES (?, ?, ?, 0, 0, NULL, 0, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                                  " read_counter = excluded.read_counter, read_missing = excluded.read_missing,"
                                  " read_told = excluded.read_told, read_ms = excluded.read_ms")
                         .with(*inside, *author, reading.author.device, reading.mark.upTo,
                               countersToText(reading.mark.missing), reading.told, reading.at)
                         .run());
}

Result<std::optional<Timestamp>> ReadRepository::readAt(const ConversationId &conversation, const DeviceAddress &author,
                                                        std::uint64_t counter)
{
    const auto reading = find(conversation, author);
    if (!reading)
        return reading.error();
    return reading->mark.covers(counter) ? std::optional(reading->at) : std::nullopt;
}

Result<std::int64_t> ReadRepository::recount(const ConversationId &conversation)
{
    const auto inside = conversationRow(m_database, conversation);
    if (!inside)
        return inside.error();
    const auto counted =
        m_database
            .prepare("UPDATE conversation SET unread = (SELECT count(*) FROM message AS m"
                     " LEFT JOIN stream AS s ON s.conversation = m.conversation AND s.account = m.sender"
                     " AND s.device = m.device WHERE m.conversation = ?1 AND m.kind != ?2"
                     " AND m.sender IS NOT (SELECT account FROM own_account)"
                     " AND CASE WHEN m.counter = 0 THEN m.client_ms > conversation.looked_ms ELSE " SOTTO_NOT_READ
                     " END) WHERE id = ?1 AND unread > 0")
            .with(*inside, MessageKind::Deleted)
            .run();
    if (!counted)
        return counted.error();
    return m_database.prepare("SELECT unread FROM conversation WHERE id = ?").with(*inside).number();
}

Result<Done> ReadRepository::ensureUnread(const ConversationId &conversation)
{
    return exactlyOne(m_database.prepare("UPDATE conversation SET unread = max(unread, 1) WHERE conversation_id = ?")
                          .with(conversation)
                          .run());
}

Result<std::int64_t> ReadRepository::clearUnread(const ConversationId &conversation)
{
    const auto inside = conversationRow(m_database, conversation);
    if (!inside)
        return inside.error();
    const auto unread = m_database.prepare("SELECT unread FROM conversation WHERE id = ?").with(*inside).number();
    if (!unread || *unread == 0)
        return unread;
    const auto emptied = m_database.prepare("UPDATE conversation SET unread = 0 WHERE id = ?").with(*inside).run();
    return emptied ? unread : emptied.error();
}

Result<Timestamp> ReadRepository::lookedAt(const ConversationId &conversation)
{
    return present(m_database.prepare("SELECT looked_ms FROM conversation WHERE conversation_id = ?")
                       .with(conversation)
                       .first([](Row &row) { return row.time(0); }));
}

Result<Done> ReadRepository::setLookedAt(const ConversationId &conversation, Timestamp at)
{
    return exactlyOne(
        m_database.prepare("UPDATE conversation SET looked_ms = max(looked_ms, ?) WHERE conversation_id = ?")
            .with(at, conversation)
            .run());
}

Result<Done> ReadRepository::setDue(const DueRead &read, Timestamp due)
{
    const auto inside = conversationRow(m_database, read.conversation);
    if (!inside)
        return inside.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO read_due (conversation, read_ms, due_ms) VALUES (?, ?, ?)"
                                  " ON CONFLICT DO UPDATE SET read_ms = max(read_ms, excluded.read_ms),"
                                  " due_ms = min(due_ms, excluded.due_ms)")
                         .with(*inside, read.readAt, due)
                         .run());
}

Result<std::vector<DueRead>> ReadRepository::dueBefore(Timestamp now, int count)
{
    return m_database
        .prepare("SELECT c.conversation_id, r.read_ms FROM read_due AS r JOIN conversation AS c"
                 " ON c.id = r.conversation WHERE r.due_ms <= ? ORDER BY r.due_ms, r.conversation LIMIT ?")
        .with(now, count)
        .collect([](Row &row) {
            return DueRead{row.id<ConversationId>(0), row.time(1)};
        });
}

Result<std::optional<Timestamp>> ReadRepository::nextDue()
{
    const auto next =
        m_database.prepare("SELECT min(due_ms) FROM read_due").first([](Row &row) { return row.optionalTime(0); });
    if (!next)
        return next.error();
    return next->value_or(std::nullopt);
}

Result<Done> ReadRepository::clearDue(const ConversationId &conversation)
{
    return anyNumber(m_database
                         .prepare("DELETE FROM read_due WHERE conversation ="
                                  " (SELECT id FROM conversation WHERE conversation_id = ?)")
                         .with(conversation)
                         .run());
}

} // namespace sotto
