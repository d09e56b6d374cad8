#include "core/sqlite/instance_lock.h"

#include "tests/kit/test_main.h"

#include <QCoreApplication>
#include <QDir>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>
#include <sys/stat.h>

namespace sotto {

class InstanceLockTest : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_profile;

    /// Starts another process that locks the profile; what it said.
    QByteArray lockElsewhere(QProcess &process)
    {
        process.start(QCoreApplication::applicationDirPath() + QStringLiteral("/sqlite_helper"),
                      {QStringLiteral("lock"), m_profile});
        process.waitForReadyRead();
        return process.readLine().trimmed();
    }

private Q_SLOTS:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        m_profile = m_directory->filePath(QStringLiteral("profile"));
    }

    void T026_theSecondProcessIsRefused()
    {
        const auto lock = InstanceLock::acquire(m_profile);
        QVERIFY(lock);
        QProcess second;
        QCOMPARE(lockElsewhere(second), "busy");
        QVERIFY(second.waitForFinished());
    }
    void aKilledOwnerLeavesTheLockFreeAndTheExitUnclean()
    {
        QProcess owner;
        QCOMPARE(lockElsewhere(owner), "locked");
        const auto refused = InstanceLock::acquire(m_profile);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Busy);
        owner.kill();
        QVERIFY(owner.waitForFinished());
        const auto lock = InstanceLock::acquire(m_profile);
        QVERIFY(lock);
        QVERIFY((*lock)->previousExitWasUnclean());
    }
    void aCleanExitIsRemembered()
    {
        for (int i = 0; i < 2; ++i) {
            const auto lock = InstanceLock::acquire(m_profile);
            QVERIFY(lock);
            QVERIFY(!(*lock)->previousExitWasUnclean());
        }
    }
    void makesTheDirectoryPrivate()
    {
        QVERIFY(QDir().mkpath(m_profile));
        QCOMPARE(::chmod(m_profile.toLocal8Bit().constData(), 0755), 0);
        QVERIFY(InstanceLock::acquire(m_profile));
        struct stat status;
        QCOMPARE(::stat(m_profile.toLocal8Bit().constData(), &status), 0);
        QCOMPARE(int(status.st_mode & 0777), 0700);
    }
    void refusesASharedDirectory()
    {
        QVERIFY(QDir().mkpath(m_profile));
        QCOMPARE(::chmod(m_profile.toLocal8Bit().constData(), 01777), 0);
        const auto refused = InstanceLock::acquire(m_profile);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::NotPermitted);
    }
};

SOTTO_TEST(InstanceLockTest)

} // namespace sotto

#include "instance_lock_test.moc"
