#include "core/sqlite/database.h"
#include "core/sqlite/native.h"
#include "tests/kit/test_main.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace sotto {

class CipherLibraryTest : public QObject {
    Q_OBJECT

    static QByteArray runHelper(const QString &file, const QString &preload)
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        if (!preload.isEmpty()) {
            environment.insert(QStringLiteral("LD_PRELOAD"), preload);
            // AddressSanitizer wants to be the first library; a plain build does not know the variable.
            environment.insert(QStringLiteral("ASAN_OPTIONS"), QStringLiteral("verify_asan_link_order=0"));
        }
        process.setProcessEnvironment(environment);
        process.start(QCoreApplication::applicationDirPath() + QStringLiteral("/sqlite_helper"),
                      {QStringLiteral("open"), file});
        process.waitForFinished();
        return process.readAllStandardOutput().trimmed();
    }
    static QString plainLibrary()
    {
        const QStringList folders{QStringLiteral("/usr/lib/x86_64-linux-gnu"),
                                  QStringLiteral("/usr/lib/aarch64-linux-gnu"), QStringLiteral("/lib/x86_64-linux-gnu"),
                                  QStringLiteral("/usr/lib64"), QStringLiteral("/usr/lib")};
        for (const QString &folder : folders) {
            const QString path = folder + QStringLiteral("/libsqlite3.so.0");
            if (QFileInfo::exists(path))
                return path;
        }
        return {};
    }
    QTemporaryDir m_directory;

private Q_SLOTS:
    void T171_startsWithTheCipherLibrary()
    {
        QCOMPARE(runHelper(m_directory.filePath(QStringLiteral("right.db")), {}), "opened");
    }
    void T171_refusesWhenPlainSqliteIsPreloaded()
    {
        const QString library = plainLibrary();
        QVERIFY2(!library.isEmpty(), "packaging/setup.sh installs libsqlite3-0 for this test");
        const QString file = m_directory.filePath(QStringLiteral("preloaded.db"));
        QCOMPARE(runHelper(file, library), "not_encrypted");
        QCOMPARE(QFileInfo(file).size(), 0);
    }
    void T171_knowsWhichVersionsToRefuse_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::addColumn<bool>("isKnown");
        const auto row = [](const char *answer, bool isKnown) {
            QTest::newRow(*answer ? answer : "nothing") << QByteArray(answer) << isKnown;
        };
        row("", false); // plain SQLite
        row("3.4.2", false);
        row("3.15.0", false);
        row("4.0.0 community", false);
        row("4.5.7 community", false);
        row("4.5.99 enterprise", false);
        row("community 4.6.0", false);
        row("-4.6.0", false);
        row("4.6.0 community", true);
        row("4.6.1 community", true);
        row("4.10.0 community", true); // numbers, not text
        row("5.0.0", true);
    }
    void T171_knowsWhichVersionsToRefuse()
    {
        QFETCH(QByteArray, answer);
        QFETCH(bool, isKnown);
        QCOMPARE(native::isKnownCipher(answer), isKnown);
    }
    void T171_refusesAFileThatIsNotEncrypted()
    {
        const QString file = m_directory.filePath(QStringLiteral("plain.db"));
        {
            const auto plain = Database::open(file, {});
            QVERIFY(plain);
            QVERIFY((*plain)->execute("CREATE TABLE secret (text TEXT NOT NULL) STRICT"));
        }
        const QByteArray before = [&] {
            QFile f(file);
            return f.open(QIODevice::ReadOnly) ? f.readAll() : QByteArray();
        }();
        const Bytes key(Database::kKeyBytes, 'k');
        Database::Options options;
        options.key = key;
        const auto refused = Database::open(file, options);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::NotEncrypted);
        QFile f(file);
        QVERIFY(f.open(QIODevice::ReadOnly));
        QCOMPARE(f.readAll(), before);
    }
};

SOTTO_TEST(CipherLibraryTest)

} // namespace sotto

#include "cipher_library_test.moc"
