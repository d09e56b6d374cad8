#include "tests/kit/test_main.h"
#include "tests/process/live_desktop.h"
#include "tests/process/relay_process.h"
#include "tests/process/rpc_process.h"
#include "tests/process/waiting.h"

#include <QFile>
#include <QJsonDocument>
#include <QTemporaryDir>
#include <QTest>

using namespace sotto;
using namespace sotto::kit;

namespace {

using Key = QLatin1String;

/// A folder with a relay, passphrases and profiles.
struct House {
    QTemporaryDir folder;
    RelayProcess relay{folder.filePath(QStringLiteral("relay")), QStringLiteral("relay")};

    /// How `name` opens the profile of that name; the passphrase file is made the first time.
    QStringList options(const QString &name) const
    {
        const QString path = folder.filePath(name + QStringLiteral(".passphrase"));
        QFile file(path);
        if (!file.exists() && file.open(QIODevice::WriteOnly))
            file.write(QStringLiteral("sesame of %1\n").arg(name).toUtf8());
        return {QStringLiteral("--profile"), folder.filePath(name), QStringLiteral("--passphrase-file"), path};
    }
    Outcome run(const QString &name, const QStringList &words, const QByteArray &input = {}) const
    {
        return runProgram(clientProgram(), options(name) + words, input);
    }
};

QJsonObject registering(const QString &invite, const char *name, const char *handle)
{
    return {{Key("invite"), invite}, {Key("name"), Key(name)}, {Key("handle"), Key(handle)}};
}
QJsonObject to(const QString &person, const QString &text) { return {{Key("to"), person}, {Key("text"), text}}; }
QJsonObject person(const QString &who) { return {{Key("person"), who}}; }
QJsonObject chat(const QString &which) { return {{Key("chat"), which}}; }
QJsonObject chat(const QString &which, int limit) { return {{Key("chat"), which}, {Key("limit"), limit}}; }
int errorCode(const QJsonObject &answer) { return answer.value(Key("error")).toObject().value(Key("code")).toInt(); }
/// Whether member `key` of a notification's parameters is `value`.
std::function<bool(const QJsonObject &)> where(const char *key, const QJsonValue &value)
{
    return [key, value](const QJsonObject &params) { return params.value(Key(key)) == value; };
}

const QString kWords = QStringLiteral("The plum tree is in blossom");

} // namespace

/// sotto-cli as its users start it: processes, pipes, passphrases.
class CommandLineClientTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(initialisePrimitives());
        for (const char *body : {"The plum tree is in blossom", "Read from standard input", "Plums, really"})
            lookForInLogs(QStringLiteral("body"), QString::fromLatin1(body));
        for (const char *name : {"Alice Appleby", "Bob Birnbaum", "Carol Cherry", "aappleby", "bbirnbaum", "ccherry"})
            lookForInLogs(QStringLiteral("name"), QString::fromLatin1(name));
        lookForInLogs(QStringLiteral("passphrase"), QStringLiteral("sesame of"));
    }

    void everyMethodAndNotificationOfRpc()
    {
        House house;
        QVERIFY(house.relay.start());
        const QStringList invites = house.relay.invites(2);
        QCOMPARE(invites.size(), 2);
        RpcProcess alice(QStringLiteral("rpc-alice"), house.options(QStringLiteral("alice")));
        RpcProcess bob(QStringLiteral("rpc-bob"), house.options(QStringLiteral("bob")));

        // Before there is an account.
        QCOMPARE(alice.refusal(QStringLiteral("account.whoami")), QStringLiteral("not_found"));
        QCOMPARE(alice.result(QStringLiteral("status")).value(Key("messages")).toInt(), 0);
        QVERIFY(!alice.refusal(QStringLiteral("messages.send"), to(QStringLiteral("@bob"), kWords)).isEmpty());
        QCOMPARE(alice.refusal(QStringLiteral("account.register"), registering(QStringLiteral("x"), "A", "abc")),
                 QStringLiteral("invalid_argument"));

        // Accounts; whoever invites is told of the newcomer.
        const QString aliceId =
            alice.result(QStringLiteral("account.register"), registering(invites[0], "Alice Appleby", "aappleby"))
                .value(Key("account"))
                .toString();
        QVERIFY(alice.hears(QStringLiteral("event.connection"), where("caught_up", true)));
        const QString invite = alice.result(QStringLiteral("account.invite")).value(Key("invite")).toString();
        const QString bobId =
            bob.result(QStringLiteral("account.register"), registering(invite, "Bob Birnbaum", "bbirnbaum"))
                .value(Key("account"))
                .toString();
        QCOMPARE(bob.refusal(QStringLiteral("account.register"), registering(invite, "Bob Birnbaum", "bbirnbaum")),
                 QStringLiteral("already_exists"));
        QCOMPARE(alice.result(QStringLiteral("account.whoami")).value(Key("handle")).toString(),
                 QStringLiteral("aappleby"));
        for (const QString &secret : {aliceId, bobId, invite, invites[0], invites[1], house.relay.address()})
            lookForInLogs(QStringLiteral("id"), secret);

        // Messages and their marks, once Alice has heard of the newcomer.
        QVERIFY(alice.hears(QStringLiteral("event.presence"), where("person", bobId)));
        const QString sent = alice.result(QStringLiteral("messages.send"), to(QStringLiteral("@bbirnbaum"), kWords))
                                 .value(Key("message_id"))
                                 .toString();
        QVERIFY(bob.hears(QStringLiteral("event.message"), [&](const QJsonObject &params) {
            const QJsonObject message = params.value(Key("message")).toObject();
            return message.value(Key("id")) == sent && message.value(Key("text")) == kWords;
        }));
        QVERIFY(alice.hears(QStringLiteral("event.receipt"), where("state", QStringLiteral("delivered"))));
        const QJsonArray chats = bob.result(QStringLiteral("chats.list")).value(Key("chats")).toArray();
        QCOMPARE(chats.size(), 1);
        QCOMPARE(chats.first().toObject().value(Key("unread")).toInt(), 1);
        QCOMPARE(chats.first().toObject().value(Key("person")).toString(), aliceId);
        bob.result(QStringLiteral("messages.mark_read"), chat(chats.first().toObject().value(Key("chat")).toString()));
        QVERIFY(alice.hears(QStringLiteral("event.receipt"), where("state", QStringLiteral("read"))));
        const QString answer = bob.result(QStringLiteral("messages.send"), to(aliceId, QStringLiteral("Plums, really")))
                                   .value(Key("message_id"))
                                   .toString();
        QVERIFY(alice.hears(QStringLiteral("event.message"), [&answer](const QJsonObject &params) {
            return params.value(Key("message")).toObject().value(Key("id")) == answer;
        }));
        const auto listed = [&](const QJsonObject &params) {
            return alice.result(QStringLiteral("messages.list"), params).value(Key("messages")).toArray();
        };
        QCOMPARE(listed(chat(bobId, 10)).size(), 2);
        QCOMPARE(listed(chat(bobId, 10)).first().toObject().value(Key("state")).toString(), QStringLiteral("read"));
        QCOMPARE(listed(chat(bobId, 1)).first().toObject().value(Key("id")).toString(), answer);
        QJsonObject older = chat(bobId, 10);
        older.insert(Key("before"), answer);
        QCOMPARE(listed(older).size(), 1);
        const QJsonArray hits =
            alice.result(QStringLiteral("search.messages"), {{Key("query"), Key("PLUM")}, {Key("limit"), 10}})
                .value(Key("hits"))
                .toArray();
        QCOMPARE(hits.size(), 2);

        // A stranger asks; contacts see each other type and come.
        LiveDesktop carol(house.folder.filePath(QStringLiteral("carol")));
        carol.registersWith(invites[1], QStringLiteral("Carol Cherry"), QStringLiteral("ccherry"));
        const QString carolId = carol.account().toHex();
        lookForInLogs(QStringLiteral("id"), carolId);
        QVERIFY(waitFor(carol.client().addContact(QStringLiteral("@aappleby"))));
        QVERIFY(alice.hears(QStringLiteral("event.request"), where("id", carolId)));
        QCOMPARE(alice.result(QStringLiteral("contacts.requests")).value(Key("requests")).toArray().size(), 1);
        alice.result(QStringLiteral("contacts.accept"), person(carolId));
        const AccountId aliceAccount = *AccountId::fromHex(aliceId);
        QVERIFY(until([&] { return carol.knows(aliceAccount); }));
        QVERIFY(alice.hears(QStringLiteral("event.presence"), where("person", carolId)));
        carol.writesTo(aliceAccount, QStringLiteral("Plums, really"));
        QVERIFY(alice.hears(QStringLiteral("event.message"), [&carolId](const QJsonObject &params) {
            return params.value(Key("message")).toObject().value(Key("from")) == carolId;
        }));
        carol.client().sendTyping(aliceAccount);
        QVERIFY(alice.hears(QStringLiteral("event.typing"), where("person", carolId)));
        QCOMPARE(bob.result(QStringLiteral("contacts.add"), person(QStringLiteral("@ccherry")))
                     .value(Key("person"))
                     .toString(),
                 carolId);
        alice.result(QStringLiteral("contacts.block"), person(carolId));
        QCOMPARE(alice.refusal(QStringLiteral("messages.send"), to(carolId, kWords)), QStringLiteral("not_permitted"));

        // Mistakes.
        QCOMPARE(alice.refusal(QStringLiteral("messages.send"), to(QStringLiteral("@nobody_at_all"), kWords)),
                 QStringLiteral("not_found"));
        QCOMPARE(alice.refusal(QStringLiteral("messages.send"), to(bobId, QString(70'000, u'x'))),
                 QStringLiteral("too_large"));
        QCOMPARE(errorCode(alice.call(QStringLiteral("messages.fly"))), -32601);
        QCOMPARE(errorCode(alice.call(QStringLiteral("messages.list"), chat(bobId, 0))), -32602);
        QCOMPARE(errorCode(alice.call(QStringLiteral("contacts.add"))), -32602);
        QCOMPARE(errorCode(alice.answerTo("not JSON")), -32700);
        QCOMPARE(errorCode(alice.answerTo("[]")), -32600);

        // One process at a time has the profile; the end of the input is the end.
        QCOMPARE(house.run(QStringLiteral("bob"), {QStringLiteral("whoami")}).code, 8);
        QCOMPARE(alice.finish(), 0);
        QCOMPARE(bob.finish(), 0);
        QCOMPARE(alice.problems(), QStringList());
        QCOMPARE(bob.problems(), QStringList());
    }

    void whatComesFromStandardInput()
    {
        House house;
        QVERIFY(house.relay.start());
        const QString alice = QStringLiteral("alice");
        const QString invite = house.relay.invites(1).value(0);
        const auto registerIt = [&](const QString &name, const QString &link) {
            return house.run(name, {QStringLiteral("register"), link, QStringLiteral("--name"), name});
        };
        QCOMPARE(registerIt(alice, invite).code, 0);
        LiveDesktop bob(house.folder.filePath(QStringLiteral("bob")));
        bob.registersWith(house.run(alice, {QStringLiteral("invite")}).lines.value(0), QStringLiteral("Bob"));
        const QStringList sending{QStringLiteral("send"), bob.account().toHex(), QStringLiteral("-")};
        // Longer than a text, longer than a pipe; and no text at all.
        QCOMPARE(house.run(alice, sending, QByteArray(200'000, 'x')).code, 2);
        QCOMPARE(house.run(alice, sending, QByteArray("\xff\xfe plums")).code, 2);
        QCOMPARE(house.run(alice, sending, "Read from standard input\n").code, 0);
        const AccountId from = bob.client().contacts().at(0).account;
        QVERIFY(until([&] { return bob.textsWith(from).size() == 1; }));
        QCOMPARE(bob.textsWith(from).first(), QStringLiteral("Read from standard input"));

        // The recovery kit, typed back.
        const QString kit = house.run(alice, {QStringLiteral("recovery-kit")}).lines.value(0);
        lookForInLogs(QStringLiteral("kit"), kit);
        const QStringList groups = kit.split(u'-');
        QCOMPARE(groups.size(), 14);
        QCOMPARE(house.run(alice, {QStringLiteral("recovery-kit"), QStringLiteral("--confirm")}, "AAAA\nAAAA\n").code,
                 3);
        QProcess confirming;
        confirming.start(
            clientProgram(),
            house.options(alice)
                + QStringList{QStringLiteral("recovery-kit"), QStringLiteral("--confirm"), QStringLiteral("--json")});
        QVERIFY(until([&confirming] { return confirming.canReadLine(); }));
        const QJsonArray asked = QJsonDocument::fromJson(confirming.readLine()).object().value(Key("groups")).toArray();
        QCOMPARE(asked.size(), 2);
        for (const QJsonValue &number : asked)
            confirming.write(groups.at(number.toInt() - 1).toLatin1() + '\n');
        QVERIFY(until([&confirming] { return confirming.state() == QProcess::NotRunning; }));
        QCOMPARE(confirming.exitCode(), 0);
        QCOMPARE(house.run(alice, {QStringLiteral("recovery-kit")}).code, 5); // it is not here any more
        QCOMPARE(house.run(alice, {QStringLiteral("doctor")}).code, 0);
    }
};

SOTTO_TEST(CommandLineClientTest)
#include "command_line_client_test.moc"
