#include "core/sqlite/transaction.h"

#include "core/sqlite/database.h"
#include "tests/kit/test_main.h"

#include <QTemporaryDir>
#include <QTest>

namespace sotto {

class TransactionTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_directory;
    std::unique_ptr<Database> m_database;

    bool insert(int n) { return bool(m_database->prepare("INSERT INTO thing (n) VALUES (?)").with(n).run()); }
    std::int64_t count() { return m_database->prepare("SELECT count(*) FROM thing").number().valueOr(-1); }

private Q_SLOTS:
    void init()
    {
        static int count = 0;
        auto opened = Database::open(m_directory.filePath(QStringLiteral("%1.db").arg(++count)), {});
        QVERIFY(opened);
        m_database = std::move(*opened);
        QVERIFY(m_database->execute("CREATE TABLE thing (n INTEGER PRIMARY KEY) STRICT"));
    }
    void cleanup() { m_database.reset(); }

    void leavingTheScopeRollsBack()
    {
        {
            const auto transaction = Transaction::begin(*m_database);
            QVERIFY(transaction);
            QVERIFY(m_database->isInTransaction());
            QVERIFY(insert(1));
        }
        QVERIFY(!m_database->isInTransaction());
        QCOMPARE(count(), 0);
    }
    void commitKeeps()
    {
        {
            auto transaction = Transaction::begin(*m_database);
            QVERIFY(transaction);
            QVERIFY(insert(1));
            QVERIFY(transaction->commit());
            QVERIFY(!m_database->isInTransaction());
        }
        QCOMPARE(count(), 1);
    }
    void aReadTransactionSeesOneSnapshot()
    {
        QVERIFY(insert(1));
        Database::Options options;
        options.mode = Database::Mode::Reader;
        const auto reader = Database::open(m_database->path(), options);
        QVERIFY(reader);
        const auto readerCount = [&] { return (*reader)->prepare("SELECT count(*) FROM thing").number().valueOr(-1); };
        {
            const auto snapshot = Transaction::begin(**reader, Transaction::Kind::Read);
            QVERIFY(snapshot);
            QCOMPARE(readerCount(), 1);
            QVERIFY(insert(2));
            QCOMPARE(readerCount(), 1);
        }
        QCOMPARE(readerCount(), 2);
    }
    void aSavepointUndoesItsPartAlone()
    {
        auto transaction = Transaction::begin(*m_database);
        QVERIFY(transaction);
        QVERIFY(insert(1));
        {
            const auto lost = Savepoint::begin(*m_database);
            QVERIFY(lost);
            QVERIFY(insert(2));
        }
        {
            auto kept = Savepoint::begin(*m_database);
            QVERIFY(kept);
            QVERIFY(insert(3));
            {
                const auto inner = Savepoint::begin(*m_database);
                QVERIFY(inner);
                QVERIFY(insert(4));
            }
            QVERIFY(kept->release());
        }
        QVERIFY(transaction->commit());
        const auto all =
            m_database->prepare("SELECT n FROM thing ORDER BY n").collect([](Row &row) { return row.integer(0); });
        QVERIFY(all);
        QCOMPARE(*all, (std::vector<std::int64_t>{1, 3}));
    }
    void aFailedStatementLeavesTheRestToBeUndone()
    {
        {
            const auto transaction = Transaction::begin(*m_database);
            QVERIFY(transaction);
            QVERIFY(insert(1));
            QVERIFY(!insert(1));
        }
        QCOMPARE(count(), 0);
        auto next = Transaction::begin(*m_database);
        QVERIFY(next);
        QVERIFY(insert(1));
        QVERIFY(next->commit());
    }
};

SOTTO_TEST(TransactionTest)

} // namespace sotto

#include "transaction_test.moc"
