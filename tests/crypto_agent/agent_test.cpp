#include "tests/crypto_agent/agent.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QCoreApplication>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

namespace sotto {

using kit::CryptoAgent;

namespace {
/// Fields of a request or answer; an object wins over earlier values.
using Fields = QJsonObject;

QJsonValue hex(const char *text) { return QString::fromLatin1(QByteArray(text).toHex()); }

Fields parse(const QByteArray &line) { return QJsonDocument::fromJson(line).object(); }

QByteArray request(const char *op, Fields fields)
{
    fields.insert(QStringLiteral("op"), QLatin1String(op));
    return QJsonDocument(fields).toJson(QJsonDocument::Compact);
}

/// One agent in this process, with virtual time.
class Agent {
public:
    Agent(CryptoCore &core, const char *name) : m_agent(core), m_name(QLatin1String(name))
    {
        ask("init", {{QStringLiteral("name"), m_name}, {QStringLiteral("device"), 1}});
    }
    Fields ask(const char *op, const Fields &fields) { return parse(m_agent.answer(request(op, fields))); }
    Fields askAbout(const char *op, const Agent &peer, Fields fields = {})
    {
        fields.insert(QStringLiteral("peer"), peer.m_name);
        fields.insert(QStringLiteral("device"), 1);
        return ask(op, fields);
    }
    Fields line(const QByteArray &bytes) { return parse(m_agent.answer(bytes)); }

    /// Takes the peer's bundle with these ids.
    bool meets(Agent &peer, int signedId, int oneTimeId)
    {
        Fields bundle =
            peer.ask("bundle", {{QStringLiteral("spk_id"), signedId}, {QStringLiteral("pk_id"), oneTimeId}});
        return isOk(askAbout("process_bundle", peer, bundle));
    }
    Fields writes(const Agent &peer, const char *text)
    {
        return askAbout("encrypt", peer, {{QStringLiteral("plaintext"), hex(text)}});
    }
    Fields reads(const Agent &peer, const Fields &frame)
    {
        return askAbout("decrypt", peer,
                        {{QStringLiteral("type"), frame[QStringLiteral("type")]},
                         {QStringLiteral("body"), frame[QStringLiteral("body")]}});
    }
    static bool isOk(const Fields &answer) { return answer[QStringLiteral("ok")].toBool(); }
    static QString error(const Fields &answer) { return answer[QStringLiteral("error")].toString(); }

private:
    CryptoAgent m_agent;
    QString m_name;
};

bool hasText(const Fields &answer, const char *text) { return answer[QStringLiteral("plaintext")] == hex(text); }
} // namespace

class AgentTest : public QObject {
    Q_OBJECT
    kit::SeededRandom m_random{5};
    kit::FakeClock m_clock;
    std::unique_ptr<CryptoCore> m_core = std::move(CryptoCore::create(m_random, m_clock)).value();

private Q_SLOTS:
    void T001_twoAgentsConverse()
    {
        Agent alice(*m_core, "alice"), bob(*m_core, "bob");
        QCOMPARE(Agent::error(alice.writes(bob, "x")), QStringLiteral("no_session"));
        QVERIFY(alice.meets(bob, 1, 7));
        const Fields first = alice.writes(bob, "first");
        QCOMPARE(first[QStringLiteral("type")].toString(), QStringLiteral("prekey"));
        QCOMPARE(bob.askAbout("info", alice)[QStringLiteral("prekeys_left")].toInt(), 1);
        QVERIFY(hasText(bob.reads(alice, first), "first"));
        QCOMPARE(bob.askAbout("info", alice)[QStringLiteral("prekeys_left")].toInt(), 0);
        QVERIFY(bob.askAbout("info", alice)[QStringLiteral("record_bytes")].toInt() > 300);
        QCOMPARE(Agent::error(bob.reads(alice, first)), QStringLiteral("duplicate"));
        const Fields answer = bob.writes(alice, "answer");
        QCOMPARE(answer[QStringLiteral("type")].toString(), QStringLiteral("signal"));
        QVERIFY(hasText(alice.reads(bob, answer), "answer"));
    }
    void T001_sessionsEndAndIdentitiesBind()
    {
        Agent alice(*m_core, "alice"), bob(*m_core, "bob");
        QVERIFY(alice.meets(bob, 1, 0));
        const Fields first = alice.writes(bob, "first");
        QVERIFY(hasText(bob.reads(alice, first), "first"));
        QVERIFY(Agent::isOk(bob.askAbout("archive", alice)));
        QCOMPARE(Agent::error(bob.writes(alice, "x")), QStringLiteral("no_session"));
        QVERIFY(Agent::isOk(bob.askAbout("delete_session", alice)));
        QCOMPARE(Agent::error(bob.reads(alice, first)), QStringLiteral("duplicate"));

        Agent newBob(*m_core, "bob");
        QVERIFY(!alice.meets(newBob, 1, 1));
        QVERIFY(Agent::isOk(alice.askAbout("forget_identity", newBob)));
        QVERIFY(alice.meets(newBob, 1, 1));
        QVERIFY(hasText(newBob.reads(alice, alice.writes(newBob, "hello again")), "hello again"));
    }
    void T001_snapshotsBringBackEverything()
    {
        Agent alice(*m_core, "alice"), bob(*m_core, "bob");
        QVERIFY(alice.meets(bob, 1, 7));
        const Fields first = alice.writes(bob, "first");
        const Fields slot{{QStringLiteral("slot"), QStringLiteral("before")}};
        QVERIFY(Agent::isOk(bob.ask("snapshot", slot)));
        QVERIFY(hasText(bob.reads(alice, first), "first"));
        QVERIFY(Agent::isOk(bob.ask("restore", slot)));
        QVERIFY(hasText(bob.reads(alice, first), "first"));
        QCOMPARE(Agent::error(bob.reads(alice, first)), QStringLiteral("duplicate"));
        QCOMPARE(Agent::error(bob.ask("restore", {{QStringLiteral("slot"), QStringLiteral("none")}})),
                 QStringLiteral("invalid_argument"));
    }
    void T001_senderKeys()
    {
        Agent alice(*m_core, "alice"), bob(*m_core, "bob");
        const Fields group{{QStringLiteral("group"), QStringLiteral("g")}};
        const auto with = [&group](const char *field, const QJsonValue &value) {
            Fields fields = group;
            fields.insert(QLatin1String(field), value);
            return fields;
        };
        const QJsonValue skdm = alice.ask("sk_create", group)[QStringLiteral("skdm")];
        QVERIFY(Agent::isOk(bob.askAbout("sk_process", alice, with("skdm", skdm))));
        const QJsonValue body = alice.ask("sk_encrypt", with("plaintext", hex("text")))[QStringLiteral("body")];
        QVERIFY(hasText(bob.askAbout("sk_decrypt", alice, with("body", body)), "text"));
        QCOMPARE(Agent::error(bob.askAbout("sk_decrypt", alice, with("body", body))), QStringLiteral("duplicate"));
        // The distribution again: the chain is not wound back.
        QVERIFY(Agent::isOk(bob.askAbout("sk_process", alice, with("skdm", skdm))));
        QCOMPARE(Agent::error(bob.askAbout("sk_decrypt", alice, with("body", body))), QStringLiteral("duplicate"));
        QVERIFY(Agent::isOk(alice.ask("sk_rotate", group)));
        QCOMPARE(Agent::error(alice.ask("sk_encrypt", with("plaintext", hex("x")))), QStringLiteral("no_session"));
        QVERIFY(alice.ask("sk_create", group)[QStringLiteral("skdm")] != skdm);
    }
    void T001_keysSignAgreeAndCompare()
    {
        Agent alice(*m_core, "alice"), bob(*m_core, "bob");
        const auto keyOf = [](Agent &agent) -> QJsonValue {
            return agent.ask(
                "bundle",
                {{QStringLiteral("spk_id"), 1}, {QStringLiteral("pk_id"), 0}})[QStringLiteral("identity_key")];
        };
        const QJsonValue aliceKey = keyOf(alice), bobKey = keyOf(bob);
        const QJsonValue signature = alice.ask("sign", {{QStringLiteral("data"), hex("data")}})[QStringLiteral("sig")];
        const auto valid = [&](const char *data) {
            return bob
                .ask("verify",
                     {{QStringLiteral("key"), aliceKey},
                      {QStringLiteral("data"), hex(data)},
                      {QStringLiteral("sig"), signature}})[QStringLiteral("valid")]
                .toInt(-1);
        };
        QCOMPARE(valid("data"), 1);
        QCOMPARE(valid("date"), 0);
        const QJsonValue secret = alice.ask("agree", {{QStringLiteral("key"), bobKey}})[QStringLiteral("secret")];
        QCOMPARE(secret.toString().size(), 64);
        QCOMPARE(bob.ask("agree", {{QStringLiteral("key"), aliceKey}})[QStringLiteral("secret")], secret);
        const Fields number = alice.ask("fingerprint",
                                        {{QStringLiteral("iterations"), 5200},
                                         {QStringLiteral("version"), 1},
                                         {QStringLiteral("local_id"), QStringLiteral("a")},
                                         {QStringLiteral("local_key"), aliceKey},
                                         {QStringLiteral("remote_id"), QStringLiteral("b")},
                                         {QStringLiteral("remote_key"), bobKey}});
        QCOMPARE(number[QStringLiteral("display")].toString().size(), 60);
        QVERIFY(!number[QStringLiteral("scannable")].toString().isEmpty());
    }

    void T001_hostileLinesChangeNothing_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("no JSON") << QByteArray("{\"op\":");
        QTest::newRow("an array") << QByteArray("[1]");
        QTest::newRow("deep") << QByteArray(100'000, '[');
        QTest::newRow("not UTF-8") << QByteArray("{\"op\":\"\xff\xfe\"}");
        QTest::newRow("NUL") << QByteArray("{\"op\":\"init\0\"}", 15);
        QTest::newRow("no op") << QByteArray("{}");
        QTest::newRow("op is a number") << QByteArray("{\"op\":1}");
        QTest::newRow("unknown op") << QByteArray(R"({"op":"explode"})");
        QTest::newRow("missing field") << QByteArray(R"({"op":"encrypt","peer":"bob","device":1})");
        QTest::newRow("odd hex") << QByteArray(R"({"op":"encrypt","peer":"bob","device":1,"plaintext":"abc"})");
        QTest::newRow("upper-case hex") << QByteArray(R"({"op":"encrypt","peer":"bob","device":1,"plaintext":"AB"})");
        QTest::newRow("no hex") << QByteArray(R"({"op":"encrypt","peer":"bob","device":1,"plaintext":"zz"})");
        QTest::newRow("device 0") << QByteArray(R"({"op":"encrypt","peer":"bob","device":0,"plaintext":"ab"})");
        QTest::newRow("half a device") << QByteArray(R"({"op":"encrypt","peer":"bob","device":1.5,"plaintext":"ab"})");
        QTest::newRow("a huge device") << QByteArray(
            R"({"op":"encrypt","peer":"bob","device":1e300,"plaintext":"ab"})");
        QTest::newRow("wrong type") << QByteArray(R"({"op":"decrypt","peer":"bob","device":1,"type":"x","body":"ab"})");
        QTest::newRow("id 0") << QByteArray(R"({"op":"bundle","spk_id":0,"pk_id":0})");
        QTest::newRow("last-resort id") << QByteArray(R"({"op":"bundle","spk_id":1,"pk_id":16777215})");
        QTest::newRow("init without device") << QByteArray(R"({"op":"init","name":"mallory"})");
        QTest::newRow("too long") << QByteArray(CryptoAgent::kMaxLineBytes + 1, ' ');
    }
    void T001_hostileLinesChangeNothing()
    {
        QFETCH(QByteArray, line);
        Agent alice(*m_core, "alice"), bob(*m_core, "bob");
        QVERIFY(alice.meets(bob, 1, 7));
        const Fields answer = alice.line(line);
        QCOMPARE(Agent::error(answer), QStringLiteral("invalid_argument"));
        QCOMPARE(answer[QStringLiteral("code")].toInt(), -22);
        QVERIFY(hasText(bob.reads(alice, alice.writes(bob, "text")), "text"));
    }
    void T001_hostileBundlesAreRefused()
    {
        Agent alice(*m_core, "alice"), bob(*m_core, "bob");
        const Fields good = bob.ask("bundle", {{QStringLiteral("spk_id"), 1}, {QStringLiteral("pk_id"), 7}});
        const auto refused = [&](const char *field, const QJsonValue &value) {
            Fields bad = good;
            bad.insert(QLatin1String(field), value);
            return Agent::error(alice.askAbout("process_bundle", bob, bad));
        };
        QCOMPARE(refused("spk_sig", QString()), QStringLiteral("invalid_key"));
        QCOMPARE(refused("spk_sig", QString(126, u'0')), QStringLiteral("invalid_key"));
        QCOMPARE(refused("spk", QString(66, u'0')), QStringLiteral("invalid_key"));
        QCOMPARE(refused("pk", QStringLiteral("05") + QString(64, u'0')), QStringLiteral("invalid_key"));
        QCOMPARE(refused("identity_key", QStringLiteral("05")), QStringLiteral("invalid_key"));
        QCOMPARE(refused("pk_id", 0xffffff), QStringLiteral("invalid_key_id"));
        QCOMPARE(refused("device_id", 2), QStringLiteral("invalid_argument"));
        QCOMPARE(refused("spk_sig", QJsonValue()), QStringLiteral("invalid_argument"));
        QCOMPARE(Agent::error(alice.writes(bob, "x")), QStringLiteral("no_session"));
        QVERIFY(Agent::isOk(alice.askAbout("process_bundle", bob, good)));
    }

    void T001_theProgramEndsWithItsInputOnly()
    {
        QProcess program;
        program.start(QCoreApplication::applicationDirPath() + QStringLiteral("/crypto-agent"), {});
        QVERIFY(program.waitForStarted());
        QByteArray input = QByteArray(R"({"op":"init","name":"alice","device":1})") + '\n';
        for (int byte = 0; byte < 256; ++byte) {
            if (byte != '\n')
                input += QByteArray(5, char(byte)) + '\n';
        }
        input += R"({"op":"info","peer":"bob","device":1})"; // the last line without its end
        program.write(input);
        program.closeWriteChannel();
        QVERIFY(program.waitForFinished());
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QCOMPARE(program.exitCode(), 0);
        const QList<QByteArray> lines = program.readAllStandardOutput().split('\n');
        QCOMPARE(lines.size(), 1 + 255 + 1 + 1);
        QVERIFY(Agent::isOk(parse(lines.first())));
        QVERIFY(Agent::isOk(parse(lines[256])));
    }
};

SOTTO_TEST(AgentTest)

} // namespace sotto

#include "agent_test.moc"
