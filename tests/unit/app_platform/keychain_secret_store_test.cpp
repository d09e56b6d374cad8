#include "app/platform/keychain_secret_store.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/test_main.h"

#include <QDirIterator>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

namespace sotto {

namespace {
const QString kAccount = QStringLiteral("profile-test");
constexpr char kSecret[] = "a secret that must stay out of every file";
} // namespace

/// No keychain runs where the tests do: that is what is played here. The person's own is never touched.
class KeychainSecretStoreTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;
    kit::FakeClock m_clock;

    void hasNoSecretInAnyFile()
    {
        for (QDirIterator it(m_home.path(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories); it.hasNext();) {
            QFile file(it.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray content = file.readAll();
            QVERIFY(!content.contains(kSecret));
            QVERIFY(!content.contains(QByteArray(kSecret).toBase64()));
            QVERIFY(!content.contains(QByteArray(kSecret).toHex()));
        }
    }
    /// Waits for the task; virtual time passes whenever the store waits for it.
    template <class T> void finish(const Task<T> &task)
    {
        QTRY_VERIFY_WITH_TIMEOUT((m_clock.advance(KeychainSecretStore::kPause), task.isFinished()), 20'000);
    }

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(initialisePrimitives());
        for (const char *variable : {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"})
            qputenv(variable, m_home.path().toLocal8Bit());
        qunsetenv("XDG_CURRENT_DESKTOP");
        qunsetenv("KDE_FULL_SESSION");
        qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    }

    void T174_withoutSessionBusItIsUnsupportedAtOnce()
    {
        QVERIFY(!KeychainSecretStore::isAvailable());
        KeychainSecretStore store(m_clock);
        const auto read = store.read(kAccount);
        QVERIFY(read.isFinished());
        QCOMPARE(read.result().error().code, ErrorCode::Unsupported);
        const auto write = store.write(kAccount, SecretBytes::copyOf(kSecret));
        QVERIFY(write.isFinished());
        QCOMPARE(write.result().error().code, ErrorCode::Unsupported);
        const auto removed = store.remove(kAccount);
        QVERIFY(removed.isFinished());
        QCOMPARE(removed.result().error().code, ErrorCode::Unsupported);
        hasNoSecretInAnyFile();
    }
    /// A bus that is a file and answers nobody: QtKeychain is really asked, fails, and is asked again.
    void T174_aBrokenKeychainIsAskedThreeTimesAndNothingIsKeptInTheClear()
    {
        QFile socket(m_home.path() + QStringLiteral("/bus"));
        QVERIFY(socket.open(QIODevice::WriteOnly));
        socket.close();
        qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=" + QFile::encodeName(socket.fileName()));
        QVERIFY(KeychainSecretStore::isAvailable());
        KeychainSecretStore store(m_clock);
        const Milliseconds before = m_clock.monotonic();
        const auto write = store.write(kAccount, SecretBytes::copyOf(kSecret));
        finish(write);
        QVERIFY(!write.result());
        QVERIFY(write.result().error().code == ErrorCode::InputOutput
                || write.result().error().code == ErrorCode::Unsupported
                || write.result().error().code == ErrorCode::TimedOut);
        if (write.result().error().code == ErrorCode::InputOutput)
            QVERIFY(m_clock.monotonic() - before >= 2 * KeychainSecretStore::kPause);
        hasNoSecretInAnyFile();
        QVERIFY(QFile::remove(socket.fileName()));
        qunsetenv("DBUS_SESSION_BUS_ADDRESS");
    }
    void theBackendFollowsTheDesktop()
    {
        KeychainSecretStore store(m_clock);
#ifdef Q_OS_LINUX
        QCOMPARE(store.backend(), QStringLiteral("secret-service"));
        qputenv("XDG_CURRENT_DESKTOP", "KDE");
        QCOMPARE(store.backend(), QStringLiteral("kwallet"));
        qunsetenv("XDG_CURRENT_DESKTOP");
#endif
        QVERIFY(!store.backend().isEmpty());
    }
};

SOTTO_TEST(KeychainSecretStoreTest)

} // namespace sotto

#include "keychain_secret_store_test.moc"
