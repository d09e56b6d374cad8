#include "tests/kit/test_main.h"
#include "tests/unit/server_handlers/handler_fixture.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

class BackendTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void unknownDevicesAreNotFound()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        relay.join(alice);
        const auto login = waitFor(relay.backend.findDevice(alice.address()));
        QVERIFY(login);
        QCOMPARE(login->signingKey, alice.account.first.signing.publicKey);
        QVERIFY(waitFor(relay.backend.findDevice({alice.id(), deviceId(99)})).error().code == ErrorCode::NotFound);
        QVERIFY(waitFor(relay.backend.findDevice(address(9, 1))).error().code == ErrorCode::NotFound);
    }

    void typingReachesConnectedContactsAndNobodyElse()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        const auto type = [&](std::optional<Bytes> token) {
            relay.backend.relayEphemeral(HandlerFixture::session(alice.address()), {bob.id(), token, "typing"});
        };
        type(bob.token); // not connected: nothing is kept
        relay.router.connected = {bob.address()};
        type(std::nullopt);
        type(alice.token);
        QVERIFY(relay.router.pushed<wire::EphemeralArrived>(bob.address()).empty());
        type(bob.token);
        QCOMPARE(relay.router.pushed<wire::EphemeralArrived>(bob.address()).size(), std::size_t(1));
        QVERIFY(waitFor(relay.backend.readMail(bob.address(), {}, 64, 1 << 20))->empty());
        for (int i = 0; i < 100; ++i)
            type(bob.token);
        QVERIFY(relay.router.pushed<wire::EphemeralArrived>(bob.address()).size() <= 50); // and not too often
    }

    void siblingsLearnOfEachOther()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        relay.join(alice);
        const DeviceAddress laptop{alice.id(), deviceId(12)};
        relay.router.connected = {alice.address(), laptop};
        relay.backend.sessionOpened({5, {}, laptop});
        const auto told = relay.router.pushed<wire::OwnDevices>(alice.address());
        QCOMPARE(told.size(), std::size_t(1));
        QCOMPARE(told[0].connected.size(), std::size_t(2));
        relay.router.connected = {alice.address()};
        relay.backend.sessionClosed({4, {}, laptop}); // an older session of it: it is still here
        QCOMPARE(relay.router.pushed<wire::OwnDevices>(alice.address()).size(), std::size_t(1));
        relay.backend.sessionClosed({5, {}, laptop});
        QCOMPARE(relay.router.pushed<wire::OwnDevices>(alice.address()).back().connected.size(), std::size_t(1));
    }

    void presenceGoesToWatchers()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        relay.router.connected = {alice.address(), bob.address()};
        const Bytes topic(32, 't');
        relay.backend.sessionOpened({1, {}, alice.address()});
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(bob.address(), wire::WatchPresence{{topic}})));
        QVERIFY(std::holds_alternative<wire::Ok>(relay.ask(alice.address(), wire::PublishPresence{topic})));
        QVERIFY(relay.router.pushed<wire::Presence>(bob.address()).back().online);
        relay.backend.sessionClosed({1, {}, alice.address()});
        relay.clock.advance(std::chrono::seconds(30));
        QVERIFY(!relay.router.pushed<wire::Presence>(bob.address()).back().online);
    }

    void housekeepingForgetsWhatIsOver()
    {
        HandlerFixture relay;
        Member alice(1, 11);
        Member bob(2, 21);
        relay.join(alice);
        relay.join(bob);
        Housekeeping housekeeping(relay.services, *relay.disk.store);
        auto submit = relay.compose(alice, bob, "short");
        submit.ttlSeconds = 30;
        QVERIFY(std::holds_alternative<wire::Accepted>(relay.ask(alice.address(), submit)));
        relay.invite();
        relay.clock.advance(std::chrono::hours(25));
        QTRY_COMPARE(waitFor(relay.disk.store->counts())->queuedMail, 0);
        QTRY_COMPARE(waitFor(relay.disk.store->counts())->openInvites, 0);
        QTRY_COMPARE(waitFor(relay.disk.store->loadAccount(alice.id()))->devices[0].counters.lastSubmitSeq, 1u);
    }
};

SOTTO_TEST(BackendTest)
#include "backend_test.moc"
