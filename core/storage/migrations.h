#pragma once
#include "core/sqlite/migrator.h"

namespace sotto {

/// Migration to version 1: every table of core/docs/schema.sql. The whole list, with the full-text index that
/// core/search adds as version 2, stands where the two meet (core/client).
Result<MigrationProgress> createTables(Database &database);

inline constexpr Migration kStorageMigrations[] = {{1, createTables}};
static_assert(versionsStrictlyIncrease(kStorageMigrations));

} // namespace sotto
