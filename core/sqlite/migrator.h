#pragma once
#include "core/base/result.h"

#include <functional>
#include <span>

namespace sotto {

class Database;

/// Whether a migration has reached its version or wants to be called again for the next batch.
enum class MigrationProgress { MoreToDo, Finished };

/// One step of a schema. `apply` runs in a transaction that the migrator opens and commits; when it answers MoreToDo it
/// is called again in a new one, finds its place in what it stored itself, and so resumes after a kill at any moment.
/// Frozen once released.
struct Migration {
    int version;
    Result<MigrationProgress> (*apply)(Database &database);
};

/// For a static_assert beside the list: versions start at 1 or later and only grow.
constexpr bool versionsStrictlyIncrease(std::span<const Migration> list)
{
    int previous = 0;
    for (const Migration &migration : list) {
        if (migration.version <= previous)
            return false;
        previous = migration.version;
    }
    return true;
}

/// Lifts `database` to the last version of `list`. Each batch and its version number commit together. NewerSchema when
/// the file is beyond the list (written by a newer Sotto): nothing is touched. Outside transactions. `onBatch`, if
/// given, is called after each commit with the version that is being made.
Result<Done> migrate(Database &database, std::span<const Migration> list,
                     const std::function<void(int version)> &onBatch = {});

} // namespace sotto
