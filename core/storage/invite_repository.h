#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

namespace sotto {

class Database;

/// Invites that we have made: whoever comes with one of them is a contact at once. On the thread of the database, in
/// the caller's transaction.
class InviteRepository {
public:
    explicit InviteRepository(Database &database) : m_database(database) { }

    /// AlreadyExists for a secret that is there.
    Result<Done> add(const InviteSecret &secret, Timestamp expires);
    /// Takes an invite that was used out of the list. False when it is not ours, was used before or has
    /// expired.
    Result<bool> redeem(const InviteSecret &secret, Timestamp now);
    /// Forgets invites that nobody can use any more.
    Result<Done> removeExpired(Timestamp now);

private:
    Database &m_database;
};

} // namespace sotto
