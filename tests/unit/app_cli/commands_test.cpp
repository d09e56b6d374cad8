#include "tests/kit/test_main.h"
#include "tests/unit/app_cli/json_schema.h"
#include "tests/unit/app_cli/terminal.h"

#include <QFile>
#include <QJsonArray>
#include <QTest>

namespace sotto {

using kit::registering;
using kit::Said;
using kit::Terminal;
using kit::World;
using Story = kit::TwoTerminals;

/// Every command of sotto-cli against a real relay.
class CommandsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void registering_saysWhatWentWrong()
    {
        World world;
        Terminal alice(world, QStringLiteral("alice"));
        QCOMPARE(alice("whoami").code, ExitCode::NoAccount);
        QVERIFY(!QFile::exists(alice.profile())); // asking makes nothing
        QCOMPARE(alice(registering(QStringLiteral("nonsense"), "Alice")).code, ExitCode::Usage);
        const QString invite = world.operatorInvite();
        QCOMPARE(alice(registering(invite, "Alice", "Al!ce")).code, ExitCode::Usage);
        QCOMPARE(alice("status").code, ExitCode::Done);
        const Said doctor = alice("doctor");
        QCOMPARE(doctor.code, ExitCode::Unwell);
        for (const char *unknown : {"✗ clock: not known", "✗ recovery_kit: there is none", "✗ connection: "})
            QVERIFY2(doctor.lines.value(0).contains(QString::fromUtf8(unknown)), qPrintable(doctor.lines.value(0)));
        QCOMPARE(alice("chats").code, ExitCode::NoAccount);

        const Said welcome = alice(registering(invite, "Alice", "alice"));
        QCOMPARE(welcome.code, ExitCode::Done);
        QVERIFY(welcome.lines.first().contains(QStringLiteral("recovery-kit")));
        QCOMPARE(alice(registering(world.operatorInvite(), "Alice")).code, ExitCode::Refused);

        Terminal bob(world, QStringLiteral("bob"));
        const Said used = bob(registering(invite, "Bob"));
        QCOMPARE(used.code, ExitCode::Refused);
        QVERIFY2(used.remarks.last().contains(QStringLiteral("ask for a fresh one")), qPrintable(used.remarks.last()));
        const QString own = world.operatorInvite();
        const Said taken = bob(registering(own, "Bob", "alice"));
        QCOMPARE(taken.code, ExitCode::Refused);
        QVERIFY(taken.remarks.last().contains(QStringLiteral("choose another")));
        QCOMPARE(bob(registering(own, "Bob", "bob")).code, ExitCode::Done);
    }

    void whatIsSaidOfTheAccount()
    {
        Story story;
        const Said who = story.alice("whoami --json");
        QCOMPARE(problemIn("account", who.json()), QString());
        QCOMPARE(who.json().value(QStringLiteral("handle")).toString(), QStringLiteral("alice"));
        QVERIFY(story.alice("whoami").lines.first().startsWith(QStringLiteral("Alice @alice")));

        const QJsonObject relay = story.alice("relay --json").json();
        QCOMPARE(problemIn("relay", relay), QString());
        QCOMPARE(relay.value(QStringLiteral("key")).toString(), story.world.relay().key().toHex());
        QCOMPARE(relay.value(QStringLiteral("address")).toString(), story.world.relay().addresses().first());
        QVERIFY(story.alice("relay").lines.first().contains(QStringLiteral("online")));
        QVERIFY(story.alice("link").lines.first().startsWith(QStringLiteral("sotto:contact/")));
        QVERIFY(story.alice("invite --json")
                    .json()
                    .value(QStringLiteral("invite"))
                    .toString()
                    .startsWith(QStringLiteral("sotto:invite/")));

        const Said status = story.alice("status --json");
        QCOMPARE(problemIn("status", status.json()), QString());
        QVERIFY(story.alice("status").lines.first().startsWith(QStringLiteral("online\n")));
        const Said doctor = story.alice("doctor --json");
        QCOMPARE(doctor.code, ExitCode::Unwell); // the recovery kit is not confirmed
        QVERIFY(story.alice("doctor").lines.first().contains(QStringLiteral("✓ clock: agrees")));
        for (const QJsonValue &finding : doctor.json().value(QStringLiteral("findings")).toArray())
            QCOMPARE(problemIn("finding", finding), QString());
    }

    void theRecoveryKit()
    {
        Story story;
        const QString kit = story.alice("recovery-kit").lines.value(0);
        QCOMPARE(kit.split(u'-').size(), 14);
        QCOMPARE(story.alice("recovery-kit --json").json().value(QStringLiteral("recovery_kit")).toString(), kit);
        const QString path = story.world.folder() + QStringLiteral("/kit.txt");
        QCOMPARE(story.alice({QStringLiteral("recovery-kit"), QStringLiteral("--save"), path}).code, ExitCode::Done);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromLatin1(file.readAll()).trimmed(), kit);
        QCOMPARE(file.permissions() & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
        QCOMPARE(story.alice({QStringLiteral("recovery-kit"), QStringLiteral("--save"), path}).code, ExitCode::Refused);
        QCOMPARE(story.alice("recovery-kit --save /nowhere/at/all/kit.txt").code, ExitCode::Storage);
        QCOMPARE(story.alice("recovery-kit --save x --confirm").code, ExitCode::Usage);
    }

    void askingAcceptingAndBlocking()
    {
        Story story;
        Terminal carol(story.world, QStringLiteral("carol"));
        carol(registering(story.world.operatorInvite(), "Carol", "carol"));
        QCOMPARE(carol("add @nobody").code, ExitCode::NotFound);
        QCOMPARE(carol("add @carol").code, ExitCode::Refused);
        QCOMPARE(carol("add @alice").code, ExitCode::Done);
        QCOMPARE(story.alice("accept @bob").code, ExitCode::NotFound);

        const QJsonArray requests = story.alice("requests --json").json().value(QStringLiteral("requests")).toArray();
        QCOMPARE(requests.size(), 1);
        QCOMPARE(problemIn("contact", requests.first()), QString());
        QVERIFY(story.alice("requests").lines.first().contains(QStringLiteral("Carol")));
        QCOMPARE(story.alice("accept @carol").code, ExitCode::Done);
        QVERIFY(story.alice("requests").remarks.last().contains(QStringLiteral("nobody asks")));
        QCOMPARE(carol("send @alice hello").code, ExitCode::Done);
        QVERIFY(story.alice("read @carol").lines.last().endsWith(QStringLiteral("Carol: hello")));

        // By the link, and blocked.
        Terminal dave(story.world, QStringLiteral("dave"));
        dave(registering(story.world.operatorInvite(), "Dave", "dave"));
        QCOMPARE(dave({QStringLiteral("add"), story.alice("link").lines.first()}).code, ExitCode::Done);
        QCOMPARE(story.alice("block @dave").code, ExitCode::Done);
        QCOMPARE(story.alice("send @dave hello").code, ExitCode::Refused);
        QVERIFY(story.alice("requests").lines.isEmpty());
    }

    void sendingReadingSearching()
    {
        Story story;
        QCOMPARE(story.alice("chats").lines, QStringList());
        QVERIFY(story.alice("chats").remarks.last().contains(QStringLiteral("send PERSON TEXT")));
        QCOMPARE(story.alice("read @bob").remarks.last(), QStringLiteral("no messages yet"));
        QCOMPARE(story.alice("read @nobody").code, ExitCode::NotFound);
        QCOMPARE(story.alice("send @bob").code, ExitCode::Usage);
        QCOMPARE(story.alice({QStringLiteral("send"), QStringLiteral("@bob"), QString()}).code, ExitCode::Usage);
        QCOMPARE(story.alice({QStringLiteral("send"), QStringLiteral("@bob"), QString(70'000, u'x')}).code,
                 ExitCode::Usage);
        const Said sent = story.alice("send @bob noon --json");
        QCOMPARE(sent.code, ExitCode::Done);
        QCOMPARE(sent.json().value(QStringLiteral("state")).toString(), QStringLiteral("sent"));

        // Who looks at the list of chats has the mail: its sender learns of it before the command ends.
        const Said chats = story.bob("chats --json");
        QCOMPARE(chats.json().value(QStringLiteral("chats")).toArray().size(), 1);
        QCOMPARE(problemIn("chat", chats.json().value(QStringLiteral("chats")).toArray().first()), QString());
        QVERIFY(story.bob("chats").lines.first().contains(QStringLiteral("Alice (1 new): noon")));
        QVERIFY(story.alice("read @bob").lines.last().endsWith(QStringLiteral("noon ✓✓")));
        const Said read = story.bob("read @alice --json");
        QCOMPARE(read.lines.size(), 1);
        QCOMPARE(problemIn("message", read.json()), QString());
        QVERIFY(story.alice("read @bob").lines.last().endsWith(QStringLiteral("noon ✓✓ read")));
        QCOMPARE(story.alice("read @bob --limit 0").code, ExitCode::Usage);
        const QByteArray id = read.json().value(QStringLiteral("id")).toString().toLatin1();
        const Said info = story.alice(("info @bob " + id + " --json").constData());
        QCOMPARE(problemIn("details", info.json()), QString());
        QCOMPARE(info.json().value(QStringLiteral("readers")).toArray().size(), 1);
        const QString steps = story.alice(("info @bob " + id).constData()).lines.join(u'\n');
        for (const char *step : {"  written", "  accepted by the relay", "  delivered to Bob", "  read by Bob"})
            QVERIFY2(steps.contains(QLatin1String(step)), qPrintable(steps));
        QCOMPARE(story.alice("info @bob 0011").code, ExitCode::Usage);
        // What is unread is shown whatever the limit says, because it counts as read afterwards.
        for (const char *send : {"send @bob one", "send @bob two", "send @bob three"})
            QCOMPARE(story.alice(send).code, ExitCode::Done);
        QCOMPARE(story.bob("read @alice --limit 2").lines.size(), 3);
        QCOMPARE(story.bob("read @alice --limit 2").lines.size(), 2);

        const QJsonArray hits = story.bob("search noon --json").json().value(QStringLiteral("hits")).toArray();
        QCOMPARE(hits.size(), 1);
        QCOMPARE(problemIn("hit", hits.first()), QString());
        QVERIFY(story.bob("search midnight").remarks.last().contains(QStringLiteral("no message")));
        QCOMPARE(story.bob({QStringLiteral("search"), QString()}).code, ExitCode::Usage);
        QCOMPARE(story.bob("search").code, ExitCode::Usage);
    }

    void readingAlong()
    {
        Story story;
        story.alice("send @bob first");
        const Said followed =
            story.bob.following({QStringLiteral("read"), QStringLiteral("@alice"), QStringLiteral("--follow")},
                                [&story](const QStringList &lines, CliRunner &) {
                                    story.world.until([&lines] { return lines.size() == 1; }, "what is there already");
                                    story.alice("send @bob second");
                                    story.world.until([&lines] { return lines.size() == 2; }, "what comes then");
                                });
        QCOMPARE(followed.code, ExitCode::Done);
        QVERIFY(followed.lines.last().endsWith(QStringLiteral("Alice: second")));
    }

    void theNetworkComesBack()
    {
        Story story;
        Milliseconds took{0};
        const auto play = [&](const QStringList &lines, CliRunner &runner) {
            story.world.until([&lines] { return lines.size() == 1; }, "what is there already");
            story.world.stopRelay();
            story.world.passes(std::chrono::hours(1)); // so long that tries are rare
            story.world.startRelay();
            const Milliseconds before = story.world.clock().monotonic();
            runner.networkMayBeBack();
            story.alice("send @bob second");
            story.world.until([&lines] { return lines.size() == 2; }, "what comes when the network is back");
            took = story.world.clock().monotonic() - before;
        };
        story.alice("send @bob first");
        story.bob.following({QStringLiteral("read"), QStringLiteral("@alice"), QStringLiteral("--follow")}, play);
        QVERIFY2(took < std::chrono::seconds(10), qPrintable(QString::number(took.count())));
    }

    void theSafetyNumberIsCompared()
    {
        Story story;
        const QJsonObject hers = story.alice("verify @bob --json").json();
        QCOMPARE(problemIn("safety_number", hers), QString());
        const QString number = hers.value(QStringLiteral("number")).toString();
        QCOMPARE(number.size(), 60);
        QVERIFY(!hers.value(QStringLiteral("verified")).toBool());
        QCOMPARE(story.bob("verify @alice --json").json().value(QStringLiteral("number")).toString(), number);
        const QByteArray typed = number.toLatin1();
        QByteArray wrong = typed;
        wrong[59] = wrong[59] == '0' ? '1' : '0';
        QCOMPARE(story.bob(("verify @alice --number " + wrong).constData()).code, ExitCode::Refused);
        const auto ends = [](const Said &said, const char *how) {
            return said.lines.last().endsWith(u'\n' + QString::fromLatin1(how));
        };
        QVERIFY(ends(story.bob("verify @alice"), "not verified"));
        const QByteArray dashed = typed.left(30) + '-' + typed.mid(30);
        QVERIFY(ends(story.bob(("verify @alice --number " + dashed).constData()), "verified"));
        QVERIFY(ends(story.bob("verify @alice"), "verified"));
        QCOMPARE(story.bob("verify @alice --number 12345").code, ExitCode::Usage);
        QVERIFY(ends(story.bob("verify @alice"), "verified"));
        QCOMPARE(story.bob(("verify @alice --number " + wrong).constData()).code, ExitCode::Refused);
        QVERIFY(ends(story.bob("verify @alice"), "not verified")); // what was compared once does not hold any more
        QVERIFY(ends(story.alice("verify @bob"), "not verified"));
        QVERIFY(ends(story.alice("verify @bob --confirm"), "verified"));
        // The same by the code that the other side shows; one's own is another.
        const auto link = [](const Said &said) {
            return said.json().value(QStringLiteral("link")).toString().toLatin1();
        };
        const QByteArray theirs = link(story.alice("verify @bob --json"));
        QVERIFY(theirs.startsWith("sotto:safety/"));
        QVERIFY(story.alice("verify @bob --qr").lines.last().contains(QString::fromLatin1(theirs)));
        QVERIFY(ends(story.bob(("verify @alice --number " + theirs).constData()), "verified"));
        QCOMPARE(story.bob("verify @alice --number sotto:safety/AAAA").code, ExitCode::Usage);
        QVERIFY(ends(story.bob("verify @alice"), "verified"));
        const QByteArray own = link(story.bob("verify @alice --json"));
        QVERIFY(own != theirs);
        QCOMPARE(story.bob(("verify @alice --number " + own).constData()).code, ExitCode::Usage);
        QVERIFY(ends(story.bob("verify @alice"), "verified"));
        // The code of two others: what it compares is another fingerprint.
        Bytes altered = Bytes::fromBase64(theirs.mid(13), QByteArray::Base64UrlEncoding);
        altered[altered.size() - 1] = char(altered.back() ^ 1);
        const QByteArray others =
            "sotto:safety/" + altered.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals);
        QCOMPARE(story.bob(("verify @alice --number " + others).constData()).code, ExitCode::Refused);
        QVERIFY(ends(story.bob("verify @alice"), "not verified"));
    }
    void withoutAlarms()
    {
        Story story;
        const Said none = story.alice("alarms --json");
        QVERIFY(none.json().value(QStringLiteral("alarms")).toArray().isEmpty());
        QVERIFY(story.alice("alarms").remarks.last().contains(QStringLiteral("no alarm")));
        QCOMPARE(story.alice("alarms @bob seen").code, ExitCode::Done);
        QVERIFY(story.alice("alarms @bob send").code != ExitCode::Done);
        QCOMPARE(story.alice("alarms @bob later").code, ExitCode::Usage);
    }
    void whatContactsMayKnow()
    {
        Story story;
        const Said all = story.bob("privacy --json");
        QCOMPARE(problemIn("privacy", all.json()), QString());
        QCOMPARE(story.bob("privacy read-receipts off").lines.value(0),
                 QStringLiteral("read-receipts off\ntyping on\npresence on"));
        story.alice("send @bob hello");
        story.bob("read @alice");
        QVERIFY(story.alice("read @bob").lines.last().endsWith(QStringLiteral("hello ✓✓"))); // and not read
        const QJsonObject now = story.bob("privacy presence off --json").json();
        QVERIFY(!now.value(QStringLiteral("read_receipts")).toBool());
        QVERIFY(now.value(QStringLiteral("typing")).toBool());
        QVERIFY(!now.value(QStringLiteral("presence")).toBool());
        QCOMPARE(story.bob("privacy read-receipts on").code, ExitCode::Done);
        for (const char *wrong : {"privacy typing", "privacy typing maybe", "privacy weather on"})
            QCOMPARE(story.bob(wrong).code, ExitCode::Usage);
    }

    void theProfile()
    {
        Story story;
        const Bytes picture = Bytes("\xff\xd8\xff") + Bytes(2'000, 'p');
        const QString path = story.world.folder() + QStringLiteral("/face.jpg");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(picture) == picture.size());
        file.close();
        QCOMPARE(story.alice("profile").lines.value(0), QStringLiteral("Alice\nno picture"));
        const Said changed =
            story.alice({QStringLiteral("profile"), QStringLiteral("--name"), QStringLiteral("Alicia"),
                         QStringLiteral("--about"), QStringLiteral("at sea"), QStringLiteral("--picture"), path});
        QCOMPARE(changed.lines.value(0), QStringLiteral("Alicia\nat sea\na picture of 2003 bytes"));
        // What is not named stays.
        const Said shown = story.alice("profile --about= --json");
        QCOMPARE(problemIn("profile", shown.json()), QString());
        QCOMPARE(shown.json().value(QStringLiteral("picture")).toString(), QString::fromLatin1(picture.toBase64()));
        QVERIFY(!shown.json().contains(QStringLiteral("about")));
        story.bob("chats"); // has it fetched
        const QJsonObject seen = story.bob("profile @alice --json").json();
        QCOMPARE(seen.value(QStringLiteral("name")).toString(), QStringLiteral("Alicia"));
        QCOMPARE(seen.value(QStringLiteral("picture")), shown.json().value(QStringLiteral("picture")));
        QCOMPARE(story.alice("profile --picture none").lines.value(0), QStringLiteral("Alicia\nno picture"));
        QCOMPARE(story.alice("profile --picture /nowhere.jpg").code, ExitCode::NotFound);
        QCOMPARE(
            story.alice({QStringLiteral("profile"), QStringLiteral("--picture"), QStringLiteral("/dev/null")}).code,
            ExitCode::Usage);
        QCOMPARE(story.alice("profile @nobody").code, ExitCode::NotFound);
    }

    void theWayToTheRelay()
    {
        Story story;
        QCOMPARE(story.alice("proxy").lines.value(0), QStringLiteral("none"));
        QCOMPARE(story.alice("proxy socks5://me:secret@127.0.0.1:9").lines.value(0),
                 QStringLiteral("socks5://me@127.0.0.1:9"));
        QCOMPARE(story.alice("invite").code, ExitCode::Offline); // nobody listens there
        QCOMPARE(story.alice("proxy --json").json().value(QStringLiteral("proxy")).toString(),
                 QStringLiteral("socks5://me@127.0.0.1:9"));
        for (const char *wrong : {"proxy carrier-pigeon", "proxy ftp://h:1", "proxy socks5://h"})
            QCOMPARE(story.alice(wrong).code, ExitCode::Usage);
        QCOMPARE(story.alice("proxy none").code, ExitCode::Done);
        QCOMPARE(story.alice("invite").code, ExitCode::Done);

        const QString real = story.world.relay().addresses().first();
        QCOMPARE(story.alice("relay --address 127.0.0.1:port").code, ExitCode::Usage);
        const Said both = story.alice({QStringLiteral("relay"), QStringLiteral("--address"),
                                       QStringLiteral("127.0.0.1:9"), QStringLiteral("--address"), real});
        QVERIFY2(both.lines.value(0).contains(QStringLiteral("127.0.0.1:9, ") + real), qPrintable(both.lines.value(0)));
        const QJsonObject relay = story.alice("relay --json").json();
        QCOMPARE(relay.value(QStringLiteral("connection")).toObject().value(QStringLiteral("status")).toString(),
                 QStringLiteral("online"));
    }

    void aProxyBeforeThereIsAnAccount()
    {
        World world;
        Terminal carol(world, QStringLiteral("carol"));
        QCOMPARE(carol("proxy http://127.0.0.1:9").code, ExitCode::Done);
        QCOMPARE(carol(registering(world.operatorInvite(), "Carol")).code, ExitCode::Offline);
        QCOMPARE(carol("privacy").code, ExitCode::NoAccount);
        QCOMPARE(carol("proxy none").code, ExitCode::Done);
        QCOMPARE(carol(registering(world.operatorInvite(), "Carol")).code, ExitCode::Done);
    }

    void removingAContact()
    {
        Story story;
        story.alice("send @bob hello");
        story.bob("read @alice");
        const Said removed = story.alice("remove @bob");
        QCOMPARE(removed.code, ExitCode::Done);
        QVERIFY2(removed.lines.value(0).startsWith(QStringLiteral("Bob ")), qPrintable(removed.lines.value(0)));
        QVERIFY(story.alice("chats").lines.isEmpty());
        QVERIFY(story.alice("search hello").remarks.last().contains(QStringLiteral("no message")));
        QCOMPARE(story.alice("remove @bob").code, ExitCode::NotFound);
        QCOMPARE(story.alice("remove @nobody").code, ExitCode::NotFound);
    }

    void withoutTheRelay()
    {
        Story story;
        story.alice("send @bob here");
        story.alice("chats"); // waits until nothing is left to be sent, the profile's key included
        story.world.stopRelay();
        for (const char *command : {"add @zoe", "invite", "accept @zoe", "send @zoe hello"}) {
            const Said said = story.alice(command);
            QCOMPARE(said.code, ExitCode::Offline);
            QVERIFY2(said.remarks.last().contains(QStringLiteral("check the network")),
                     qPrintable(said.remarks.join(u'\n')));
        }
        const Said waits = story.alice("send @bob later --json");
        QCOMPARE(waits.code, ExitCode::Done);
        QCOMPARE(waits.json().value(QStringLiteral("state")).toString(), QStringLiteral("queued"));
        QCOMPARE(story.alice("read @bob").lines.size(), 2);
        const QString status = story.alice("status").lines.first();
        QVERIFY2(status.contains(QStringLiteral("1 to be sent")), qPrintable(status));
        QVERIFY(story.alice("relay").lines.first().contains(QStringLiteral("offline")));
        QVERIFY(story.alice("doctor").lines.first().contains(QStringLiteral("✗ clock: not known")));
        for (const char *command : {"chats", "requests", "whoami", "link", "search here"})
            QCOMPARE(story.alice(command).code, ExitCode::Done);
        story.world.startRelay();
        story.alice("chats"); // any command that goes online lets out what waits
        QVERIFY(story.bob("read @alice").lines.last().endsWith(QStringLiteral("later")));
    }

    void keysAndLocks()
    {
        Story story;
        story.alice.losesKeychain();
        const Said locked = story.alice("whoami --json");
        QCOMPARE(locked.code, ExitCode::Locked);
        const QJsonObject error = locked.json().value(QStringLiteral("error")).toObject();
        QCOMPARE(error.value(QStringLiteral("code")).toString(), QStringLiteral("locked"));
        QVERIFY(error.value(QStringLiteral("message")).toString().contains(QStringLiteral("SOTTO_PASSPHRASE")));

        const auto write = [&story](const char *name, const char *passphrase) {
            const QString path = story.world.folder() + u'/' + QLatin1String(name);
            QFile file(path);
            return file.open(QIODevice::WriteOnly) && file.write(passphrase) > 0 ? path : QString();
        };
        Terminal carol(story.world, QStringLiteral("carol"));
        const QStringList right{QStringLiteral("--passphrase-file"), write("right", "open sesame\n")};
        const QStringList wrong{QStringLiteral("--passphrase-file"), write("wrong", "open barley\n")};
        QCOMPARE(carol(right + registering(story.world.operatorInvite(), "Carol")).code, ExitCode::Done);
        QCOMPARE(carol(right + QStringList{QStringLiteral("whoami")}).code, ExitCode::Done);
        const Said refused = carol(wrong + QStringList{QStringLiteral("whoami")});
        QCOMPARE(refused.code, ExitCode::Locked);
        QVERIFY(refused.remarks.last().contains(QStringLiteral("passphrase")));
        QCOMPARE(carol("--passphrase-file /nowhere whoami").code, ExitCode::NotFound);
        // One process at a time.
        const Said second = story.bob.following({QStringLiteral("status")}, [](const QStringList &, CliRunner &) {});
        QCOMPARE(second.code, ExitCode::Done);
        kit::MemorySecretStore keychain;
        auto other = story.world.wait(Client::open(story.bob.profile(), story.bob.environment(), Unlock{}), "a client");
        QVERIFY(other);
        QCOMPARE(story.bob("whoami").code, ExitCode::Busy);
    }
};

SOTTO_TEST(CommandsTest)

} // namespace sotto

#include "commands_test.moc"
