// Requests of a session, its heartbeat and its end.
#include "core/primitives/secret_bytes.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_relay/relay_rig.h"

#include <QTest>

#include <thread>

namespace sotto::relay {

namespace {

class SubmitHandler final : public HandlerFor<wire::Submit> {
public:
    Task<Reply> handle(SessionContext, wire::Submit) override { return Task<Reply>::finished(Reply(wire::Accepted{})); }
};

} // namespace

class SessionTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void requestsReachTheirHandlerAndAreAnsweredByTheirNumber()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        client.send(wire::Request{17, wire::LookupHandle{QStringLiteral("nobody")}});
        client.send(wire::Request{18, wire::LookupHandle{QStringLiteral("me")}});
        client.send(wire::Request{19, wire::CreateInvite{Hash256({})}});
        const auto nobody = client.receiveA<wire::Response>();
        const auto me = client.receiveA<wire::Response>();
        const auto invite = client.receiveA<wire::Response>();
        QVERIFY(nobody && me && invite);
        QCOMPARE(nobody->id, 17U);
        QVERIFY(!std::get<wire::HandleFound>(nobody->body).account);
        QCOMPARE(me->id, 18U);
        QCOMPARE(std::get<wire::HandleFound>(me->body).account, kAlice.account);
        QCOMPARE(invite->id, 19U);
        QCOMPARE(std::get<wire::RelayError>(invite->body).code, Code::Unsupported);
    }
    void aDiskThatIsBehindSlowsSendersOnly()
    {
        Rig rig;
        rig.handlers.add(std::make_unique<SubmitHandler>());
        rig.services->storageBacklog = [&rig] { return Milliseconds(rig.backlogMs.load()); };
        rig.start();
        const auto aliceKey = rig.addDevice(kAlice);
        const auto bobKey = rig.addDevice(kBob);
        TestClient sender(rig.port());
        TestClient reader(rig.port());
        QVERIFY(sender.login(kAlice, aliceKey));
        QVERIFY(reader.login(kBob, bobKey));
        wire::Submit submit{1, SubmitId({}), wire::MailClass::Message, 0, {}, {}};
        submit.targets.push_back({kBob.account, 1, std::nullopt, {{kBob.device, wire::CopyKind::Signal, "s", "c"}}});
        rig.backlogMs = 300;
        sender.send(wire::Request{1, submit});
        QVERIFY(sender.receiveA<wire::Response>()); // what has been read is answered
        sender.send(wire::Request{2, submit});
        reader.send(wire::Request{3, wire::LookupHandle{QStringLiteral("me")}});
        QVERIFY(reader.receiveA<wire::Response>()); // who sends no mail is not slowed down
        QVERIFY(!sender.hasFrame());
        rig.backlogMs = 0;
        rig.clock.advance(1s);
        QVERIFY(sender.receiveA<wire::Response>());
    }
    void ephemeralFramesGoToTheBackend()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        client.send(wire::Ephemeral{kBob.account, std::nullopt, "typing"});
        QTRY_COMPARE(rig.backend.ephemerals(), 1);
    }

    void heartbeatsKeepAConnectionAndSilenceEndsIt()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        // The client's WebSocket answers pings by itself while its event loop runs; a talkative neighbour on the same
        // worker shows when the worker and this loop have had their turns.
        TestClient neighbour(rig.port());
        const auto neighbourKey = rig.addDevice(kBob);
        QVERIFY(neighbour.login(kBob, neighbourKey));
        for (std::uint32_t i = 0; i < 60; ++i) {
            rig.clock.advance(5s);
            for (int turn = 0; turn < 3; ++turn) {
                neighbour.send(wire::Request{i, wire::LookupHandle{QStringLiteral("me")}});
                QVERIFY(neighbour.receiveA<wire::Response>());
            }
        }
        QCOMPARE(rig.server->sessions(), 2);
        // Now their program hangs: minutes pass for the relay between two turns of this loop.
        QVERIFY(QTest::qWaitFor(
            [&rig] {
                rig.clock.advance(2min);
                return rig.server->sessions() == 0;
            },
            20'000));
        QVERIFY(!rig.router.isConnected(kAlice));
    }
    void aStoppingRelaySaysSo()
    {
        Rig rig(2);
        rig.start();
        const auto aliceKey = rig.addDevice(kAlice);
        TestClient alice(rig.port());
        QVERIFY(alice.login(kAlice, aliceKey));
        TestClient stranger(rig.port());
        QVERIFY(stranger.hello());
        std::thread stopping([&rig] { rig.server.reset(); });
        QCOMPARE(alice.goodbye(), Code::GoingDown);
        QCOMPARE(stranger.goodbye(), Code::GoingDown);
        QVERIFY(alice.isClosed());
        stopping.join();
        QCOMPARE(rig.backend.closed(), 1);
        QCOMPARE(rig.limiter.total(), 0);
    }
    void aTakenPortIsRefused()
    {
        Rig rig;
        rig.start();
        const auto refused =
            Acceptor::listen(QHostAddress(QHostAddress::LocalHost), rig.port(), rig.clock, rig.limiter);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Busy);
    }
};

SOTTO_TEST(SessionTest)

} // namespace sotto::relay

#include "session_test.moc"
