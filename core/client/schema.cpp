#include "core/client/schema.h"

#include "core/search/search_index.h"
#include "core/sqlite/database.h"
#include "core/storage/message_repository.h"
#include "core/storage/migrations.h"
#include "core/storage/settings_repository.h"

#include <limits>

namespace sotto {

namespace {

constexpr int kRowsPerBatch = 2000;
/// Where the filling of the index has got to; gone when it is done.
const QString kProgress = QStringLiteral("migration.search_before");

constexpr Migration kMigrations[] = {{1, createTables}, {2, createSearchIndex}, {3, addConversationTables}};
static_assert(versionsStrictlyIncrease(kMigrations));

} // namespace

std::span<const Migration> clientMigrations() { return kMigrations; }

Result<MigrationProgress> createSearchIndex(Database &database)
{
    SettingsRepository settings(database);
    const auto progress = settings.value(kProgress);
    if (!progress)
        return progress.error();
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    if (*progress)
        before = (*progress)->toLongLong();
    else if (const auto created = createSearchSchema(database); !created)
        return created.error();
    const auto texts = MessageRepository(database, nullptr).textsBefore(before, kRowsPerBatch);
    if (!texts)
        return texts.error();
    if (texts->empty()) {
        if (const auto removed = settings.remove(kProgress); !removed)
            return removed.error();
        return MigrationProgress::Finished;
    }
    SearchIndex index(database);
    for (auto row = texts->rbegin(); row != texts->rend(); ++row) {
        if (const auto added = index.add(row->row, row->text); !added)
            return added.error();
    }
    if (const auto kept = settings.setValue(kProgress, QString::number(texts->back().row)); !kept)
        return kept.error();
    return MigrationProgress::MoreToDo;
}

} // namespace sotto
