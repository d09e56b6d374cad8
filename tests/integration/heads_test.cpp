// A relay that shows two people different device lists, and what desktops make of what they tell each other.
#include "tests/kit/malicious_relay.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>

namespace sotto {

using kit::MaliciousRelay;
using kit::Person;
using kit::World;
using namespace std::chrono_literals;

class HeadsPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T043_mailWaitsWhileTheRelayHidesADeviceList()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("before"));
        world.until([&] { return bob.sees(alice, 0).size() == 1 && bob.sees(alice, 1).size() == 1; }, "sessions");
        world.passes(20s);
        // To Bob's first desktop Alice's list is as it was.
        bool hides = true;
        MaliciousRelay malicious(world.clock(), world.random());
        malicious.takes(bob.line(0));
        malicious.onWord([&hides](wire::Frame &frame) {
            const auto *push = std::get_if<wire::Push>(&frame);
            return !hides || !push || !std::holds_alternative<wire::LogChanged>(*push);
        });
        malicious.onAnswer([&](const wire::RequestBody &asked, wire::ResponseBody &answer) {
            const auto *fetch = std::get_if<wire::FetchLog>(&asked);
            if (hides && fetch && fetch->account == alice.account())
                answer = wire::Log{{}, fetch->fromVersion - 1};
            return true;
        });
        alice.addDesktop();
        alice.writesTo(bob, QStringLiteral("from three desktops"));
        world.until([&] { return bob.sees(alice, 0).size() == 2; }, "Bob hears of the list");
        QVERIFY(bob.desktop(0).isHeld(alice.account()));
        world.until([&] { return !bob.desktop(1).isHeld(alice.account()); }, "the other desktop sees the true list");
        const MessageId held = bob.writesTo(alice, QStringLiteral("for whom?"));
        world.until([&] { return !bob.desktop(0).alarms().empty(); }, "an alarm");
        QCOMPARE(bob.deliveryOf(alice, held), Delivery::Queued);
        const auto alarms = bob.desktop(0).alarms();
        QCOMPARE(alarms.size(), std::size_t(1));
        QCOMPARE(alarms.front().kind, AlarmKind::Frozen);
        QCOMPARE(alarms.front().account, alice.account());
        hides = false;
        world.until([&] { return bob.deliveryOf(alice, held) >= Delivery::Sent; }, "it goes");
        world.until([&] { return alice.sees(bob, 2).contains(QStringLiteral("Bob: for whom?")); }, "to all desktops");
        QVERIFY(!bob.desktop(0).isHeld(alice.account()));
        QVERIFY(bob.desktop(0).acknowledgeAlarms(alice.account()));
        QVERIFY(bob.desktop(0).alarms().empty());
    }
};

SOTTO_TEST(HeadsPlay)

} // namespace sotto

#include "heads_test.moc"
