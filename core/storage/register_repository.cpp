#include "core/storage/register_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

namespace sotto {

namespace {

#define SOTTO_OF_MESSAGE                                                                                               \
    " WHERE conversation = (SELECT id FROM conversation WHERE conversation_id = ?)"                                    \
    " AND author = (SELECT id FROM account WHERE account_id = ?) AND inner_id = ?"

SyncedFlag readFlag(Row &row)
{
    return SyncedFlag{row.boolean(0), row.time(1), DeviceId::from(std::uint32_t(row.integer(2)))};
}

} // namespace

Result<SyncedFlag> RegisterRepository::star(const ConversationId &conversation, const MessageReference &target)
{
    const auto found = m_database.prepare("SELECT is_on, changed_ms, device FROM star" SOTTO_OF_MESSAGE)
                           .with(conversation, target.author, target.message)
                           .first(readFlag);
    return found ? Result<SyncedFlag>(found->value_or(SyncedFlag{})) : found.error();
}

Result<Done> RegisterRepository::setStar(const ConversationId &conversation, const MessageReference &target,
                                         const SyncedFlag &flag)
{
    const auto inside = conversationRow(m_database, conversation);
    if (!inside)
        return inside.error();
    const auto author = accountRow(m_database, target.author);
    if (!author)
        return author.error();
    return anyNumber(
        m_database
            .prepare("INSERT OR REPLACE INTO star (conversation, author, inner_id, is_on, changed_ms,"
                     " device) VALUES (?, ?, ?, ?, ?, ?)")
            .with(*inside, *author, target.message, flag.on, flag.changed, flag.device ? flag.device->number() : 0)
            .run());
}

Result<Done> RegisterRepository::removeStar(const ConversationId &conversation, const MessageReference &target)
{
    return anyNumber(m_database.prepare("DELETE FROM star" SOTTO_OF_MESSAGE)
                         .with(conversation, target.author, target.message)
                         .run());
}

Result<std::int64_t> RegisterRepository::pruneStarsBefore(Timestamp limit)
{
    return m_database
        .prepare("DELETE FROM star WHERE changed_ms < ? AND NOT EXISTS (SELECT 1 FROM message AS m"
                 " WHERE m.conversation = star.conversation AND m.sender = star.author"
                 " AND m.inner_id = star.inner_id)")
        .with(limit)
        .run();
}

Result<SyncedFlag> RegisterRepository::unreadMark(const ConversationId &conversation)
{
    return present(
        m_database.prepare("SELECT marked_unread, marked_ms, marked_by FROM conversation WHERE conversation_id = ?")
            .with(conversation)
            .first(readFlag));
}

Result<Done> RegisterRepository::setUnreadMark(const ConversationId &conversation, const SyncedFlag &flag)
{
    return exactlyOne(m_database
                          .prepare("UPDATE conversation SET marked_unread = ?, marked_ms = ?, marked_by = ?"
                                   " WHERE conversation_id = ?")
                          .with(flag.on, flag.changed, flag.device ? flag.device->number() : 0, conversation)
                          .run());
}

Result<Done> RegisterRepository::addWiped(const ConversationId &conversation, const MessageReference &target,
                                          Timestamp now)
{
    const auto inside = conversationRow(m_database, conversation);
    if (!inside)
        return inside.error();
    const auto author = accountRow(m_database, target.author);
    if (!author)
        return author.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO wiped (conversation, author, inner_id, wiped_ms) VALUES (?, ?, ?, ?)"
                                  " ON CONFLICT DO UPDATE SET wiped_ms = max(wiped_ms, excluded.wiped_ms)")
                         .with(*inside, *author, target.message, now)
                         .run());
}

Result<bool> RegisterRepository::isWiped(const ConversationId &conversation, const MessageReference &target)
{
    const auto count = m_database.prepare("SELECT count(*) FROM wiped" SOTTO_OF_MESSAGE)
                           .with(conversation, target.author, target.message)
                           .number();
    return count ? Result<bool>(*count > 0) : count.error();
}

Result<std::int64_t> RegisterRepository::pruneWipedBefore(Timestamp limit)
{
    return m_database.prepare("DELETE FROM wiped WHERE wiped_ms < ?").with(limit).run();
}

} // namespace sotto
