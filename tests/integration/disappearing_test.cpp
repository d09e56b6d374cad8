#include "tests/kit/malicious_relay.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using kit::MailFaults;
using kit::MaliciousRelay;
using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// Messages that disappear, between two people with two desktops each.
class DisappearingPlay : public QObject {
    Q_OBJECT

    static ConversationId chat(const Person &who, const Person &with, std::size_t desktop)
    {
        return who.desktop(desktop).conversationWith(with.account())->id;
    }
    static std::uint32_t timer(const Person &who, const Person &with, std::size_t desktop)
    {
        const auto there = who.desktop(desktop).conversationWith(with.account());
        return there ? there->timerSeconds : 0;
    }
    static bool allHave(const Person &alice, const Person &bob, std::uint32_t seconds)
    {
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            if (timer(alice, bob, desktop) != seconds || timer(bob, alice, desktop) != seconds)
                return false;
        }
        return true;
    }
    static bool allSee(const Person &alice, const Person &bob, qsizetype count)
    {
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            if (alice.sees(bob, desktop).size() != count || bob.sees(alice, desktop).size() != count)
                return false;
        }
        return true;
    }
    static qsizetype hits(World &world, const Person &who, std::size_t desktop, const QString &word)
    {
        const auto found = world.wait(who.desktop(desktop).search(word, 10), "a search");
        return found ? qsizetype(found->size()) : -1;
    }

private Q_SLOTS:
    void T173_messagesDisappearFromFourDesktops()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("lasting"));
        world.until([&] { return allSee(alice, bob, 1); }, "all have it");
        QVERIFY(alice.desktop(0).setTimer(chat(alice, bob, 0), 3600));
        world.until([&] { return allHave(alice, bob, 3600) && allSee(alice, bob, 2); }, "a timer and its line");
        const MessageId id = alice.writesTo(bob, QStringLiteral("rhubarb-crumble"), 1); // from the other desktop
        const MessageId answer = bob.writesTo(alice, QStringLiteral("quince-jelly"), 1);
        world.until([&] { return allSee(alice, bob, 4); }, "all have both");
        world.until(
            [&] {
                return alice.deliveryOf(bob, id, 1) >= Delivery::Sent
                    && bob.deliveryOf(alice, answer, 1) >= Delivery::Sent;
            },
            "and the relay has said so");
        QVERIFY(bob.desktop(0).message(chat(bob, alice, 0), id)->value().timerSeconds == 3600);
        bob.reads(alice, 0);
        alice.reads(bob, 0);
        world.passes(30min);
        QVERIFY(allSee(alice, bob, 4));
        QSignalSpy removed(&bob.desktop(0), &Client::messageRemoved);
        world.passes(31min);
        world.until([&] { return allSee(alice, bob, 2); }, "gone on all four");
        QCOMPARE(removed.count(), 2);
        QVERIFY(!*bob.desktop(0).message(chat(bob, alice, 0), id));
        QVERIFY(!bob.desktop(0).reply(chat(bob, alice, 0), answer, QStringLiteral("to what?")));
        world.passes(2min);
        const std::vector<QByteArray> words{"rhubarb-crumble", "quince-jelly"};
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            QCOMPARE(hits(world, alice, desktop, QStringLiteral("rhubarb")), 0);
            QCOMPARE(hits(world, bob, desktop, QStringLiteral("rhubarb")), 0);
            QCOMPARE(alice.findsOnDisk(words, desktop), std::vector<QByteArray>());
            QCOMPARE(bob.findsOnDisk(words, desktop), std::vector<QByteArray>());
        }
        // Either side sets it again, and both at once end with one.
        alice.goesOffline();
        QVERIFY(alice.desktop(0).setTimer(chat(alice, bob, 0), 60));
        QVERIFY(bob.desktop(1).setTimer(chat(bob, alice, 1), 0));
        alice.comesBack();
        world.until([&] { return allHave(alice, bob, 60); }, "one timer for all");
    }
    void T173_whatEndsWhileTheProgramIsClosedIsNeverShownAgain()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("lasting"));
        world.until([&] { return allSee(alice, bob, 1); }, "all have it");
        QVERIFY(alice.desktop(0).setTimer(chat(alice, bob, 0), 3600));
        world.until([&] { return allHave(alice, bob, 3600); }, "a timer");
        alice.writesTo(bob, QStringLiteral("rhubarb-crumble"));
        world.until([&] { return allSee(alice, bob, 3); }, "all have it");
        bob.reads(alice, 0);
        world.until([&] { return bob.desktop(0).isSettled(); }, "the receipt is out");
        world.passes(20s);
        bob.closes(0);
        bob.closes(1);
        // On its way to who is away it waits at the relay, and is over when he comes.
        const MessageId late = alice.writesTo(bob, QStringLiteral("late"));
        world.until([&] { return alice.deliveryOf(bob, late) >= Delivery::Sent; }, "the relay has it");
        world.passes(61min);
        bob.opensOffline(0);
        QCOMPARE(bob.sees(alice, 0).size(), 2);
        QVERIFY(!bob.desktop(0).conversationWith(alice.account())->lastText.contains(QStringLiteral("rhubarb")));
        QCOMPARE(hits(world, bob, 0, QStringLiteral("rhubarb")), 0);
        bob.closes(0);
        bob.opens(0);
        world.until([&] { return bob.sees(alice, 0).size() == 3; }, "what he has not read is not over for him");
        world.passes(2min); // the relay says how late it is, and the log is cut
        QCOMPARE(bob.findsOnDisk({"rhubarb-crumble"}, 0), std::vector<QByteArray>());
        bob.opens(1);
    }
    /// Its time began when the relay took it first, not when it came after all.
    void T173_whatComesLateToTheOtherDesktopEndsWithTheRest()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("lasting"));
        world.until([&] { return allSee(alice, bob, 1); }, "all have it");
        QVERIFY(alice.desktop(0).setTimer(chat(alice, bob, 0), 3600));
        world.until([&] { return allHave(alice, bob, 3600) && allSee(alice, bob, 2); }, "a timer and its line");
        MaliciousRelay relay(world.clock(), world.random());
        alice.goesOffline();
        relay.takes(alice.line(1));
        alice.comesBack();
        MailFaults faults;
        faults.drop = 1;
        relay.befalls(faults);
        const MessageId id = alice.writesTo(bob, QStringLiteral("late"), 0);
        world.until([&] { return relay.deeds().dropped >= 1 && alice.deliveryOf(bob, id) >= Delivery::Sent; },
                    "its transcript is dropped");
        relay.befalls({});
        alice.writesTo(bob, QStringLiteral("next"), 0);
        world.until([&] { return allSee(alice, bob, 4); }, "it is asked for and comes");
        const auto endOn = [&](std::size_t desktop) {
            return alice.desktop(desktop).message(chat(alice, bob, desktop), id)->value().expiresAt;
        };
        QVERIFY(endOn(0) && endOn(1));
        QVERIFY(std::chrono::abs(*endOn(1) - *endOn(0)) < 30s); // it was asked for after a minute
    }
    void T173_aNewDesktopForgetsToo()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("lasting"));
        world.until([&] { return allSee(alice, bob, 1); }, "all have it");
        QVERIFY(alice.desktop(0).setTimer(chat(alice, bob, 0), 3600));
        world.until([&] { return allHave(alice, bob, 3600); }, "a timer");
        alice.addDesktop();
        QCOMPARE(timer(alice, bob, 2), 3600u);
        const MessageId id = alice.writesTo(bob, QStringLiteral("from the third"), 2);
        world.until([&] { return bob.sees(alice, 0).size() == 3; }, "it comes");
        QVERIFY(bob.desktop(0).message(chat(bob, alice, 0), id)->value().timerSeconds == 3600);
    }
    void T027_aClockThatIsWrongHidesAndDestroysNothing()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("lasting"));
        world.until([&] { return allSee(alice, bob, 1); }, "all have it");
        QVERIFY(alice.desktop(0).setTimer(chat(alice, bob, 0), 24 * 3600));
        world.until([&] { return allHave(alice, bob, 24 * 3600); }, "a timer");
        alice.writesTo(bob, QStringLiteral("rhubarb-crumble"));
        world.until([&] { return allSee(alice, bob, 3); }, "all have it");
        bob.reads(alice, 0);
        world.until([&] { return bob.desktop(0).isSettled(); }, "the receipt is out");
        bob.closes(0);
        const Timestamp truth = world.clock().now();
        world.clock().setWallClock(truth + 365 * 24h);
        bob.opensOffline(0);
        QCOMPARE(bob.sees(alice, 0).size(), 2); // hidden
        QCOMPARE(hits(world, bob, 0, QStringLiteral("rhubarb")), 0);
        bob.closes(0);
        world.clock().setWallClock(truth);
        bob.opensOffline(0);
        QCOMPARE(bob.sees(alice, 0).size(), 3); // still there
        QCOMPARE(hits(world, bob, 0, QStringLiteral("rhubarb")), 1);
    }
};

SOTTO_TEST(DisappearingPlay)

} // namespace sotto

#include "disappearing_test.moc"
