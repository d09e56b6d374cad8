#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QCoreApplication>
#include <QFile>
#include <QProcess>
#include <QTest>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

namespace {

/// A secret that this process must not hold itself: every byte inverted.
struct Hidden {
    QByteArray name;
    QByteArray inverted;
};

constexpr char kHiddenPassphrase[] = "\x98\x8d\x9a\x9a\x91\xdf\x97\x96\x93\x93\xdf\xc8\xc8\xdf\x90\x94\x9e\x8f\x96\x8c";

QByteArray hiddenPassphrase() { return QByteArray(kHiddenPassphrase, sizeof kHiddenPassphrase - 1); }

SecretBytes shown(const QByteArray &inverted)
{
    SecretBytes secret = SecretBytes::zeros(inverted.size());
    for (qsizetype i = 0; i < inverted.size(); ++i)
        secret.data()[i] = static_cast<unsigned char>(~inverted[i]);
    return secret;
}

/// Reads this process's own memory, all but the window it reads through.
class OwnMemory {
public:
    OwnMemory()
        : m_file(::open("/proc/self/mem", O_RDONLY)),
          m_window(
              static_cast<char *>(::mmap(nullptr, kWindow, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)))
    { }
    ~OwnMemory()
    {
        ::munmap(m_window, kWindow);
        ::close(m_file);
    }
    OwnMemory(const OwnMemory &) = delete;
    OwnMemory &operator=(const OwnMemory &) = delete;

    /// Where each secret stands, as "name in /mapping", once for each place.
    QStringList find(const std::vector<Hidden> &secrets)
    {
        QStringList found;
        QFile maps(QStringLiteral("/proc/self/maps"));
        if (m_file < 0 || !maps.open(QIODevice::ReadOnly))
            qFatal("the process cannot read its own memory");
        for (const QByteArray &line : maps.readAll().split('\n')) {
            const QList<QByteArray> fields = line.simplified().split(' ');
            const QList<QByteArray> range = fields.value(0).split('-');
            const quint64 begin = range.value(0).toULongLong(nullptr, 16);
            const quint64 end = range.value(1).toULongLong(nullptr, 16);
            const bool isOurs = begin >= quint64(m_window) && begin < quint64(m_window) + kWindow;
            // Sanitizers map terabytes of shadow.
            if (!fields.value(1).contains('w') || isOurs || end - begin > (quint64(1) << 32))
                continue;
            scan(begin, end, fields.value(5), secrets, found);
        }
        return found;
    }

private:
    static constexpr quint64 kWindow = 1 << 20;
    static constexpr quint64 kOverlap = 256; // longer than any secret

    void scan(quint64 begin, quint64 end, const QByteArray &where, const std::vector<Hidden> &secrets,
              QStringList &found)
    {
        for (quint64 at = begin; at < end; at += kWindow - kOverlap) {
            const ssize_t got = ::pread(m_file, m_window, std::min(kWindow, end - at), off_t(at));
            for (const Hidden &secret : secrets) {
                // A hit in the overlap belongs to the next window.
                const ssize_t last = end - at > kWindow ? std::min(got, ssize_t(kWindow - kOverlap)) : got;
                for (ssize_t i = 0; i < last && i + secret.inverted.size() <= got; ++i) {
                    if (standsAt(m_window + i, secret.inverted))
                        found.append(QString::fromLatin1(secret.name + " in " + where));
                }
            }
        }
    }
    static bool standsAt(const char *memory, const QByteArray &inverted)
    {
        for (qsizetype i = 0; i < inverted.size(); ++i) {
            if (memory[i] != char(~inverted[i]))
                return false;
        }
        return true;
    }

    int m_file;
    char *m_window;
};

} // namespace

/// What a program still holds of a profile's secrets once the profile is closed.
class MemoryPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T012_aClosedProfileLeavesNoKeyInMemory()
    {
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
        QSKIP("a sanitizer maps terabytes of its own and keeps what is freed: nothing to learn from a scan");
#endif
        World world;
        Person alice(world, QStringLiteral("Alice"));
        alice.locksWith([] { return shown(hiddenPassphrase()); });
        alice.registersWith(world.operatorInvite());
        alice.addDesktop();
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("hello"));
        bob.writesTo(alice, QStringLiteral("hello"));
        world.until([&] { return alice.sees(bob, 0).size() == 2 && alice.sees(bob, 1).size() == 2; }, "a talk");
        QVERIFY(world.wait(alice.desktop(0).search(QStringLiteral("hello"), 5), "a search"));
        alice.restarts(0); // opened by passphrase as well as made
        alice.writesTo(bob, QStringLiteral("hello again"));
        world.until([&] { return bob.sees(alice, 0).size() == 3; }, "and goes on");

        std::vector<Hidden> secrets{{"passphrase", hiddenPassphrase()}};
        QProcess helper;
        // The helper's arguments would be copies of the passphrase here: it gets it inverted too.
        helper.start(QCoreApplication::applicationDirPath() + QStringLiteral("/secrets_helper"),
                     {alice.directory(0), QString::fromLatin1(hiddenPassphrase().toHex())});
        QVERIFY(helper.waitForFinished());
        QCOMPARE(helper.exitCode(), 0);
        for (const QByteArray &line : helper.readAllStandardOutput().trimmed().split('\n'))
            secrets.push_back({line.split(' ').value(0), QByteArray::fromHex(line.split(' ').value(1))});
        QCOMPARE(secrets.size(), std::size_t(6));
        OwnMemory memory;
        const QStringList open = memory.find(secrets);
        for (const char *held : {"database_key", "identity_key", "signing_key", "sealing_key", "backup_root"})
            QVERIFY2(!open.filter(QLatin1String(held)).isEmpty(), held); // the scan sees what is there
        alice.closes(0);
        alice.closes(1); // knows the backup's root as well
        const QStringList left = memory.find(secrets);
        QVERIFY2(left.isEmpty(), qPrintable(left.join(QStringLiteral("; "))));
    }
};

SOTTO_TEST(MemoryPlay)

} // namespace sotto

#include "memory_test.moc"
