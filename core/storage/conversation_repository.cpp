#include "core/storage/conversation_repository.h"

#include "core/model/message.h"
#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

#include <limits>

namespace sotto {

namespace {

#define SOTTO_CONVERSATION_COLUMNS                                                                                     \
    "SELECT c.conversation_id, a.account_id, c.unread, c.last_activity_ms, coalesce(m.text, ''),"                      \
    " c.marked_unread, c.timer_s, c.draft FROM conversation AS c JOIN account AS a ON a.id = c.peer LEFT JOIN "        \
    "message AS m ON m.id = "                                                                                          \
    "c.last_message"

constexpr std::int64_t kMaxTimerSeconds = std::numeric_limits<std::uint32_t>::max();

Conversation readConversation(Row &row)
{
    return Conversation{
        .id = row.id<ConversationId>(0),
        .peer = row.id<AccountId>(1),
        .unread = row.integer(2),
        .lastActivity = row.time(3),
        .lastText = row.text(4),
        .markedUnread = row.boolean(5),
        .timerSeconds = std::uint32_t(row.integerBetween(6, 0, kMaxTimerSeconds)),
        .draft = row.text(7),
    };
}

} // namespace

Result<Done> ConversationRepository::ensure(const ConversationId &id, const AccountId &peer)
{
    const auto account = accountRow(m_database, peer);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT OR IGNORE INTO conversation (conversation_id, peer, timer_s, unread,"
                                  " last_activity_ms, muted_until_ms, pinned, archived, draft)"
                                  " VALUES (?, ?, 0, 0, 0, 0, 0, 0, '')")
                         .with(id, *account)
                         .run());
}

Result<std::optional<Conversation>> ConversationRepository::find(const ConversationId &id)
{
    return m_database.prepare(SOTTO_CONVERSATION_COLUMNS " WHERE c.conversation_id = ?")
        .with(id)
        .first(readConversation);
}

Result<std::optional<Conversation>> ConversationRepository::withPeer(const AccountId &peer)
{
    return m_database.prepare(SOTTO_CONVERSATION_COLUMNS " WHERE a.account_id = ?").with(peer).first(readConversation);
}

Result<std::vector<Conversation>> ConversationRepository::all()
{
    return m_database
        .prepare(SOTTO_CONVERSATION_COLUMNS " WHERE c.last_message IS NOT NULL ORDER BY c.last_activity_ms DESC, c.id")
        .collect(readConversation);
}

Result<ChatTimer> ConversationRepository::timer(const ConversationId &id)
{
    return present(m_database.prepare("SELECT timer_s, timer_revision FROM conversation WHERE conversation_id = ?")
                       .with(id)
                       .first([](Row &row) {
                           return ChatTimer{std::uint32_t(row.integerBetween(0, 0, kMaxTimerSeconds)),
                                            std::uint64_t(row.integer(1))};
                       }));
}

Result<Done> ConversationRepository::setTimer(const ConversationId &id, const ChatTimer &timer)
{
    return exactlyOne(
        m_database.prepare("UPDATE conversation SET timer_s = ?, timer_revision = ? WHERE conversation_id = ?")
            .with(timer.seconds, timer.revision, id)
            .run());
}

Result<Done> ConversationRepository::setDraft(const ConversationId &id, const QString &text)
{
    return exactlyOne(
        m_database.prepare("UPDATE conversation SET draft = ? WHERE conversation_id = ?").with(text, id).run());
}

Result<ConversationSettings> ConversationRepository::settings(const ConversationId &id)
{
    const auto found = m_database
                           .prepare("SELECT muted_until_ms, pinned, archived, draft FROM conversation"
                                    " WHERE conversation_id = ?")
                           .with(id)
                           .first([](Row &row) {
                               return ConversationSettings{row.time(0), row.boolean(1), row.boolean(2), row.text(3)};
                           });
    if (!found)
        return found.error();
    if (!*found)
        return ErrorCode::NotFound;
    return **found;
}

Result<Done> ConversationRepository::setSettings(const ConversationId &id, const ConversationSettings &settings)
{
    const auto changed = m_database
                             .prepare("UPDATE conversation SET muted_until_ms = ?, pinned = ?,"
                                      " archived = ?, draft = ? WHERE conversation_id = ?")
                             .with(settings.mutedUntil, settings.pinned, settings.archived, settings.draft, id)
                             .run();
    if (changed && *changed == 0)
        return ErrorCode::NotFound;
    return anyNumber(changed);
}

} // namespace sotto
