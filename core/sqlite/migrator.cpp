#include "core/sqlite/migrator.h"

#include "core/base/check.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"

namespace sotto {

namespace {
Result<MigrationProgress> runBatch(Database &database, const Migration &migration)
{
    auto transaction = Transaction::begin(database);
    if (!transaction)
        return transaction.error();
    const auto progress = migration.apply(database);
    if (!progress)
        return progress.error();
    if (*progress == MigrationProgress::Finished) {
        if (const auto set = database.setSchemaVersion(migration.version); !set)
            return set.error();
    }
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return *progress;
}
} // namespace

Result<Done> migrate(Database &database, std::span<const Migration> list,
                     const std::function<void(int version)> &onBatch)
{
    const auto version = database.schemaVersion();
    if (!version)
        return version.error();
    const int newest = list.empty() ? 0 : list.back().version;
    if (refuseUnless(Check::NewerSchema, *version <= newest))
        return Error(ErrorCode::NewerSchema, QStringLiteral("written by a newer version of Sotto"));
    for (const Migration &migration : list) {
        if (migration.version <= *version)
            continue;
        for (;;) {
            const auto progress = runBatch(database, migration);
            if (!progress)
                return progress.error();
            if (onBatch)
                onBatch(migration.version);
            if (*progress == MigrationProgress::Finished)
                break;
        }
    }
    return Done{};
}

} // namespace sotto
