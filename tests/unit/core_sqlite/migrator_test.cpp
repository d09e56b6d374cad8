#include "core/sqlite/migrator.h"

#include "core/sqlite/database.h"
#include "tests/kit/test_main.h"

#include <QTemporaryDir>
#include <QTest>

namespace sotto {

namespace {

constexpr int kRows = 10;
bool s_failTheThirdBatch = false;

Result<MigrationProgress> createThings(Database &database)
{
    const auto created = database.execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, doubled INTEGER) STRICT");
    if (!created)
        return created.error();
    for (int i = 1; i <= kRows; ++i) {
        const auto inserted = database.prepare("INSERT INTO thing (id) VALUES (?)").with(i).run();
        if (!inserted)
            return inserted.error();
    }
    return MigrationProgress::Finished;
}

/// Three rows a batch; its progress is what it has filled in.
Result<MigrationProgress> doubleThings(Database &database)
{
    const auto done = database.prepare("SELECT count(doubled) FROM thing").number();
    if (!done)
        return done.error();
    const auto changed = database
                             .prepare("UPDATE thing SET doubled = 2 * id WHERE id IN"
                                      " (SELECT id FROM thing WHERE doubled IS NULL ORDER BY id LIMIT 3)")
                             .run();
    if (!changed)
        return changed.error();
    if (s_failTheThirdBatch && *done >= 6)
        return ErrorCode::DiskFull;
    return *changed == 0 ? MigrationProgress::Finished : MigrationProgress::MoreToDo;
}

constexpr Migration kList[] = {{1, createThings}, {4, doubleThings}};
static_assert(versionsStrictlyIncrease(kList));
constexpr Migration kWrongList[] = {{2, createThings}, {2, doubleThings}};
static_assert(!versionsStrictlyIncrease(kWrongList));

} // namespace

class MigratorTest : public QObject {
    Q_OBJECT
    QTemporaryDir m_directory;
    std::unique_ptr<Database> m_database;

private Q_SLOTS:
    void init()
    {
        static int count = 0;
        s_failTheThirdBatch = false;
        auto opened = Database::open(m_directory.filePath(QStringLiteral("%1.db").arg(++count)), {});
        QVERIFY(opened);
        m_database = std::move(*opened);
    }
    void cleanup() { m_database.reset(); }

    void liftsANewFileToTheLastVersion()
    {
        QVERIFY(migrate(*m_database, kList));
        QCOMPARE(m_database->schemaVersion().valueOr(-1), 4);
        QCOMPARE(m_database->prepare("SELECT sum(doubled) FROM thing").number().valueOr(-1), 110);
        QVERIFY(migrate(*m_database, kList)); // nothing left to do
    }
    void resumesWhereABatchFailed()
    {
        s_failTheThirdBatch = true;
        const auto failed = migrate(*m_database, kList);
        QVERIFY(!failed);
        QCOMPARE(failed.error().code, ErrorCode::DiskFull);
        QCOMPARE(m_database->schemaVersion().valueOr(-1), 1);
        QCOMPARE(m_database->prepare("SELECT count(doubled) FROM thing").number().valueOr(-1), 6);
        s_failTheThirdBatch = false;
        QVERIFY(migrate(*m_database, kList));
        QCOMPARE(m_database->prepare("SELECT sum(doubled) FROM thing").number().valueOr(-1), 110);
    }
    void T182_aNewerFileIsRefusedUntouched()
    {
        QVERIFY(m_database->setSchemaVersion(5));
        const auto refused = migrate(*m_database, kList);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::NewerSchema);
        QCOMPARE(m_database->schemaVersion().valueOr(-1), 5);
        QCOMPARE(m_database->prepare("SELECT count(*) FROM sqlite_schema").number().valueOr(-1), 0);
    }
};

SOTTO_TEST(MigratorTest)

} // namespace sotto

#include "migrator_test.moc"
