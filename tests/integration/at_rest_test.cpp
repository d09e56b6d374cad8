#include "core/sqlite/database.h"
#include "core/storage/profile_key.h"
#include "tests/kit/profile_scan.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QDir>
#include <QDirIterator>
#include <QTest>

namespace sotto {

using kit::decryptedPages;
using kit::filesHolding;
using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// What lies on the disks of people and of the relay.
class AtRestPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T170_noMarkerLiesInAnyFileInTheClear()
    {
        World world;
        // Whatever makes a temporary file makes it where it is looked for.
        const QString temporary = world.folder() + QStringLiteral("/temporary");
        QVERIFY(QDir().mkpath(temporary));
        qputenv("TMPDIR", temporary.toUtf8());
        qputenv("SQLITE_TMPDIR", temporary.toUtf8());
        Person alice = world.join(QStringLiteral("Alice Okapi-Name"), QStringLiteral("alice.okapi"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob Quagga-Name"), QStringLiteral("bob.quagga"));
        Person carol = world.join(QStringLiteral("Carol Dik-Dik"), QStringLiteral("carol.dikdik"));
        QVERIFY(world.wait(carol.desktop().addContact(QStringLiteral("@bob.quagga")), "Carol asks Bob"));
        std::vector<QByteArray> markers;
        std::vector<QByteArray> handles{"alice.okapi", "bob.quagga", "carol.dikdik"};
        for (int i = 0; i < 100; ++i) {
            const QString marker = QStringLiteral("zebra%1crossing").arg(1000 + i);
            markers.push_back(marker.toUtf8());
            const QString text = i % 10 == 0 ? marker + QString(3000, u'x') : marker; // some travel as payload
            if (i % 2 == 0)
                alice.writesTo(bob, text, std::size_t(i / 2 % 2));
            else
                bob.writesTo(alice, text, std::size_t(i / 2 % 2));
        }
        world.until(
            [&] {
                return alice.sees(bob, 0).size() == 100 && alice.sees(bob, 1).size() == 100
                    && bob.sees(alice, 0).size() == 100 && bob.sees(alice, 1).size() == 100;
            },
            "everything everywhere");
        bob.goesOffline();
        markers.push_back("waiting-at-the-relay");
        const MessageId waits = alice.writesTo(bob, QStringLiteral("waiting-at-the-relay"));
        world.until([&] { return alice.deliveryOf(bob, waits) == Delivery::Sent; }, "some mail waits");
        for (const char *name : {"Okapi-Name", "Quagga-Name", "Dik-Dik"})
            markers.push_back(name);
        for (const Person *who : {&alice, &bob}) {
            for (std::size_t desktop : {0, 1}) {
                const auto keys = secretsOf(world, *who, desktop);
                QVERIFY(keys.size() >= 10);
                markers.insert(markers.end(), keys.begin(), keys.end());
                const auto hits =
                    world.wait(who->desktop(desktop).search(QStringLiteral("zebra1042"), 10), "the index in use");
                QVERIFY(hits && hits->size() == 1);
            }
        }
        // As a kill would leave it now: logs full, readers open.
        QVERIFY(QFileInfo(alice.directory(0) + QStringLiteral("/sotto.db-wal")).size() > 0);
        isNowhere(world.folder(), markers);
        for (const Person *who : {&alice, &bob, &carol}) {
            for (std::size_t desktop : {0, 1})
                isNowhere(who->directory(desktop), handles);
        }
        QVERIFY(deletedFilesStillOpen().isEmpty());
        for (Person *who : {&alice, &bob, &carol}) {
            for (std::size_t desktop : {0, 1})
                who->closes(desktop);
        }
        world.stopRelay();
        isNowhere(world.folder(), markers);
        QVERIFY(QDir(temporary).isEmpty());
        // The scan sees what there is: the relay's directory knows handles, and a note in the clear is found.
        QVERIFY(!filesHolding(world.folder() + QStringLiteral("/relay"), handles.front()).isEmpty());
        QFile note(temporary + QStringLiteral("/note"));
        QVERIFY(note.open(QIODevice::WriteOnly) && note.write("a zebra1042crossing here") > 0);
        note.close();
        QCOMPARE(filesHolding(world.folder(), "zebra1042crossing"), QStringList{note.fileName()});
        qunsetenv("TMPDIR");
        qunsetenv("SQLITE_TMPDIR");
    }
    void T172_aDeletedChatAndARemovedContactLeaveNoWordBehind()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        Person carol = world.joinInvitedBy(alice, QStringLiteral("Carol Dik-Dik"));
        for (int i = 0; i < 6; ++i) {
            alice.writesTo(bob, QStringLiteral("ѫѭѯѱ zebra-crossing %1").arg(i));
            bob.writesTo(alice, QStringLiteral("龘靐齉 quagga-meeting %1").arg(i));
            alice.writesTo(carol, QStringLiteral("ɠɤɮʘ okapi-evening %1").arg(i));
            carol.writesTo(alice, QStringLiteral("ɠɤɮʘ okapi-morning %1").arg(i));
        }
        for (std::size_t desktop : {0, 1})
            world.until(
                [&] { return alice.sees(bob, desktop).size() == 12 && alice.sees(carol, desktop).size() == 12; },
                "two chats on every desktop");
        world.passes(30s);
        world.until([&] { return alice.desktop(0).status().outbox == 0 && alice.desktop(1).status().outbox == 0; },
                    "receipts are sent, nothing waits");
        QVERIFY(!world.wait(alice.desktop(0).search(QStringLiteral("zebra"), 10), "a search")->empty());
        // Whole words, and what remains of the index's terms where their beginning is shared with the one before.
        const std::vector<QByteArray> bobs{"zebra-crossing", "quagga-meeting", "ѫѭѯ", "ѭѯ", "靐"};
        const std::vector<QByteArray> carols{"okapi-evening", "okapi-morning", "ɠɤɮ", "ɤɮ"};
        const auto key = databaseKey(world, alice, 0);
        const auto siblingsKey = databaseKey(world, alice, 1);
        const auto pages = [&](std::size_t desktop) {
            return decryptedPages(alice.directory(desktop) + QStringLiteral("/sotto.db"),
                                  (desktop == 0 ? key : siblingsKey).view());
        };
        QCOMPARE(missing(pages(0), bobs), QStringList());
        QCOMPARE(missing(pages(0), carols), QStringList());

        const ConversationId chat = alice.desktop(0).conversationWith(bob.account())->id;
        QVERIFY(alice.desktop(0).deleteChat(chat));
        QCOMPARE(present(pages(0), bobs), QStringList());
        QCOMPARE(missing(pages(0), carols), QStringList());
        QCOMPARE(alice.sees(bob, 0), QStringList());
        QVERIFY(world.wait(alice.desktop(0).search(QStringLiteral("zebra"), 10), "a search")->empty());
        bob.writesTo(alice, QStringLiteral("still there?"));
        world.until([&] { return alice.sees(bob, 0) == QStringList{QStringLiteral("Bob: still there?")}; },
                    "what comes later is shown, what was deleted does not come back");

        QVERIFY(world.wait(alice.desktop(0).removeContact(carol.account()), "Carol is removed"));
        QCOMPARE(present(pages(0), carols), QStringList());
        QVERIFY(world.wait(alice.desktop(0).search(QStringLiteral("okapi"), 10), "a search")->empty());
        world.until([&] { return alice.sees(carol, 1).isEmpty(); }, "the other desktop follows");
        world.until([&] { return alice.desktop(0).status().outbox == 0; }, "everybody has been told");
        alice.closes(0);
        alice.closes(1);
        for (std::size_t desktop : {0, 1}) {
            QCOMPARE(present(pages(desktop), carols), QStringList());
            QCOMPARE(present(pages(desktop), {"Dik-Dik"}), QStringList());
        }
    }

private:
    static SecretBytes databaseKey(World &world, const Person &who, std::size_t desktop)
    {
        auto key = world.wait(unlockProfile(who.directory(desktop), &who.keychain(desktop), std::nullopt), "the key");
        return key ? std::move(*key) : SecretBytes();
    }
    /// The database's key and the secrets in it.
    static std::vector<QByteArray> secretsOf(World &world, const Person &who, std::size_t desktop)
    {
        const SecretBytes key = databaseKey(world, who, desktop);
        std::vector<QByteArray> secrets{key.view().toByteArray()};
        const auto database =
            Database::open(who.directory(desktop) + QStringLiteral("/sotto.db"),
                           {.key = key.view(), .mode = Database::Mode::Reader, .create = Database::Create::Never});
        if (!database)
            return {};
        for (const char *sql :
             {"SELECT substr(device_keys, 1, 32) FROM own_account",
              "SELECT substr(device_keys, 33, 32) FROM own_account",
              "SELECT substr(device_keys, 65, 32) FROM own_account", "SELECT profile_key FROM own_account",
              "SELECT backup_root FROM own_account", "SELECT kit_secret FROM own_account WHERE kit_secret IS NOT NULL",
              "SELECT record FROM signed_prekey", "SELECT record FROM prekey LIMIT 3", "SELECT record FROM session",
              "SELECT secret FROM own_ephemeral_secret"}) {
            const auto found = (*database)->prepare(sql).collect([](Row &row) { return row.bytes(0); });
            for (const Bytes &secret : found.valueOr({}))
                secrets.push_back(secret);
        }
        return secrets;
    }
    static QStringList present(const Bytes &pages, const std::vector<QByteArray> &words)
    {
        QStringList found;
        for (const QByteArray &word : words) {
            if (pages.contains(word))
                found.append(QString::fromUtf8(word));
        }
        return found;
    }
    static QStringList missing(const Bytes &pages, const std::vector<QByteArray> &words)
    {
        QStringList absent;
        for (const QByteArray &word : words) {
            if (!pages.contains(word))
                absent.append(QString::fromUtf8(word));
        }
        return absent;
    }
    static void isNowhere(const QString &folder, const std::vector<QByteArray> &markers)
    {
        // One pass over the files for all markers.
        std::vector<std::pair<QByteArray, QByteArray>> spellings;
        for (const QByteArray &marker : markers) {
            for (const QByteArray &spelling : kit::spellingsOf(marker))
                spellings.emplace_back(marker, spelling);
        }
        int files = 0;
        QDirIterator all(folder, QDir::Files | QDir::Hidden | QDir::System, QDirIterator::Subdirectories);
        while (all.hasNext()) {
            QFile file(all.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray content = file.readAll();
            ++files;
            for (const auto &[marker, spelling] : spellings)
                QVERIFY2(!content.contains(spelling), qPrintable(file.fileName() + u' ' + QString::fromUtf8(marker)));
        }
        QVERIFY(files >= 3);
    }
    static QStringList deletedFilesStillOpen()
    {
        QStringList deleted;
        for (const QFileInfo &open : QDir(QStringLiteral("/proc/self/fd"))
                                         .entryInfoList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::System)) {
            const QString target = open.symLinkTarget();
            if (target.endsWith(QStringLiteral(" (deleted)")) && !target.contains(QStringLiteral("memfd:")))
                deleted.append(target);
        }
        return deleted;
    }
};

SOTTO_TEST(AtRestPlay)

} // namespace sotto

#include "at_rest_test.moc"
