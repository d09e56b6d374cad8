#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "tests/kit/fault_vfs.h"
#include "tests/kit/test_main.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace sotto {

using kit::Fault;
using kit::FaultVfs;

/// A table of numbers whose rows are written in transactions of ten: any number of rows that is not a multiple of ten
/// is a torn transaction.
class FaultTest : public QObject {
    Q_OBJECT

    static constexpr int kRowsPerTransaction = 10;
    FaultVfs m_disk;
    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_file;
    std::unique_ptr<Database> m_database;

    Result<Done> open()
    {
        const Bytes key(Database::kKeyBytes, 'k');
        Database::Options options;
        options.key = key;
        options.busyTimeout = Milliseconds(0);
        auto opened = Database::open(m_file, options);
        if (!opened)
            return opened.error();
        m_database = std::move(*opened);
        return m_database->execute("CREATE TABLE IF NOT EXISTS thing (n INTEGER PRIMARY KEY, b BLOB NOT NULL) STRICT");
    }
    Result<Done> writeTransaction()
    {
        auto transaction = Transaction::begin(*m_database);
        if (!transaction)
            return transaction.error();
        for (int i = 0; i < kRowsPerTransaction; ++i) {
            const auto inserted = m_database->prepare("INSERT INTO thing (b) VALUES (?)").with(Bytes(3000, 'x')).run();
            if (!inserted)
                return inserted.error();
        }
        return transaction->commit();
    }
    std::int64_t rows() { return m_database->prepare("SELECT count(*) FROM thing").number().valueOr(-1); }

private Q_SLOTS:
    void init()
    {
        m_disk.repair();
        m_directory = std::make_unique<QTemporaryDir>();
        m_file = m_directory->filePath(QStringLiteral("fault.db"));
        QVERIFY(open());
    }
    void cleanup() { m_database.reset(); }

    void T022_everyFailedWriteRollsBackAndARetryWorks_data()
    {
        QTest::addColumn<int>("fault");
        QTest::addColumn<int>("code");
        QTest::newRow("disk full") << int(Fault::DiskFull) << int(ErrorCode::DiskFull);
        QTest::newRow("I/O error") << int(Fault::InputOutput) << int(ErrorCode::InputOutput);
    }
    void T022_everyFailedWriteRollsBackAndARetryWorks()
    {
        QFETCH(int, fault);
        QFETCH(int, code);
        int failures = 0;
        std::int64_t expected = 0;
        for (int n = 1;; ++n) {
            m_disk.failWriteAfter(n, Fault(fault));
            const auto written = writeTransaction();
            const bool failed = m_disk.hasFailed();
            m_disk.repair();
            if (written) {
                // After the commit record is durable, a failing checkpoint is no failure of the transaction.
                expected += kRowsPerTransaction;
            } else {
                ++failures;
                QCOMPARE(int(written.error().code), code);
                QVERIFY(!m_database->isInTransaction());
            }
            QCOMPARE(rows(), expected);
            QVERIFY(writeTransaction());
            expected += kRowsPerTransaction;
            QCOMPARE(rows(), expected);
            if (!failed)
                break;
        }
        QVERIFY2(failures >= 5, qPrintable(QString::number(failures)));
        QVERIFY(m_database->verifyIntegrity());
    }
    void T022_aFailedSyncFailsTheCommit()
    {
        m_disk.failSyncAfter(1, Fault::InputOutput);
        const auto written = writeTransaction();
        QVERIFY(!written);
        QCOMPARE(written.error().code, ErrorCode::InputOutput);
        m_disk.repair();
        QCOMPARE(rows(), 0);
        QVERIFY(writeTransaction());
        QCOMPARE(rows(), kRowsPerTransaction);
    }
    void T022_aBusyDatabaseIsToldApart()
    {
        m_disk.failLockAfter(1);
        const auto busy = writeTransaction();
        QVERIFY(!busy);
        QCOMPARE(busy.error().code, ErrorCode::Busy);
        m_disk.repair();
        QVERIFY(writeTransaction());
        QCOMPARE(rows(), kRowsPerTransaction);
    }
    void T020_aKillAtAnyWritePointLosesNoCommittedTransaction()
    {
        m_database.reset();
        int kills = 0;
        for (int point = 1; point <= 300; point += point < 30 ? 1 : 9) {
            m_directory = std::make_unique<QTemporaryDir>();
            m_file = m_directory->filePath(QStringLiteral("killed.db"));
            QProcess writer;
            writer.start(QCoreApplication::applicationDirPath() + QStringLiteral("/sqlite_helper"),
                         {QStringLiteral("write"), m_file, QString::number(point)});
            QVERIFY(writer.waitForFinished());
            kills += writer.exitStatus() == QProcess::CrashExit ? 1 : 0;
            const QList<QByteArray> lines = writer.readAllStandardOutput().trimmed().split('\n');
            const std::int64_t reported = lines.last().toInt();
            QVERIFY(open());
            QVERIFY(m_database->verifyIntegrity());
            QVERIFY(rows() == reported || rows() == reported + kRowsPerTransaction);
            m_database.reset();
        }
        QVERIFY2(kills >= 55, qPrintable(QString::number(kills)));
    }
    void T024_aPowerCutLosesNoCommittedTransaction()
    {
        std::int64_t committed = 0;
        for (std::uint64_t seed = 0; seed < 30; ++seed) {
            QVERIFY(writeTransaction());
            committed += kRowsPerTransaction;
            // Something is under way, or folded back into the file, when the power goes.
            if (seed % 3 == 0)
                QVERIFY(m_database->checkpoint());
            m_disk.failWriteAfter(int(seed % 11) + 1, Fault::InputOutput);
            if (writeTransaction())
                committed += kRowsPerTransaction;
            m_disk.cutPower();
            m_database.reset();
            m_disk.restorePower(seed == 0 ? std::nullopt : std::optional(seed));
            QFile::remove(m_file + QStringLiteral("-shm")); // shared memory does not survive
            const auto reopened = open();
            QVERIFY2(reopened, reopened ? "" : qPrintable(reopened.error().detail));
            QVERIFY(m_database->verifyIntegrity());
            // The one under way may be there or not, but whole.
            QVERIFY2(rows() == committed || rows() == committed + kRowsPerTransaction,
                     qPrintable(QStringLiteral("%1 of %2").arg(rows()).arg(committed)));
            committed = rows();
        }
    }
    void T024_withoutSyncATransactionCanBeLost()
    {
        // The test above can fail: with synchronous = NORMAL the commit is not durable.
        QVERIFY(m_database->checkpoint());
        QVERIFY(m_database->execute("PRAGMA synchronous = NORMAL"));
        QVERIFY(writeTransaction());
        m_disk.cutPower();
        m_database.reset();
        m_disk.restorePower();
        QFile::remove(m_file + QStringLiteral("-shm"));
        QVERIFY(open());
        QCOMPARE(rows(), 0);
    }
};

SOTTO_TEST(FaultTest)

} // namespace sotto

#include "fault_test.moc"
