// Version 3 on files of version 2, with a kill at every write point.
#include "core/client/schema.h"
#include "core/sqlite/database.h"
#include "tests/kit/test_main.h"

#include <QCoreApplication>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace sotto {

class ConversationTablesTest : public QObject {
    Q_OBJECT

    static constexpr int kVersionBefore = 2;
    QTemporaryDir m_directory;

    QString path(const QString &name) const { return m_directory.filePath(name); }
    static Result<std::unique_ptr<Database>> open(const QString &path)
    {
        return Database::open(path, {.key = Bytes(Database::kKeyBytes, 'k')});
    }
    /// A file as the version before wrote it, with a row in every table that gets columns.
    static bool writeOldFile(const QString &path)
    {
        const auto database = open(path);
        return database && migrate(**database, clientMigrations().first(kVersionBefore))
            && (*database)->execute(
                "INSERT INTO account (account_id) VALUES (zeroblob(32)), (randomblob(32));"
                "INSERT INTO relay VALUES (1, zeroblob(32), NULL, 'Home', 1, 2, 3);"
                "INSERT INTO log_pin VALUES (2, 1, 4, zeroblob(32), 1);"
                "INSERT INTO contact VALUES (2, 3, 50, 'bob', 'Bob', '', x'', zeroblob(32), 2);"
                "INSERT INTO conversation VALUES (1, zeroblob(32), 2, 60, 1, 1, 70, 0, 1, 0, 'draft');"
                "INSERT INTO message VALUES (1, 1, 2, 7, zeroblob(16), 5, 80, 90, 0, 3, 'words');"
                "INSERT INTO stream VALUES (1, 2, 7, 1, 5, NULL, 90, 4);"
                "INSERT INTO gap VALUES (1, 2, 7, 2, 3, 95, NULL);"
                "INSERT INTO outbox VALUES (1, 1, 2, NULL, 1, zeroblob(16), x'01', zeroblob(16), 99, 0, 99, NULL, "
                "NULL)");
    }
    static QString everything(Database &database)
    {
        const auto row =
            database
                .prepare("SELECT r.name || r.last_submit_seq || r.credible_ms || p.version || p.verified || p.hold"
                         " || (p.known_root IS NULL) || c.name || c.stranger_messages || c.asked_ms || v.timer_s"
                         " || v.draft || v.timer_revision || v.marked_unread || m.text || m.flags || s.read_counter"
                         " || s.read_ms || length(s.read_missing) || g.last || g.tries || (g.lost IS NULL)"
                         " || o.created_ms || o.purpose || (o.only_device IS NULL)"
                         " FROM relay AS r, log_pin AS p, contact AS c, conversation AS v, message AS m, stream AS s,"
                         " gap AS g, outbox AS o")
                .first([](Row &found) { return found.text(0); });
        return row && *row ? **row : QString();
    }

private Q_SLOTS:
    void T182_whatWasThereStaysWhenConversationsGetTheirTables()
    {
        const QString file = path(QStringLiteral("old.db"));
        QVERIFY(writeOldFile(file));
        const auto database = open(file);
        QVERIFY(database);
        QCOMPARE((*database)->schemaVersion().value(), kVersionBefore);
        QVERIFY(migrate(**database, clientMigrations()));
        QCOMPARE((*database)->schemaVersion().value(), clientMigrations().back().version);
        QCOMPARE(everything(**database), QStringLiteral("Home304101Bob2060draft00words04003019901"));
        QVERIFY((*database)->execute("PRAGMA foreign_key_check"));
        QVERIFY((*database)->execute("INSERT INTO message_search(message_search) VALUES ('integrity-check')"));
    }
    void T182_aKillAtAnyWriteLeavesTheOldFileOrTheNewOne()
    {
        const QString whole = path(QStringLiteral("whole.db"));
        QVERIFY(writeOldFile(whole));
        const QString helper = QCoreApplication::applicationDirPath() + QStringLiteral("/migration_helper");
        int kills = 0;
        for (bool finished = false; !finished; ++kills) {
            QVERIFY(kills < 500);
            const QString file = path(QStringLiteral("killed-%1.db").arg(kills));
            QVERIFY(QFile::copy(whole, file));
            QProcess process;
            process.start(helper, {QStringLiteral("migrate"), file, QString::number(kills + 1)});
            QVERIFY(process.waitForFinished());
            finished = process.exitStatus() == QProcess::NormalExit;
            const auto database = open(file);
            QVERIFY(database);
            const int version = (*database)->schemaVersion().value();
            QVERIFY(version == kVersionBefore || version == clientMigrations().back().version);
            QVERIFY(migrate(**database, clientMigrations()));
            QCOMPARE(
                (*database)->prepare("SELECT text FROM message").first([](Row &row) { return row.text(0); }).value(),
                std::optional(QStringLiteral("words")));
        }
        QVERIFY(kills > 5);
    }
};

SOTTO_TEST(ConversationTablesTest)

} // namespace sotto

#include "conversation_tables_test.moc"
