#include "core/storage/reference_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

#include <limits>

namespace sotto {

namespace {

constexpr std::int64_t kMaxStoredRevision = std::numeric_limits<std::uint32_t>::max();

#define SOTTO_PENDING_FOR                                                                                              \
    "SELECT p.id, t.account_id, p.target, a.account_id, p.device, p.inner_id, p.kind, p.client_ms, p.body,"            \
    " p.arrived_ms FROM pending_reference AS p JOIN account AS t ON t.id = p.author"                                   \
    " JOIN account AS a ON a.id = p.account"                                                                           \
    " WHERE p.conversation = (SELECT id FROM conversation WHERE conversation_id = ?)"                                  \
    " AND p.author = (SELECT id FROM account WHERE account_id = ?) AND p.target = ?"

PendingReference readPending(Row &row)
{
    return PendingReference{
        .id = row.integer(0),
        .target = {row.id<AccountId>(1), row.id<MessageId>(2)},
        .sender = {row.id<AccountId>(3), row.device(4)},
        .message = row.id<MessageId>(5),
        .kind = row.enumeration<ReferenceKind>(6, ReferenceKind::Reaction),
        .clientTime = row.time(7),
        .body = row.bytes(8),
        .arrivedAt = row.time(9),
    };
}

} // namespace

Result<Done> ReferenceRepository::storeVersion(std::int64_t message, const MessageVersion &version)
{
    return anyNumber(m_database
                         .prepare("INSERT OR REPLACE INTO message_version (message, revision, device, inner_id,"
                                  " client_ms, text) VALUES (?, ?, ?, ?, ?, ?)")
                         .with(message, version.revision, version.device, version.id, version.clientTime, version.text)
                         .run());
}

Result<Done> ReferenceRepository::removeVersion(std::int64_t message, std::uint32_t revision)
{
    return exactlyOne(m_database.prepare("DELETE FROM message_version WHERE message = ? AND revision = ?")
                          .with(message, revision)
                          .run());
}

Result<std::optional<MessageId>> ReferenceRepository::editedBy(const ConversationId &conversation,
                                                               const AccountId &author, const MessageId &edit)
{
    return m_database
        .prepare("SELECT m.inner_id FROM message_version AS v JOIN message AS m ON m.id = v.message"
                 " WHERE v.inner_id = ? AND v.revision > 0"
                 " AND m.conversation = (SELECT id FROM conversation WHERE conversation_id = ?)"
                 " AND m.sender = (SELECT id FROM account WHERE account_id = ?)")
        .with(edit, conversation, author)
        .first([](Row &row) { return row.id<MessageId>(0); });
}

Result<std::vector<MessageVersion>> ReferenceRepository::versionsOf(std::int64_t message)
{
    return m_database
        .prepare("SELECT revision, device, inner_id, client_ms, text FROM message_version WHERE message = ?"
                 " ORDER BY revision")
        .with(message)
        .collect([](Row &row) {
            return MessageVersion{std::uint32_t(row.integerBetween(0, 0, kMaxStoredRevision)), row.device(1),
                                  row.id<MessageId>(2), row.time(3), row.text(4)};
        });
}

Result<Done> ReferenceRepository::storeReaction(std::int64_t message, const MessageReaction &reaction)
{
    const auto account = accountRow(m_database, reaction.account);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT OR REPLACE INTO reaction (message, account, emoji, revision, device,"
                                  " inner_id) VALUES (?, ?, ?, ?, ?, ?)")
                         .with(message, *account, reaction.emoji, reaction.revision, reaction.device, reaction.id)
                         .run());
}

Result<Done> ReferenceRepository::removeReaction(std::int64_t message, const AccountId &account)
{
    return exactlyOne(m_database
                          .prepare("DELETE FROM reaction WHERE message = ?"
                                   " AND account = (SELECT id FROM account WHERE account_id = ?)")
                          .with(message, account)
                          .run());
}

Result<std::vector<MessageReaction>> ReferenceRepository::reactionsTo(std::int64_t message)
{
    return m_database
        .prepare("SELECT a.account_id, r.emoji, r.revision, r.device, r.inner_id FROM reaction AS r"
                 " JOIN account AS a ON a.id = r.account WHERE r.message = ? ORDER BY a.account_id")
        .with(message)
        .collect([](Row &row) {
            return MessageReaction{row.id<AccountId>(0), row.text(1),
                                   std::uint32_t(row.integerBetween(2, 0, kMaxStoredRevision)), row.device(3),
                                   row.id<MessageId>(4)};
        });
}

Result<Done> ReferenceRepository::addPending(const ConversationId &conversation, const PendingReference &reference)
{
    const auto inside = conversationRow(m_database, conversation);
    if (!inside)
        return inside.error();
    const auto author = accountRow(m_database, reference.target.author);
    if (!author)
        return author.error();
    const auto account = accountRow(m_database, reference.sender.account);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO pending_reference (conversation, author, target, account, device,"
                                  " inner_id, kind, client_ms, body, arrived_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                         .with(*inside, *author, reference.target.message, *account, reference.sender.device,
                               reference.message, reference.kind, reference.clientTime, reference.body,
                               reference.arrivedAt)
                         .run());
}

Result<std::vector<PendingReference>> ReferenceRepository::pendingFor(const ConversationId &conversation,
                                                                      const MessageReference &target)
{
    return m_database.prepare(SOTTO_PENDING_FOR " ORDER BY p.id")
        .with(conversation, target.author, target.message)
        .collect(readPending);
}

Result<std::vector<PendingReference>> ReferenceRepository::pendingFor(const ConversationId &conversation,
                                                                      const MessageReference &target,
                                                                      const AccountId &account, ReferenceKind kind)
{
    return m_database.prepare(SOTTO_PENDING_FOR " AND a.account_id = ? AND p.kind = ? ORDER BY p.id")
        .with(conversation, target.author, target.message, account, kind)
        .collect(readPending);
}

Result<Done> ReferenceRepository::removePending(std::int64_t id)
{
    return exactlyOne(m_database.prepare("DELETE FROM pending_reference WHERE id = ?").with(id).run());
}

Result<std::int64_t> ReferenceRepository::removePendingFor(const ConversationId &conversation,
                                                           const MessageReference &target)
{
    return m_database
        .prepare("DELETE FROM pending_reference"
                 " WHERE conversation = (SELECT id FROM conversation WHERE conversation_id = ?)"
                 " AND author = (SELECT id FROM account WHERE account_id = ?) AND target = ?")
        .with(conversation, target.author, target.message)
        .run();
}

Result<ReferenceRepository::PendingSize> ReferenceRepository::pendingOf(const ConversationId &conversation,
                                                                        const AccountId &account)
{
    return present(m_database
                       .prepare("SELECT count(*), coalesce(sum(length(body)), 0) FROM pending_reference"
                                " WHERE conversation = (SELECT id FROM conversation WHERE conversation_id = ?)"
                                " AND account = (SELECT id FROM account WHERE account_id = ?)")
                       .with(conversation, account)
                       .first([](Row &row) {
                           return PendingSize{row.integer(0), row.integer(1)};
                       }));
}

Result<std::int64_t> ReferenceRepository::prunePendingBefore(Timestamp limit)
{
    return m_database.prepare("DELETE FROM pending_reference WHERE arrived_ms < ?").with(limit).run();
}

Result<bool> ReferenceRepository::isKnown(const ConversationId &conversation, const AccountId &author,
                                          const MessageId &id)
{
    const auto found =
        m_database
            .prepare("SELECT EXISTS (SELECT 1 FROM message_version AS v JOIN message AS m ON m.id = v.message"
                     " WHERE m.conversation = c.id AND m.sender = a.id AND v.inner_id = ?3)"
                     " OR EXISTS (SELECT 1 FROM reaction AS r JOIN message AS m ON m.id = r.message"
                     " WHERE m.conversation = c.id AND r.account = a.id AND r.inner_id = ?3)"
                     " OR EXISTS (SELECT 1 FROM pending_reference AS p"
                     " WHERE p.conversation = c.id AND p.account = a.id AND p.inner_id = ?3)"
                     " FROM conversation AS c, account AS a WHERE c.conversation_id = ?1 AND a.account_id = ?2")
            .with(conversation, author, id)
            .first([](Row &row) { return row.boolean(0); });
    if (!found)
        return found.error();
    return found->value_or(false);
}

} // namespace sotto
