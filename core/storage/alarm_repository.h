#pragma once
#include "core/base/result.h"
#include "core/model/alarm.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// Alarms until the person has seen them, and after. On the thread of the database, in a transaction.
class AlarmRepository {
public:
    explicit AlarmRepository(Database &database) : m_database(database) { }

    /// Repeats are written down at most this often: whoever sends messages could cause one with each.
    static constexpr Milliseconds kCountEvery = std::chrono::minutes(1);

    /// Counts it. What was acknowledged comes back with a higher version of the log only.
    Result<Done> raise(const AccountId &about, AlarmKind kind, std::uint64_t version, Timestamp now);
    /// Forgets it, if there is one: the next one is a new one.
    Result<Done> remove(const AccountId &about, AlarmKind kind);
    /// Those not acknowledged, newest first.
    Result<std::vector<Alarm>> open();
    /// All about an account, by kind.
    Result<std::vector<Alarm>> about(const AccountId &account);
    /// The person has seen all about an account; how many there were.
    Result<std::int64_t> acknowledge(const AccountId &account);

private:
    Database &m_database;
};

} // namespace sotto
