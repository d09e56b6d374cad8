#include "core/storage/account_rows.h"

#include "core/sqlite/database.h"

namespace sotto {

Result<std::int64_t> accountRow(Database &database, const AccountId &account)
{
    const auto found =
        database.prepare("SELECT id FROM account WHERE account_id = ?").with(account).first([](Row &row) {
            return row.integer(0);
        });
    if (!found)
        return found.error();
    if (*found)
        return **found;
    const auto inserted = database.prepare("INSERT INTO account (account_id) VALUES (?)").with(account).run();
    if (!inserted)
        return inserted.error();
    return database.lastInsertId();
}

Result<std::int64_t> conversationRow(Database &database, const ConversationId &conversation)
{
    const auto found = database.prepare("SELECT id FROM conversation WHERE conversation_id = ?")
                           .with(conversation)
                           .first([](Row &row) { return row.integer(0); });
    if (!found)
        return found.error();
    if (!*found)
        return ErrorCode::NotFound;
    return **found;
}

} // namespace sotto
