#include "core/sqlite/database.h"

#include "core/sqlite/transaction.h"
#include "tests/kit/test_main.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>
#include <sys/stat.h>

namespace sotto {

class DatabaseTest : public QObject {
    Q_OBJECT

    static constexpr char kSecret[] = "the words nobody may find in the file";

    static Result<std::unique_ptr<Database>> openWith(const QString &file, char keyByte,
                                                      Database::Mode mode = Database::Mode::Writer)
    {
        const Bytes key(Database::kKeyBytes, keyByte);
        Database::Options options;
        options.key = key;
        options.mode = mode;
        options.busyTimeout = Milliseconds(0);
        return Database::open(file, options);
    }
    static Bytes contentOf(const QString &file)
    {
        QFile f(file);
        return f.open(QIODevice::ReadOnly) ? f.readAll() : Bytes();
    }
    static void writeSecret(Database &database)
    {
        QVERIFY(database.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"));
        QVERIFY(database.prepare("INSERT INTO note (text) VALUES (?)").with(QString::fromLatin1(kSecret)).run());
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_file;

private Q_SLOTS:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        m_file = m_directory->filePath(QStringLiteral("profile/sotto.db"));
    }

    void keepsItsContentUnderTheSameKeyAndRefusesAnother()
    {
        {
            const auto database = openWith(m_file, 'a');
            QVERIFY(database);
            writeSecret(**database);
        }
        const Bytes content = contentOf(m_file);
        QVERIFY(content.size() > 0);
        QVERIFY(!content.contains(kSecret));
        QVERIFY(!content.startsWith("SQLite format 3"));

        const auto wrong = openWith(m_file, 'b');
        QVERIFY(!wrong);
        QCOMPARE(wrong.error().code, ErrorCode::WrongKey);
        QCOMPARE(contentOf(m_file), content);

        const auto again = openWith(m_file, 'a');
        QVERIFY(again);
        const auto text = (*again)->prepare("SELECT text FROM note").first([](Row &row) { return row.text(0); });
        QVERIFY(text);
        QCOMPARE(text->value(), QString::fromLatin1(kSecret));
    }
    void anEncryptedFileDoesNotOpenWithoutKey()
    {
        {
            const auto database = openWith(m_file, 'a');
            QVERIFY(database);
            writeSecret(**database);
        }
        const auto refused = Database::open(m_file, {});
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::WrongKey);
    }
    void theRelayOpensWithoutKey()
    {
        const auto database = Database::open(m_file, {});
        QVERIFY(database);
        writeSecret(**database);
        QVERIFY((*database)->checkpoint());
        QVERIFY(contentOf(m_file).startsWith("SQLite format 3"));
    }
    void aKeyOfAnotherLengthIsRefused()
    {
        const Bytes key(16, 'k');
        Database::Options options;
        options.key = key;
        const auto refused = Database::open(m_file, options);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
    }
    void neverCreatingFindsNothing()
    {
        Database::Options options;
        options.create = Database::Create::Never;
        const auto refused = Database::open(m_file, options);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::NotFound);
    }
    void theOpenChecklistHolds()
    {
        const auto database = openWith(m_file, 'a');
        QVERIFY(database);
        const auto number = [&](const char *sql) { return (*database)->prepare(sql).number().valueOr(-1); };
        QCOMPARE(number("PRAGMA synchronous"), 2);
        QCOMPARE(number("PRAGMA secure_delete"), 1);
        QCOMPARE(number("PRAGMA temp_store"), 2);
        QCOMPARE(number("PRAGMA foreign_keys"), 1);
        QCOMPARE(number("PRAGMA trusted_schema"), 0);
        QCOMPARE(number("PRAGMA cell_size_check"), 1);
        const auto mode = (*database)->prepare("PRAGMA journal_mode").first([](Row &row) { return row.text(0); });
        QVERIFY(mode);
        QCOMPARE(mode->value(), QStringLiteral("wal"));
        const auto mapped = (*database)->prepare("PRAGMA mmap_size").first([](Row &row) { return row.integer(0); });
        QVERIFY(mapped);
        QCOMPARE(mapped->value_or(0), 0);
    }
    void onlyTheOwnerCanReadTheFiles()
    {
        const auto database = openWith(m_file, 'a');
        QVERIFY(database);
        writeSecret(**database);
        const auto modeOf = [](const QString &path) {
            struct stat status;
            return ::stat(path.toLocal8Bit().constData(), &status) == 0 ? int(status.st_mode & 0777) : -1;
        };
        QCOMPARE(modeOf(QFileInfo(m_file).path()), 0700);
        QCOMPARE(modeOf(m_file), 0600);
        QCOMPARE(modeOf(m_file + QStringLiteral("-wal")), 0600);
        QCOMPARE(modeOf(m_file + QStringLiteral("-shm")), 0600);
    }
    void aReaderSeesCommitsAndCannotWrite()
    {
        const auto writer = openWith(m_file, 'a');
        QVERIFY(writer);
        writeSecret(**writer);
        const auto reader = openWith(m_file, 'a', Database::Mode::Reader);
        QVERIFY(reader);
        QCOMPARE((*reader)->prepare("SELECT count(*) FROM note").number().valueOr(-1), 1);
        const auto written = (*reader)->prepare("DELETE FROM note").run();
        QVERIFY(!written);
        QCOMPARE(written.error().code, ErrorCode::NotPermitted);
    }
    void aSecondWriterIsBusy()
    {
        const auto first = openWith(m_file, 'a');
        const auto second = openWith(m_file, 'a');
        QVERIFY(first && second);
        const auto held = Transaction::begin(**first);
        QVERIFY(held);
        const auto refused = Transaction::begin(**second);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Busy);
    }
    void integrityCheckFindsAChangedByte()
    {
        {
            const auto database = openWith(m_file, 'a');
            QVERIFY(database);
            writeSecret(**database);
            QVERIFY((*database)->verifyIntegrity());
        }
        {
            QFile f(m_file);
            QVERIFY(f.open(QIODevice::ReadWrite));
            QVERIFY(f.seek(f.size() - 2000)); // inside the last page
            QVERIFY(f.putChar('!'));
        }
        const auto database = openWith(m_file, 'a');
        QVERIFY(database);
        const auto verified = (*database)->verifyIntegrity();
        QVERIFY(!verified);
        QCOMPARE(verified.error().code, ErrorCode::Corrupt);
    }
    void checkpointLeavesNoDeletedTextBehind()
    {
        const auto database = Database::open(m_file, {}); // plain, so that the file can be searched
        QVERIFY(database);
        writeSecret(**database);
        QVERIFY(contentOf(m_file + QStringLiteral("-wal")).contains(kSecret));
        QVERIFY((*database)->prepare("DELETE FROM note").run());
        QVERIFY((*database)->checkpoint());
        QVERIFY(!contentOf(m_file).contains(kSecret));
        QCOMPARE(contentOf(m_file + QStringLiteral("-wal")).size(), 0);
    }
};

SOTTO_TEST(DatabaseTest)

} // namespace sotto

#include "database_test.moc"
