// Who has to go when the relay has no room, as it shows on the sockets, and that nobody else notices.
#include "core/primitives/secret_bytes.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_relay/echo_relay.h"
#include "tests/unit/server_relay/raw_client.h"
#include "tests/unit/server_relay/relay_rig.h"

#include <QTest>

namespace sotto::relay {

namespace {

constexpr int kBinary = 2;

ConnectionLimits roomForStrangers(int count)
{
    ConnectionLimits limits = Rig::kRoomy;
    limits.unauthenticatedTotal = count;
    return limits;
}

/// Whether the relay still answers the client.
bool isServed(TestClient &client)
{
    client.send(wire::Request{1, wire::LookupHandle{QStringLiteral("me")}});
    return client.receiveA<wire::Response>().has_value();
}

} // namespace

class SheddingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void theOldestStrangerMakesRoom()
    {
        Rig rig(2, EventLoopKind::Epoll, roomForStrangers(3));
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient honest(rig.port());
        QVERIFY(honest.login(kAlice, key));
        TestClient oldest(rig.port());
        QVERIFY(oldest.hello());
        TestClient second(rig.port());
        QVERIFY(second.hello());
        TestClient third(rig.port());
        QVERIFY(third.hello());
        TestClient late(rig.port());
        QVERIFY(late.hello());
        QCOMPARE(oldest.goodbye(), Code::Unavailable);
        QVERIFY(oldest.isClosed());
        QTRY_COMPARE(rig.server->sessions(), 4);
        const auto bobsKey = rig.addDevice(kBob);
        second.authenticate(kBob, bobsKey);
        QVERIFY(second.receiveA<wire::Welcome>());
        QVERIFY(isServed(honest));
        QVERIFY(isServed(second));
    }
    void whoHasNotEvenShakenHandsGoesFirst()
    {
        Rig rig(1, EventLoopKind::Epoll, roomForStrangers(3));
        rig.start();
        RawClient silent(rig.port());
        QTRY_COMPARE(rig.limiter.total(), 1);
        TestClient second(rig.port());
        QVERIFY(second.hello());
        TestClient third(rig.port());
        QVERIFY(third.hello());
        const auto key = rig.addDevice(kAlice);
        TestClient honest(rig.port());
        QVERIFY(honest.login(kAlice, key));
        QVERIFY(silent.isClosedByPeer());
        QTRY_COMPARE(rig.limiter.total(), 3);
        QCOMPARE(rig.server->sessions(), 3);
        QVERIFY(isServed(honest));
    }
    void withoutMemoryStrangersGoAndThenTheYoungest()
    {
        Rig rig;
        rig.start();
        const auto aliceKey = rig.addDevice(kAlice);
        const auto bobKey = rig.addDevice(kBob);
        TestClient alice(rig.port());
        QVERIFY(alice.login(kAlice, aliceKey));
        TestClient bob(rig.port());
        QVERIFY(bob.login(kBob, bobKey));
        TestClient stranger(rig.port());
        QVERIFY(stranger.hello());
        RawClient silent(rig.port());
        QTRY_COMPARE(rig.limiter.total(), 4);

        rig.limiter.setMemoryShort(true);
        QCOMPARE(stranger.goodbye(), Code::Unavailable);
        QVERIFY(silent.isClosedByPeer());
        QTRY_COMPARE(rig.limiter.total(), 2);
        RawClient refused(rig.port());
        QVERIFY(refused.isClosedByPeer());
        QVERIFY(isServed(alice));
        QVERIFY(isServed(bob));

        QCOMPARE(rig.limiter.shedAuthenticated(1), 1);
        QCOMPARE(bob.goodbye(), Code::Unavailable);
        QVERIFY(bob.isClosed());
        QTRY_COMPARE(rig.server->sessions(), 1);
        QVERIFY(isServed(alice));

        rig.limiter.setMemoryShort(false);
        TestClient back(rig.port());
        QVERIFY(back.login(kBob, bobKey));
        QVERIFY(isServed(alice));
        QVERIFY(isServed(back));
    }
    void aClientOverItsBufferLimitGoesAndNobodyElse()
    {
        EchoRelay::Options options;
        options.answers = 200;
        EchoRelay relay(std::move(options));
        RawClient honest(relay.port());
        QVERIFY(honest.upgrade());
        RawClient greedy(relay.port());
        greedy.setReadBufferSize(4096);
        QVERIFY(greedy.upgrade());
        QTRY_COMPARE(relay.open(), 2);
        honest.send(RawClient::frame(kBinary, "before"));
        QCOMPARE(honest.receiveMessage(), Bytes("before"));
        greedy.send(RawClient::frame(kBinary, Bytes(60'000, 'x'))); // 12 MB of answers in one turn
        QTRY_COMPARE(relay.open(), 1);
        for (int i = 1; i < 200; ++i)
            QCOMPARE(honest.receiveMessage(), Bytes("before"));
        honest.send(RawClient::frame(kBinary, "after"));
        QCOMPARE(honest.receiveMessage(), Bytes("after"));
        QVERIFY(relay.mostPending() <= 2 * 1024 * 1024);
        QCOMPARE(relay.open(), 1);
    }
};

SOTTO_TEST(SheddingTest)

} // namespace sotto::relay

#include "shedding_test.moc"
