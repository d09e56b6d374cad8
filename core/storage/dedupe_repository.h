#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

namespace sotto {

class Database;

/// Hashes of the inner ciphertexts that were accepted. On the thread of the database, in the transaction of the ratchet
/// step.
class DedupeRepository {
public:
    explicit DedupeRepository(Database &database) : m_database(database) { }

    /// Whether a ciphertext with this hash was accepted before. The first 16 bytes decide: only its own sender could
    /// make two that collide, and would lose one of them.
    Result<bool> contains(const Hash256 &innerHash);
    /// Remembers it; AlreadyExists when it was there.
    Result<Done> add(const Hash256 &innerHash, Timestamp now);
    /// Forgets what was accepted more than a day before `limit`. How many that were.
    Result<std::int64_t> pruneBefore(Timestamp limit);

private:
    Database &m_database;
};

} // namespace sotto
