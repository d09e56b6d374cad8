#include "core/client/schema.h"
#include "core/client/text_index.h"
#include "core/search/search_query.h"
#include "core/sqlite/database.h"
#include "core/storage/migrations.h"
#include "tests/kit/test_main.h"

#include <QCoreApplication>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <random>

namespace sotto {

class MigrationTest : public QObject {
    Q_OBJECT

    static constexpr int kKills = 25;
    static constexpr int kMessagesPerBatch = 2000;
    static constexpr unsigned kWritePoints = 400; ///< a few batches
    static constexpr int kLongMs = 600'000;
    QTemporaryDir m_directory;
    QString m_file = m_directory.filePath(QStringLiteral("old.db"));
    int m_messages = qEnvironmentVariableIntValue("SOTTO_MIGRATION_MESSAGES");

    static QString helper() { return QCoreApplication::applicationDirPath() + QStringLiteral("/migration_helper"); }
    Result<std::unique_ptr<Database>> open() const
    {
        const Bytes key(Database::kKeyBytes, 'k');
        Database::Options options;
        options.key = key;
        return Database::open(m_file, options);
    }
    /// How many messages the index has, which is filled from the newest one on; 0 before it is begun.
    std::int64_t indexed(Database &database) const
    {
        const auto left = database
                              .prepare("SELECT coalesce(max(CAST(value AS INTEGER)), ? + 1) FROM setting"
                                       " WHERE name = 'migration.search_before'")
                              .with(m_messages)
                              .number();
        return left ? m_messages + 1 - *left : -1;
    }
    /// Migrates in another process that is killed before its write point `killAt`, or here when it has said `batches`
    /// lines. Whether it finished before.
    bool migrateAndKill(int batches, int killAt)
    {
        QProcess process;
        process.start(helper(), {QStringLiteral("migrate"), m_file, QString::number(killAt)});
        for (int lines = 0; lines < batches;) {
            if (!process.canReadLine() && !process.waitForReadyRead(kLongMs))
                break;
            while (process.canReadLine() && lines < batches) {
                if (process.readLine() == "done\n")
                    return process.waitForFinished(kLongMs);
                ++lines;
            }
        }
        process.kill();
        process.waitForFinished(kLongMs);
        return false;
    }

private Q_SLOTS:
    void initTestCase()
    {
        if (m_messages == 0)
            m_messages = 1'000'000;
        QProcess maker;
        maker.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        maker.start(helper(), {QStringLiteral("make"), m_file, QString::number(m_messages)});
        QVERIFY(maker.waitForFinished(kLongMs));
        QCOMPARE(maker.exitCode(), 0);
    }
    void T182_aMillionMessagesSurviveKillsDuringMigration()
    {
        std::mt19937 random(182);
        const int batches = m_messages / kMessagesPerBatch;
        int version = 0;
        std::int64_t progress = 0;
        for (int kill = 0; kill < kKills; ++kill) {
            // Between two batches, or at any write inside one.
            const bool between = kill % 2 == 0;
            const int lines = between ? int(random() % unsigned(std::max(1, batches / kKills))) : batches;
            QVERIFY(!migrateAndKill(lines, between ? 0 : 1 + int(random() % kWritePoints)));
            const auto database = open();
            QVERIFY(database);
            const int now = (*database)->schemaVersion().valueOr(-1);
            QVERIFY(now >= version && now < 2);
            QVERIFY(indexed(**database) >= progress);
            progress = indexed(**database);
            version = now;
            QCOMPARE((*database)->prepare("SELECT count(*) FROM message").number().valueOr(-1), m_messages);
        }
        QVERIFY(progress > 0 && progress < m_messages);
        QVERIFY(migrateAndKill(batches + 10, 0)); // the rest, to the end
    }
    void T182_theLiftedFileIsWhole()
    {
        const auto database = open();
        QVERIFY(database);
        QCOMPARE((*database)->schemaVersion().valueOr(-1), clientMigrations().back().version);
        QCOMPARE((*database)->prepare("SELECT count(*) FROM message").number().valueOr(-1), m_messages);
        QVERIFY((*database)->execute("INSERT INTO message_search(message_search) VALUES ('integrity-check')"));
        MessageRepository messages(**database, nullptr);
        MessageTexts texts(messages);
        const SearchIndex index(**database);
        std::mt19937 random(1);
        for (int i = 0; i < 200; ++i) {
            const int number = 1 + int(random() % unsigned(m_messages));
            const auto query = SearchQuery::parse(QStringLiteral("number%1.").arg(number));
            const auto found = index.find(query, SearchLimits{.candidates = m_messages}, texts);
            QVERIFY(found);
            QCOMPARE(found->rows, std::vector<std::int64_t>{number}); // indexed, and once
        }
    }
    void T182_theLiftedSchemaIsThatOfAFreshFile()
    {
        const auto objectsOf = [](Database &database) {
            return database.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
                .collect([](Row &row) { return row.text(0); });
        };
        const auto lifted = open();
        QVERIFY(lifted);
        const auto fresh = Database::open(m_directory.filePath(QStringLiteral("fresh.db")), {});
        QVERIFY(fresh);
        QVERIFY(migrate(**fresh, clientMigrations()));
        const auto expected = objectsOf(**fresh);
        const auto actual = objectsOf(**lifted);
        QVERIFY(expected && actual);
        QCOMPARE(*actual, *expected);
    }
    void T182_aDowngradeIsRefused()
    {
        const auto database = open();
        QVERIFY(database);
        const Migration before[] = {clientMigrations().front()}; // as an older version would do
        const auto refused = migrate(**database, before);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::NewerSchema);
    }
};

SOTTO_TEST(MigrationTest)

} // namespace sotto

#include "migration_test.moc"
