#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

namespace sotto {

class SchemaTest : public QObject {
    Q_OBJECT

    static QString documentation()
    {
        QFile file(qEnvironmentVariable("SOTTO_SOURCE_DIR") + QStringLiteral("/core/docs/schema.sql"));
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    }
    /// Without comments and with single blanks, so that only what SQLite sees is compared.
    static QString normalised(QString sql)
    {
        static const QRegularExpression comment(QStringLiteral("--[^\n]*"));
        static const QRegularExpression beforeBracket(QStringLiteral("\\s+\\)"));
        return sql.remove(comment)
            .simplified()
            .replace(beforeBracket, QStringLiteral(")"))
            .replace(QStringLiteral("( "), QStringLiteral("("))
            .replace(QStringLiteral(" ,"), QStringLiteral(",")); // as ALTER TABLE writes it
    }
    static std::map<QString, QString> objectsOf(Database &database)
    {
        const auto rows = database
                              .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE"
                                       " 'sqlite_%'")
                              .collect([](Row &row) { return std::pair(row.text(0), normalised(row.text(1))); });
        return rows ? std::map<QString, QString>(rows->begin(), rows->end()) : std::map<QString, QString>();
    }

private Q_SLOTS:
    void theDocumentedSchemaIsWhatTheMigrationsMake()
    {
        const StorageFixture made;
        QTemporaryDir directory;
        const auto documented = Database::open(directory.filePath(QStringLiteral("documented.db")), {});
        QVERIFY(documented);
        const auto executed = (*documented)->execute(documentation().toUtf8().constData());
        QVERIFY2(executed, executed ? "" : qPrintable(executed.error().detail));
        const auto fromDocument = objectsOf(**documented);
        const auto fromMigrations = objectsOf(*made.database);
        QVERIFY(fromMigrations.size() > 20);
        for (const auto &[name, sql] : fromMigrations) {
            QVERIFY2(fromDocument.count(name), qPrintable(name + QStringLiteral(" is not documented")));
            QCOMPARE(fromDocument.at(name), sql);
        }
        QCOMPARE(fromDocument.size(), fromMigrations.size());
    }
    void everyColumnIsExplained()
    {
        static const QRegularExpression column(QStringLiteral("^    ([a-z_]+) (INTEGER|TEXT|BLOB|REAL)\\b"));
        int columns = 0;
        const QStringList lines = documentation().split(u'\n');
        for (const QString &line : lines) {
            const auto match = column.match(line);
            if (!match.hasMatch())
                continue;
            ++columns;
            const qsizetype comment = line.indexOf(QStringLiteral("-- "));
            QVERIFY2(comment > 0 && line.size() > comment + 5, qPrintable(line));
        }
        StorageFixture made;
        const auto inTables = made.database
                                  ->prepare("SELECT count(*) FROM sqlite_schema AS s, pragma_table_info(s.name)"
                                            " WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%'")
                                  .number();
        QVERIFY(inTables);
        QCOMPARE(*inTables, columns);
    }
    void everyTableIsStrict()
    {
        StorageFixture made;
        const auto loose = made.database
                               ->prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0"
                                         " AND name NOT LIKE 'sqlite_%'")
                               .collect([](Row &row) { return row.text(0); });
        QVERIFY(loose);
        QCOMPARE(*loose, std::vector<QString>());
    }
    void theHotQueriesUseAnIndex_data()
    {
        QTest::addColumn<QString>("sql");
        QTest::newRow("page") << QStringLiteral("SELECT id FROM message WHERE conversation = 1 AND sort_ms <= 9"
                                                " ORDER BY sort_ms DESC LIMIT 50");
        QTest::newRow("find") << QStringLiteral("SELECT text FROM message WHERE conversation = 1 AND sender = 1"
                                                " AND inner_id = x'00'");
        QTest::newRow("dedupe") << QStringLiteral("SELECT seen_day FROM seen_ciphertext WHERE hash = x'00'");
        QTest::newRow("session") << QStringLiteral("SELECT record FROM session WHERE account = 1 AND device = 1");
        QTest::newRow("outbox of a message") << QStringLiteral("SELECT id FROM outbox WHERE message = 1");
        QTest::newRow("answer under way") << QStringLiteral("SELECT 1 FROM outbox WHERE purpose IN (1, 2) AND"
                                                            " recipient = 1 AND only_device = 1 AND inner_id = x'00'"
                                                            " AND purpose = 1");
        QTest::newRow("outbox of a chat") << QStringLiteral("SELECT id FROM outbox WHERE conversation = 1 AND id < 9");
    }
    void theHotQueriesUseAnIndex()
    {
        QFETCH(QString, sql);
        StorageFixture made;
        const auto plan = made.database->prepare("EXPLAIN QUERY PLAN " + sql.toStdString()).collect([](Row &row) {
            return row.text(3);
        });
        QVERIFY(plan);
        for (const QString &line : *plan)
            QVERIFY2(line.startsWith(QStringLiteral("SEARCH")), qPrintable(line));
    }
};

SOTTO_TEST(SchemaTest)

} // namespace sotto

#include "schema_test.moc"
