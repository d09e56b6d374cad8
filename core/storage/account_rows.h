#pragma once
#include "core/base/ids.h"
#include "core/base/result.h"

namespace sotto {

class Database;

/// The small number that stands for an account in other tables; made when there is none yet. For this folder only.
Result<std::int64_t> accountRow(Database &database, const AccountId &account);

/// The small number of a conversation, NotFound when it does not exist. For this folder only.
Result<std::int64_t> conversationRow(Database &database, const ConversationId &conversation);

} // namespace sotto
