#include "core/storage/account_rows.h"

#include "core/sqlite/database.h"

namespace sotto {

namespace {
constexpr char kAccounts = 'a';
constexpr char kConversations = 'c';
} // namespace

Result<std::int64_t> accountRow(Database &database, const AccountId &account)
{
    if (const auto known = database.rowNumbers().find(kAccounts, account.view()))
        return *known;
    const auto found =
        database.prepare("SELECT id FROM account WHERE account_id = ?").with(account).first([](Row &row) {
            return row.integer(0);
        });
    if (!found)
        return found.error();
    if (!*found) {
        const auto inserted = database.prepare("INSERT INTO account (account_id) VALUES (?)").with(account).run();
        if (!inserted)
            return inserted.error();
    }
    const std::int64_t number = *found ? **found : database.lastInsertId();
    database.rowNumbers().remember(kAccounts, account.view(), number);
    return number;
}

Result<std::int64_t> conversationRow(Database &database, const ConversationId &conversation)
{
    if (const auto known = database.rowNumbers().find(kConversations, conversation.view()))
        return *known;
    const auto found = database.prepare("SELECT id FROM conversation WHERE conversation_id = ?")
                           .with(conversation)
                           .first([](Row &row) { return row.integer(0); });
    if (!found)
        return found.error();
    if (!*found)
        return ErrorCode::NotFound;
    database.rowNumbers().remember(kConversations, conversation.view(), **found);
    return **found;
}

} // namespace sotto
