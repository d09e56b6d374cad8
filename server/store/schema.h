#pragma once
#include "core/sqlite/database.h"

namespace sotto::relay {

/// Lifts the relay's database to the newest schema (schema.cpp describes every column). What migrate() refuses with.
Result<Done> prepareSchema(Database &database);

} // namespace sotto::relay
