#include "core/sqlite/transaction.h"

#include "core/base/logging.h"
#include "core/sqlite/database.h"

#include <sqlcipher/sqlite3.h>

namespace sotto {

Result<Transaction> Transaction::begin(Database &database, Kind kind)
{
    Q_ASSERT_X(!database.m_inTransaction, "Transaction::begin", "transactions do not nest");
    const auto begun = database.prepare(kind == Kind::Write ? "BEGIN IMMEDIATE" : "BEGIN").run();
    if (!begun)
        return begun.error();
    database.m_inTransaction = true;
    return Transaction(database);
}

Transaction::~Transaction() { rollBack(); }

Result<Done> Transaction::commit()
{
    Q_ASSERT_X(m_database, "Transaction::commit", "already ended");
    // After a full disk or an I/O error SQLite may have rolled back by itself; a COMMIT would then only say that there
    // is no transaction.
    if (sqlite3_get_autocommit(m_database->native())) {
        rollBack();
        return Error(ErrorCode::InputOutput, QStringLiteral("the transaction was rolled back by an earlier error"));
    }
    const auto committed = m_database->prepare("COMMIT").run();
    if (!committed) {
        rollBack();
        return committed.error();
    }
    std::exchange(m_database, nullptr)->m_inTransaction = false;
    return Done{};
}

void Transaction::rollBack()
{
    Database *database = std::exchange(m_database, nullptr);
    if (!database)
        return;
    database->m_inTransaction = false;
    database->m_rowNumbers.forgetAll();
    if (sqlite3_get_autocommit(database->native()))
        return;
    if (const auto done = database->prepare("ROLLBACK").run(); !done)
        qCWarning(lcSqlite, "a rollback failed: %s", name(done.error().code)); // the next BEGIN will say so too
}

Result<Savepoint> Savepoint::begin(Database &database)
{
    Q_ASSERT_X(database.isInTransaction(), "Savepoint::begin", "a savepoint needs a transaction");
    const auto begun = database.prepare("SAVEPOINT part").run();
    if (!begun)
        return begun.error();
    return Savepoint(database);
}

Savepoint::~Savepoint()
{
    if (!m_database)
        return;
    m_database->m_rowNumbers.forgetAll();
    // An error may have rolled back the whole transaction, and the savepoint with it.
    if (sqlite3_get_autocommit(m_database->native()))
        return;
    auto undone = m_database->prepare("ROLLBACK TO part").run();
    if (undone)
        undone = m_database->prepare("RELEASE part").run();
    if (!undone)
        qCWarning(lcSqlite, "undoing a savepoint failed: %s", name(undone.error().code));
}

Result<Done> Savepoint::release()
{
    Q_ASSERT_X(m_database, "Savepoint::release", "already ended");
    const auto released = m_database->prepare("RELEASE part").run();
    if (!released)
        return released.error();
    m_database = nullptr;
    return Done{};
}

} // namespace sotto
