#include "core/storage/expiry_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/counter_list.h"
#include "core/storage/row_changes.h"

namespace sotto {

namespace {

/// Of a message m.
#define SOTTO_IS_SEEN                                                                                                  \
    "(m.sender IS (SELECT account FROM own_account) OR EXISTS (SELECT 1 FROM stream AS s"                              \
    " WHERE s.conversation = m.conversation AND s.account = m.sender AND s.device = m.device AND m.counter > 0"        \
    " AND m.counter <= s.read_counter AND instr(s.read_missing, ',' || m.counter || ',') = 0))"

} // namespace

Result<Done> ExpiryRepository::add(std::int64_t message, std::uint32_t timerSeconds, std::optional<Timestamp> end)
{
    return anyNumber(m_database.prepare("INSERT INTO expiry (message, timer_s, expires_ms) VALUES (?, ?, ?)")
                         .with(message, timerSeconds, end)
                         .run());
}

Result<Done> ExpiryRepository::start(std::int64_t message, Timestamp now)
{
    return anyNumber(m_database
                         .prepare("UPDATE expiry SET expires_ms = ?1 + timer_s * 1000 WHERE message ="
                                  " (SELECT id FROM message WHERE id = ?2 AND kind = ?3)")
                         .with(now, message, MessageKind::Text)
                         .run());
}

Result<Done> ExpiryRepository::startAll(const ConversationId &conversation, Timestamp now)
{
    return anyNumber(m_database
                         .prepare("UPDATE expiry SET expires_ms = min(expires_ms, ?1 + timer_s * 1000)"
                                  " WHERE expires_ms IS NOT NULL AND message IN (SELECT m.id FROM expiry AS e"
                                  " JOIN message AS m ON m.id = e.message WHERE m.conversation ="
                                  " (SELECT id FROM conversation WHERE conversation_id = ?2)"
                                  " AND m.sender IS NOT (SELECT account FROM own_account))")
                         .with(now, conversation)
                         .run());
}

Result<Done> ExpiryRepository::startRead(const ConversationId &conversation, const DeviceAddress &author,
                                         const ReadMark &mark, Timestamp at, Timestamp now)
{
    return anyNumber(
        m_database
            .prepare("UPDATE expiry SET expires_ms = min(expires_ms, timer_s * 1000 + (SELECT"
                     " max(min(?1, ?2), min(w.client_ms, ?2)) FROM message AS w WHERE w.id = expiry.message))"
                     " WHERE expires_ms IS NOT NULL AND message IN (SELECT m.id FROM expiry AS e"
                     " JOIN message AS m ON m.id = e.message WHERE m.conversation ="
                     " (SELECT id FROM conversation WHERE conversation_id = ?3)"
                     " AND m.sender = (SELECT id FROM account WHERE account_id = ?4) AND m.device = ?5"
                     " AND m.counter BETWEEN 1 AND ?6 AND instr(?7, ',' || m.counter || ',') = 0)")
            .with(at, now, conversation, author.account, author.device, mark.upTo, countersToText(mark.missing))
            .run());
}

Result<Done> ExpiryRepository::restartAll(Timestamp now, Milliseconds unread)
{
    return anyNumber(m_database
                         .prepare("UPDATE expiry SET expires_ms = ?1 + (SELECT CASE WHEN " SOTTO_IS_SEEN
                                  " THEN timer_s * 1000 ELSE max(timer_s * 1000, ?2) END FROM message AS m"
                                  " WHERE m.id = expiry.message) WHERE expires_ms IS NOT NULL")
                         .with(now, std::int64_t(unread.count()))
                         .run());
}

Result<Done> ExpiryRepository::putOff(std::int64_t message, Timestamp end)
{
    return exactlyOne(
        m_database.prepare("UPDATE expiry SET expires_ms = ? WHERE message = ?").with(end, message).run());
}

Result<bool> ExpiryRepository::isSeen(std::int64_t message)
{
    const auto seen = m_database.prepare("SELECT count(*) FROM message AS m WHERE m.id = ? AND " SOTTO_IS_SEEN)
                          .with(message)
                          .number();
    return seen ? Result<bool>(*seen > 0) : seen.error();
}

Result<std::vector<ExpiryRepository::Over>> ExpiryRepository::overAt(Timestamp now, int limit)
{
    return m_database
        .prepare("SELECT m.id, c.conversation_id, a.account_id, m.inner_id FROM expiry AS e"
                 " JOIN message AS m ON m.id = e.message JOIN conversation AS c ON c.id = m.conversation"
                 " JOIN account AS a ON a.id = m.sender WHERE e.expires_ms <= ? ORDER BY e.expires_ms LIMIT ?")
        .with(now, limit)
        .collect([](Row &row) {
            return Over{row.integer(0), row.id<ConversationId>(1), {row.id<AccountId>(2), row.id<MessageId>(3)}};
        });
}

Result<std::optional<Timestamp>> ExpiryRepository::nextEnd()
{
    const auto next =
        m_database.prepare("SELECT min(expires_ms) FROM expiry WHERE expires_ms IS NOT NULL").first([](Row &row) {
            return row.optionalTime(0);
        });
    if (!next)
        return next.error();
    return next->value_or(std::nullopt);
}

} // namespace sotto
