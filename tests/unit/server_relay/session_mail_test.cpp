// Mail to a session: the queue first, live mail behind it, never more than the window.
#include "core/primitives/secret_bytes.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_relay/relay_rig.h"

#include <QTest>

namespace sotto::relay {

class SessionMailTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void queuedMailComesFirstThenWhatArrives()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        for (int i = 0; i < 5; ++i)
            rig.backend.append(kAlice, 300);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        const auto backlog = client.receiveA<wire::Push>();
        QVERIFY(backlog);
        QCOMPARE(std::get<wire::Deliver>(*backlog).envelopes.size(), 5U);
        const auto drained = client.receiveA<wire::Push>();
        QVERIFY(drained);
        QCOMPARE(std::get<wire::QueueDrained>(*drained).seq, 5U);
        const auto envelope = rig.backend.append(kAlice, 300);
        QVERIFY(rig.router.deliver(kAlice, envelope));
        const auto live = client.receiveA<wire::Push>();
        QVERIFY(live);
        QCOMPARE(std::get<wire::Deliver>(*live).envelopes, std::vector<wire::Envelope>{envelope});
        client.send(wire::Acknowledge{{1, 2, 3, 4, 5, 6}});
        QTRY_VERIFY(rig.backend.queued(kAlice).empty());
        QVERIFY(!rig.router.deliver(kBob, envelope));
    }
    void T191_onlyMailThatWasSentIsAcknowledgedAndOnce()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        rig.backend.append(kAlice, 300);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        QVERIFY(client.receiveA<wire::Push>());
        for (int i = 0; i < 100; ++i)
            client.send(wire::Acknowledge{std::vector<std::uint64_t>(100, 1)});
        client.send(wire::Acknowledge{{7, 8, 9}}); // never sent to it
        client.send(wire::Request{1, wire::LookupHandle{QStringLiteral("me")}});
        QVERIFY(client.receiveA<wire::Response>());
        QVERIFY(rig.backend.queued(kAlice).empty());
        QCOMPARE(rig.backend.acknowledged(), 1);
    }
    void T191_acknowledgingNothingWithoutEndEndsTheSession()
    {
        Rig rig;
        rig.start();
        const auto aliceKey = rig.addDevice(kAlice);
        const auto bobKey = rig.addDevice(kBob);
        for (int i = 0; i < 600; ++i)
            rig.backend.append(kBob, 300);
        TestClient busy(rig.port());
        QVERIFY(busy.login(kAlice, aliceKey));
        TestClient honest(rig.port());
        QVERIFY(honest.login(kBob, bobKey));
        for (int i = 0; i < 256; ++i)
            busy.send(wire::Acknowledge{{7}});
        busy.send(wire::Request{1, wire::LookupHandle{QStringLiteral("me")}});
        QVERIFY(busy.receiveA<wire::Response>());
        rig.clock.advance(1s);
        busy.send(wire::Acknowledge{}); // one has grown back
        busy.send(wire::Request{2, wire::LookupHandle{QStringLiteral("me")}});
        QVERIFY(busy.receiveA<wire::Response>());
        busy.send(wire::Acknowledge{{7}});
        QCOMPARE(busy.goodbye(), Code::RateLimited);
        // Whoever acknowledges what it got may do so one by one, as often as there is mail.
        while (!rig.backend.queued(kBob).empty()) {
            const auto push = honest.receiveA<wire::Push>();
            QVERIFY(push);
            const auto *deliver = std::get_if<wire::Deliver>(&*push);
            for (const auto &envelope : deliver ? deliver->envelopes : std::vector<wire::Envelope>())
                honest.send(wire::Acknowledge{{envelope.seq}});
            if (!deliver)
                QTRY_VERIFY(rig.backend.queued(kBob).empty());
        }
        QCOMPARE(rig.server->sessions(), 1);
    }
    void aDeviceThatDoesNotAcknowledgeGetsNoMoreThanTheWindow()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        for (int i = 0; i < 200; ++i)
            rig.backend.append(kAlice, 300);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        std::vector<std::uint64_t> received;
        while (received.size() < 64) {
            const auto push = client.receiveA<wire::Push>();
            QVERIFY(push);
            for (const auto &envelope : std::get<wire::Deliver>(*push).envelopes)
                received.push_back(envelope.seq);
        }
        // Live mail behind a full window is left to the queue too.
        QVERIFY(rig.router.deliver(kAlice, rig.backend.append(kAlice, 300)));
        client.send(wire::Request{1, wire::LookupHandle{QStringLiteral("me")}});
        const auto next = client.receive(); // the answer comes, no mail before it
        QVERIFY(next && std::holds_alternative<wire::Response>(*next));
        QCOMPARE(received.size(), 64U);
        bool drained = false;
        while (!drained) {
            client.send(wire::Acknowledge{{received.begin(), received.end()}});
            received.clear();
            const auto push = client.receiveA<wire::Push>();
            QVERIFY(push);
            if (const auto *deliver = std::get_if<wire::Deliver>(&*push)) {
                for (const auto &envelope : deliver->envelopes)
                    received.push_back(envelope.seq);
            } else {
                drained = std::holds_alternative<wire::QueueDrained>(*push);
            }
        }
        QTRY_VERIFY(rig.backend.queued(kAlice).empty());
    }
    void theWindowCountsBytesToo()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        for (int i = 0; i < 10; ++i)
            rig.backend.append(kAlice, 90'000);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        std::size_t count = 0;
        while (count < 2)
            count += std::get<wire::Deliver>(*client.receiveA<wire::Push>()).envelopes.size();
        client.send(wire::Request{1, wire::LookupHandle{QStringLiteral("me")}});
        const auto next = client.receive();
        QVERIFY(next && std::holds_alternative<wire::Response>(*next));
        QCOMPARE(count, 2U);
    }
    void aQueueThatCannotBeReadEndsTheSession()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.hello());
        rig.backend.breakDown();
        client.authenticate(kAlice, key);
        QCOMPARE(client.goodbye(), Code::Unavailable);
    }
};

SOTTO_TEST(SessionMailTest)

} // namespace sotto::relay

#include "session_mail_test.moc"
