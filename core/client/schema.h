#pragma once
#include "core/sqlite/migrator.h"

namespace sotto {

/// Version 2: the full-text index, filled from the messages that are there, in batches.
Result<MigrationProgress> createSearchIndex(Database &database);

/// The whole list of the client's schema versions, in order. Append only.
std::span<const Migration> clientMigrations();

} // namespace sotto
