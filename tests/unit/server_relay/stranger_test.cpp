// Who has not authenticated may do little, and not for long.
#include "core/primitives/secret_bytes.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_relay/relay_rig.h"

#include <QTest>

namespace sotto::relay {

class StrangerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void strangersMustChooseARoleInTime()
    {
        Rig rig;
        rig.start();
        TestClient silent(rig.port());
        QVERIFY(silent.hello());
        rig.clock.advance(9s);
        QCOMPARE(rig.server->sessions(), 1);
        rig.clock.advance(2s);
        QCOMPARE(silent.goodbye(), Code::TimedOut);
        QVERIFY(silent.isClosed());
    }
    void strangersHaveThreeFrames()
    {
        Rig rig;
        rig.start();
        TestClient client(rig.port());
        QVERIFY(client.hello());
        wire::Register registration{InviteSecret({}), {"g", Bytes(64, 's'), {}}, {"b", Bytes(64, 's'), {}}, {}, {},
                                    Hash256({})};
        for (std::uint32_t id = 1; id <= 4; ++id)
            client.send(wire::Request{id, registration});
        for (std::uint32_t id = 1; id <= 3; ++id) {
            const auto response = client.receiveA<wire::Response>();
            QVERIFY(response);
            QCOMPARE(response->id, id);
            QVERIFY(std::holds_alternative<wire::Registered>(response->body));
        }
        QCOMPARE(client.goodbye(), Code::RateLimited);
    }
    void aRegistrationHas30SecondsAndMayThenAuthenticate()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(deviceOf(42));
        TestClient client(rig.port());
        QVERIFY(client.hello());
        wire::Register registration{InviteSecret({}), {"g", Bytes(64, 's'), {}}, {"b", Bytes(64, 's'), {}}, {}, {},
                                    Hash256({})};
        client.send(wire::Request{1, registration});
        QVERIFY(client.receiveA<wire::Response>());
        rig.clock.advance(20s);
        client.authenticate(deviceOf(42), key);
        QVERIFY(client.receiveA<wire::Welcome>());
        TestClient slow(rig.port());
        QVERIFY(slow.hello());
        slow.send(wire::Request{1, registration});
        QVERIFY(slow.receiveA<wire::Response>());
        rig.clock.advance(31s);
        QCOMPARE(slow.goodbye(), Code::TimedOut);
    }
    void strangersMayAskNothingElse()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient asking(rig.port());
        QVERIFY(asking.hello());
        asking.send(wire::Request{1, wire::LookupHandle{QStringLiteral("bob")}});
        QCOMPARE(asking.goodbye(), Code::NotAuthenticated);
        TestClient acknowledging(rig.port());
        QVERIFY(acknowledging.hello());
        acknowledging.send(wire::Acknowledge{{1, 2}});
        QCOMPARE(acknowledging.goodbye(), Code::NotAuthenticated);
        TestClient nonsense(rig.port());
        QVERIFY(nonsense.hello());
        nonsense.sendBytes("this is no frame");
        QCOMPARE(nonsense.goodbye(), Code::Malformed);
        TestClient relayish(rig.port());
        QVERIFY(relayish.login(kAlice, key));
        relayish.send(wire::Welcome{});
        QCOMPARE(relayish.goodbye(), Code::Malformed);
    }
    void withoutRandomnessNobodyIsGreeted()
    {
        Rig rig;
        rig.start();
        rig.random.failNow();
        TestClient client(rig.port());
        QCOMPARE(client.goodbye(), Code::Unavailable);
    }
};

SOTTO_TEST(StrangerTest)

} // namespace sotto::relay

#include "stranger_test.moc"
