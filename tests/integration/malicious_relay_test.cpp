// A relay that loses, delays, doubles, replays and misdates by chance, and what two people with two desktops each see.
#include "tests/kit/malicious_relay.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QObject>
#include <QTest>

namespace sotto {

using namespace std::chrono_literals;
using kit::Person;
using kit::World;

class MaliciousRelayPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void mailThatComesTwiceAgainAndMisdatedIsThereOnce()
    {
        World world(7);
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        kit::MaliciousRelay relay(world.clock(), world.random());
        for (Person *person : {&alice, &bob}) {
            for (std::size_t desktop : {0, 1})
                relay.takes(person->line(desktop));
        }
        kit::MailFaults faults;
        faults.duplicate = 0.2;
        faults.replay = 0.2;
        faults.misdate = 0.2;
        relay.befalls(faults);
        relay.losesRequests(0.05, 0.05);
        QStringList fromAlice;
        QStringList fromBob;
        for (int turn = 0; turn < 40; ++turn) {
            fromAlice.append(QStringLiteral("Alice: a%1").arg(turn));
            alice.writesTo(bob, QStringLiteral("a%1").arg(turn), std::size_t(turn % 2));
            fromBob.append(QStringLiteral("Bob: b%1").arg(turn));
            bob.writesTo(alice, QStringLiteral("b%1").arg(turn), std::size_t(turn / 2 % 2));
            world.passes(90s);
        }
        const QStringList said = sorted(fromAlice + fromBob);
        relay.befalls({});
        relay.losesRequests(0, 0);
        relay.hurries();
        const auto hasAll = [&](const Person &who, const Person &other) {
            return sorted(who.sees(other, 0)) == said && sorted(who.sees(other, 1)) == said;
        };
        world.until([&] { return hasAll(alice, bob) && hasAll(bob, alice); }, "everything, once, on all four desktops");
        QVERIFY(relay.deeds().duplicated > 20 && relay.deeds().replayed > 20 && relay.deeds().misdated > 20);
        QVERIFY(relay.deeds().requestsLost > 0 && relay.deeds().answersLost > 0);
        for (const Person *person : {&alice, &bob}) {
            for (std::size_t desktop : {0, 1})
                QCOMPARE(person->desktop(desktop).status().undecryptable, 0);
        }
    }
    void whatIsWrittenWhileASiblingHasNoSessionWaitsForIt()
    {
        World world(9);
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        kit::MaliciousRelay relay(world.clock(), world.random());
        relay.takes(alice.line(0));
        alice.addDesktop();
        int refused = 0;
        bool isRefusing = true;
        relay.onAnswer([&](const wire::RequestBody &asked, wire::ResponseBody &answer) {
            const auto *fetch = std::get_if<wire::FetchBundles>(&asked);
            if (isRefusing && fetch && fetch->account == alice.account()) {
                answer = wire::RelayError{wire::RelayErrorCode::Unavailable, {}, 1000};
                ++refused;
            }
            return true;
        });
        const MessageId message = alice.writesTo(bob, QStringLiteral("to all of us"));
        world.until([&] { return refused > 2; }, "it has asked for its sibling's bundle");
        QCOMPARE(alice.deliveryOf(bob, message), Delivery::Queued);
        isRefusing = false;
        const QStringList line{QStringLiteral("Alice: to all of us")};
        world.until([&] { return alice.sees(bob, 2) == line && alice.sees(bob, 1) == line; }, "a transcript");
        world.until([&] { return bob.sees(alice, 0) == line && bob.sees(alice, 1) == line; }, "the message");
    }
    void aLostContactRequestIsNotOvertakenByWhatFollows()
    {
        World world(10);
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.join(QStringLiteral("Bob"));
        kit::MaliciousRelay relay(world.clock(), world.random());
        relay.takes(bob.line(0));
        int lost = 0;
        relay.onRequest([&](wire::RequestBody &asked) {
            const auto *submit = std::get_if<wire::Submit>(&asked);
            const bool isToAlice = submit && submit->targets.front().account == alice.account();
            return !isToAlice || ++lost > 1;
        });
        QVERIFY(world.wait(bob.desktop().addContact(alice.account().toHex()), "Bob asks"));
        bob.writesTo(alice, QStringLiteral("It is me."));
        world.until([&] { return lost == 1; }, "his request is lost");
        const auto sees = [&](std::size_t desktop) {
            return alice.sees(bob, desktop).contains(QStringLiteral("Bob: It is me."));
        };
        world.until([&] { return sees(0) && sees(1); }, "what he wrote comes behind his request");
        for (std::size_t desktop : {0, 1}) {
            QCOMPARE(alice.desktop(desktop).status().droppedFrames, 0);
            QCOMPARE(alice.sees(bob, desktop).size(), 1);
        }
    }
    void mailThatIsHeldBackAndComesOutOfOrderIsThereOnce()
    {
        World world(8);
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("first"));
        const QStringList first{QStringLiteral("Alice: first")};
        world.until([&] { return bob.sees(alice, 0) == first && bob.sees(alice, 1) == first; }, "sessions");
        kit::MaliciousRelay relay(world.clock(), world.random());
        bob.goesOffline();
        relay.takes(bob.line(0));
        relay.takes(bob.line(1));
        bob.comesBack();
        kit::MailFaults faults;
        faults.delay = 1;
        relay.befalls(faults);
        // Few, and in one direction: the ratchet keeps five chains, what comes later than that needs repair.
        QStringList said = first;
        for (int turn = 0; turn < 10; ++turn) {
            said.append(QStringLiteral("Alice: %1").arg(turn));
            alice.writesTo(bob, QStringLiteral("%1").arg(turn));
        }
        world.until([&] { return relay.deeds().delayed >= 20; }, "all of it has been held back");
        QCOMPARE(bob.sees(alice, 1), first);
        bob.restarts(1); // the honest relay has nothing more for it
        relay.befalls({});
        relay.hurries();
        const auto seenBy = [&](std::size_t desktop) { return sorted(bob.sees(alice, desktop)) == sorted(said); };
        world.until([&] { return seenBy(0) && seenBy(1); }, "everything, once, on both desktops");
    }

private:
    static QStringList sorted(QStringList lines)
    {
        lines.sort();
        return lines;
    }
};

SOTTO_TEST(MaliciousRelayPlay)

} // namespace sotto

#include "malicious_relay_test.moc"
