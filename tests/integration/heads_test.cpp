// A relay that shows two people different device lists, and what desktops make of what they tell each other.
#include "tests/kit/malicious_relay.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>
#include <algorithm>
#include <set>

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
        MaliciousRelay malicious(world.clock(), world.random());
        malicious.takes(bob.line(0));
        malicious.hidesLogs({alice.account()});
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
        malicious.hidesLogs({});
        world.until([&] { return bob.deliveryOf(alice, held) >= Delivery::Sent; }, "it goes");
        world.until([&] { return alice.sees(bob, 2).contains(QStringLiteral("Bob: for whom?")); }, "to all desktops");
        QVERIFY(!bob.desktop(0).isHeld(alice.account()));
        QVERIFY(bob.desktop(0).acknowledgeAlarms(alice.account()));
        QVERIFY(bob.desktop(0).alarms().empty());
    }
    void T040_aDeviceThatOnlyTheRelayKnowsIsToldAndNeverWrittenTo()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        MaliciousRelay malicious(world.clock(), world.random());
        malicious.takes(bob.line(0));
        const auto ghost = *DeviceId::from(4711);
        int claims = 0;
        std::set<DeviceId> writtenTo;
        malicious.onRequest([&](wire::RequestBody &asked) {
            if (const auto *submit = std::get_if<wire::Submit>(&asked)) {
                for (const wire::Target &target : submit->targets) {
                    for (const wire::Copy &copy : target.copies)
                        writtenTo.insert(copy.device);
                }
            }
            return true;
        });
        malicious.onAnswer([&](const wire::RequestBody &asked, wire::ResponseBody &answer) {
            const bool isSubmit = std::holds_alternative<wire::Submit>(asked);
            const auto *fetch = std::get_if<wire::FetchLog>(&asked);
            if (isSubmit && claims++ == 0)
                answer = wire::StaleDevices{{{alice.account(), 99, {ghost}, {}}}};
            // An entry that nobody signed, after those that are there.
            else if (fetch && fetch->account == alice.account())
                answer = wire::Log{{{Bytes(64, 'e'), Bytes(64, 's'), {}}}, 99};
            return true;
        });
        const MessageId message = bob.writesTo(alice, QStringLiteral("to whom?"));
        world.until([&] { return !bob.desktop(0).alarms().empty(); }, "an alarm");
        QCOMPARE(bob.desktop(0).alarms().front().kind, AlarmKind::BadLog);
        world.until([&] { return bob.deliveryOf(alice, message) >= Delivery::Sent; }, "it goes to those who are known");
        QVERIFY(!writtenTo.contains(ghost));
        world.until([&] { return alice.sees(bob, 0).size() == 1 && alice.sees(bob, 1).size() == 1; }, "both have it");
    }
    void T041_anOlderListIsToldAndSendingGoesOn()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        MaliciousRelay malicious(world.clock(), world.random());
        malicious.takes(bob.line(0));
        int claims = 0;
        malicious.onAnswer([&](const wire::RequestBody &asked, wire::ResponseBody &answer) {
            const auto *fetch = std::get_if<wire::FetchLog>(&asked);
            if (std::holds_alternative<wire::Submit>(asked) && claims++ == 0)
                answer = wire::StaleDevices{{{alice.account(), 1, {}, {}}}};
            else if (fetch && fetch->account == alice.account())
                answer = wire::Log{{}, 1};
            return true;
        });
        bob.writesTo(alice, QStringLiteral("to both of you"));
        world.until([&] { return !bob.desktop(0).alarms().empty(); }, "an alarm");
        QCOMPARE(bob.desktop(0).alarms().front().kind, AlarmKind::BadLog);
        world.until([&] { return alice.sees(bob, 0).size() == 1 && alice.sees(bob, 1).size() == 1; }, "both have it");
        QVERIFY(!bob.desktop(0).isHeld(alice.account()));
    }
    void aDesktopThatAnotherAddedIsTold()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        QVERIFY(alice.desktop(0).acknowledgeAlarms(alice.account()));
        QVERIFY(alice.desktop(1).acknowledgeAlarms(alice.account()));
        alice.addDesktop(); // by the first
        world.until([&] { return !alice.desktop(1).alarms().empty(); }, "the second is told");
        QCOMPARE(alice.desktop(1).alarms().front().kind, AlarmKind::OwnDeviceAdded);
        QCOMPARE(alice.desktop(1).alarms().front().account, alice.account());
        QVERIFY(alice.desktop(0).alarms().empty());
        QVERIFY(alice.desktop(2).alarms().empty());
    }
    void T043_everythingWaitsWhileTheRelayHidesOurOwnDeviceList()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        MaliciousRelay malicious(world.clock(), world.random());
        malicious.takes(alice.line(1));
        malicious.hidesLogs({alice.account()});
        alice.addDesktop();
        alice.writesTo(bob, QStringLiteral("from the first"));
        world.until([&] { return alice.sees(bob, 1).size() == 1; }, "its transcript names the new list");
        QVERIFY(alice.desktop(1).isHeld(bob.account()));
        const MessageId held = alice.writesTo(bob, QStringLiteral("from the second"), 1);
        const auto tells = [&](AlarmKind kind) {
            const auto alarms = alice.desktop(1).alarms();
            return std::ranges::find(alarms, kind, &Alarm::kind) != alarms.end();
        };
        world.until([&] { return tells(AlarmKind::Frozen); }, "an alarm");
        QVERIFY(tells(AlarmKind::OwnLogHidden)); // Bob's receipts name it too
        QCOMPARE(alice.desktop(1).heldPeople(), std::vector{alice.account()});
        QCOMPARE(alice.deliveryOf(bob, held, 1), Delivery::Queued);
        malicious.hidesLogs({});
        world.until([&] { return alice.sees(bob, 2).size() == 2; }, "it goes, with a copy for the new desktop");
        QVERIFY(alice.desktop(1).heldPeople().empty());
    }
};

SOTTO_TEST(HeadsPlay)

} // namespace sotto

#include "heads_test.moc"
