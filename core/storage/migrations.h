#pragma once
#include "core/sqlite/migrator.h"

namespace sotto {

/// Migration to version 1: the first tables of core/docs/schema.sql. A file of schema 0 has them already and gets its
/// number. The whole list, with the full-text index as version 2, is in core/client/schema.h.
Result<MigrationProgress> createTables(Database &database);
/// Migration to version 3: tables and columns for edits, reactions, timers, repair, synced settings and alarms.
Result<MigrationProgress> addConversationTables(Database &database);

inline constexpr Migration kStorageMigrations[] = {{1, createTables}, {3, addConversationTables}};
static_assert(versionsStrictlyIncrease(kStorageMigrations));

} // namespace sotto
