#pragma once
#include "core/base/result.h"

#include <memory>
#include <utility>

namespace sotto {

class Database;

/// A transaction of one database. Leaving the scope without `commit` rolls back. Transactions do not nest (asserted);
/// use a Savepoint inside one. No Statement with open rows may stand across its end.
class Transaction {
public:
    enum class Kind {
        Write, ///< BEGIN IMMEDIATE: Busy now rather than in the middle
        Read,  ///< one snapshot for several queries
    };
    static Result<Transaction> begin(Database &database, Kind kind = Kind::Write);
    Transaction(Transaction &&other) noexcept : m_database(std::exchange(other.m_database, nullptr)) { }
    Transaction &operator=(Transaction &&) = delete;
    ~Transaction();

    /// Durable as the database's `Synchronous` says once this returns Done. After an error everything is rolled back.
    Result<Done> commit();
    /// Gives up now instead of at the end of the scope.
    void rollBack();

private:
    explicit Transaction(Database &database) : m_database(&database) { }
    Database *m_database;
};

/// A part of a transaction that can be undone alone: one message of a batch. Leaving the scope without `release` undoes
/// it. Savepoints nest like scopes.
class Savepoint {
public:
    static Result<Savepoint> begin(Database &database);
    Savepoint(Savepoint &&other) noexcept : m_database(std::exchange(other.m_database, nullptr)) { }
    Savepoint &operator=(Savepoint &&) = delete;
    ~Savepoint();

    /// Keeps the work; it commits with the transaction.
    Result<Done> release();

private:
    explicit Savepoint(Database &database) : m_database(&database) { }
    Database *m_database;
};

} // namespace sotto
