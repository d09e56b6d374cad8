#include "core/storage/dedupe_repository.h"

#include "core/sqlite/database.h"

namespace sotto {

namespace {
constexpr qsizetype kStoredHashBytes = 16;
constexpr std::int64_t kDayMs = 24 * 3600 * 1000;
} // namespace

Result<bool> DedupeRepository::contains(const Hash256 &innerHash)
{
    const auto found = m_database.prepare("SELECT count(*) FROM seen_ciphertext WHERE hash = ?")
                           .with(innerHash.view().first(kStoredHashBytes))
                           .number();
    if (!found)
        return found.error();
    return *found > 0;
}

Result<Done> DedupeRepository::add(const Hash256 &innerHash, Timestamp now)
{
    const auto added = m_database.prepare("INSERT INTO seen_ciphertext (hash, seen_day) VALUES (?, ?)")
                           .with(innerHash.view().first(kStoredHashBytes), now.ms / kDayMs)
                           .run();
    if (!added)
        return added.error();
    return Done{};
}

Result<std::int64_t> DedupeRepository::pruneBefore(Timestamp limit)
{
    return m_database.prepare("DELETE FROM seen_ciphertext WHERE seen_day < ?").with(limit.ms / kDayMs).run();
}

} // namespace sotto
