#include "tests/kit/test_main.h"
#include "tests/process/live_desktop.h"
#include "tests/process/relay_process.h"
#include "tests/process/waiting.h"

#include <QDirIterator>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace sotto;
using namespace sotto::kit;

namespace {

/// Every byte of every file of a relay's folder, as somebody finds it who takes the disk away.
Bytes diskContent(const QString &folder)
{
    Bytes content;
    QDirIterator files(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        QFile file(files.next());
        if (file.open(QIODevice::ReadOnly))
            content += file.readAll();
    }
    return content;
}

} // namespace

/// T194 with the real relay: what its files say after people talked.
class SeizedRelayTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void T194_theDiskTellsNoTextNoNameAndNotWhoTalkedToWhom()
    {
        constexpr int kMessages = 40;
        const QString handle = QStringLiteral("quitehandy");
        const QString name = QStringLiteral("Alice Unmistakable");
        QTemporaryDir folder;
        RelayProcess relay(folder.filePath(QStringLiteral("relay")), QStringLiteral("seized-relay"));
        QVERIFY(relay.start());
        LiveDesktop alice(folder.filePath(QStringLiteral("alice")));
        LiveDesktop bob(folder.filePath(QStringLiteral("bob")));
        alice.registersWith(relay.invites(1).value(0), name, handle);
        bob.registersWith(*waitFor(alice.client().createInvite()), QStringLiteral("Bob Unmistakable"));
        const auto isQuiet = [&] {
            return relay.status(QStringLiteral("queued_mail")) == 0 && alice.client().isSettled()
                && bob.client().isSettled();
        };
        QVERIFY(until([&] { return alice.knows(bob.account()) && bob.knows(alice.account()); }));
        QVERIFY(until(isQuiet));
        QVERIFY(relay.stop()); // folds the write-ahead log into the database
        const Bytes before = diskContent(relay.dataDirectory());
        QVERIFY(before.contains(alice.account().toBytes())); // the scan sees what is there
        QVERIFY(before.contains(handle.toUtf8()));

        QVERIFY(relay.start());
        alice.client().networkMayBeBack();
        bob.client().networkMayBeBack();
        for (int i = 0; i < kMessages; ++i) {
            alice.writesTo(bob.account(), QStringLiteral("MARKER of Alice %1").arg(i));
            bob.writesTo(alice.account(), QStringLiteral("MARKER of Bob %1").arg(i));
        }
        QVERIFY(until([&] {
            return bob.textsWith(alice.account()).size() == 2 * kMessages
                && alice.textsWith(bob.account()).size() == 2 * kMessages;
        }));
        // Taken away while it runs.
        relay.kill();
        const Bytes seized = diskContent(relay.dataDirectory());
        for (const char *text : {"MARKER", "Unmistakable"})
            QVERIFY2(!seized.contains(text), text);

        QVERIFY(relay.start());
        alice.client().networkMayBeBack();
        bob.client().networkMayBeBack();
        QVERIFY(until(isQuiet));
        QVERIFY(relay.stop());
        const Bytes after = diskContent(relay.dataDirectory());
        // Who they are is there as often as before they talked: in the directory, and nowhere beside mail.
        QCOMPARE(after.count(alice.account().toBytes()), before.count(alice.account().toBytes()));
        QCOMPARE(after.count(bob.account().toBytes()), before.count(bob.account().toBytes()));
        QCOMPARE(after.count(handle.toUtf8()), before.count(handle.toUtf8()));
    }
};

SOTTO_TEST(SeizedRelayTest)
#include "seized_disk_test.moc"
