#pragma once
#include "core/sqlite/migrator.h"

namespace sotto {

/// Migration to version 1: every table of core/docs/schema.sql. A file of schema 0 has them already and gets its
/// number. The whole list, with the full-text index as version 2, is in core/client/schema.h.
Result<MigrationProgress> createTables(Database &database);

inline constexpr Migration kStorageMigrations[] = {{1, createTables}};
static_assert(versionsStrictlyIncrease(kStorageMigrations));

} // namespace sotto
