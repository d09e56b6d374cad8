#include "core/primitives/secret_bytes.h"
#include "server/ops/data_directory.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <unistd.h>

namespace sotto::relay {

class DataDirectoryTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }
    void isMadeForItsOwnerOnly()
    {
        QTemporaryDir parent;
        const QString path = parent.filePath(QStringLiteral("a/b/relay"));
        const auto folder = DataDirectory::open(path);
        QVERIFY(folder);
        QCOMPARE(QFileInfo(path).permissions()
                     & ~QFileDevice::Permissions(QFileDevice::ReadUser | QFileDevice::WriteUser | QFileDevice::ExeUser),
                 QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner);
    }
    void oneOpenToOthersIsRefused()
    {
        QTemporaryDir parent;
        const QString path = parent.filePath(QStringLiteral("relay"));
        QVERIFY(QDir().mkdir(path));
        QVERIFY(QFile::setPermissions(path, QFileDevice::Permissions(0x7755)));
        const auto refused = DataDirectory::open(path);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::NotPermitted);
    }
    void oneThatCannotBeWrittenToIsSaidToBeSo()
    {
        QTemporaryDir parent;
        const QString path = parent.filePath(QStringLiteral("relay"));
        QVERIFY(QDir().mkdir(path));
        QVERIFY(QFile::setPermissions(parent.path(), QFileDevice::Permissions(0x7711)));
        QVERIFY(QFile::setPermissions(path, QFileDevice::ReadOwner | QFileDevice::ExeOwner));
        // Root may write anywhere, so root tries it as nobody.
        constexpr uid_t kNobody = 65534;
        const bool isRoot = ::geteuid() == 0;
        if (isRoot)
            QVERIFY(::chown(QFile::encodeName(path).constData(), kNobody, kNobody) == 0 && ::seteuid(kNobody) == 0);
        const auto refused = DataDirectory::open(path);
        if (isRoot)
            QVERIFY(::seteuid(0) == 0);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InputOutput);
        QVERIFY(refused.error().detail.contains(QStringLiteral("nothing can be written there")));
    }
    void belongsToOneRelayAtATime()
    {
        QTemporaryDir parent;
        const QString path = parent.filePath(QStringLiteral("relay"));
        {
            const auto first = DataDirectory::open(path);
            QVERIFY(first);
            const auto second = DataDirectory::open(path);
            QVERIFY(!second);
            QCOMPARE(second.error().code, ErrorCode::Busy);
        }
        QVERIFY(DataDirectory::open(path));
    }
    void theRelayKeyIsMadeOnceAndKept()
    {
        QTemporaryDir parent;
        kit::SeededRandom random;
        const auto folder = DataDirectory::open(parent.filePath(QStringLiteral("relay")));
        QVERIFY(folder);
        const auto first = (*folder)->relayKey(random);
        QVERIFY(first);
        QVERIFY(QFileInfo::exists((*folder)->file(QStringLiteral("relay.key"))));
        const auto again = (*folder)->relayKey(random);
        QVERIFY(again);
        QCOMPARE(again->publicKey, first->publicKey);
        const QString file = (*folder)->file(QStringLiteral("relay.key"));
        QVERIFY(!(QFileInfo(file).permissions() & (QFileDevice::ReadGroup | QFileDevice::ReadOther)));
        QFile damaged(file);
        QVERIFY(damaged.resize(31));
        const auto refused = (*folder)->relayKey(random);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Corrupt);
    }
    void withoutRandomnessThereIsNoKey()
    {
        QTemporaryDir parent;
        kit::SeededRandom random;
        random.failNow();
        const auto folder = DataDirectory::open(parent.filePath(QStringLiteral("relay")));
        const auto key = (*folder)->relayKey(random);
        QVERIFY(!key);
        QCOMPARE(key.error().code, ErrorCode::RandomFailed);
    }
};

SOTTO_TEST(DataDirectoryTest)

} // namespace sotto::relay

#include "data_directory_test.moc"
