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
    void mailThatComesLateTwiceAndOutOfOrderIsThereOnce()
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
        faults.delay = 0.3;
        faults.replay = 0.2;
        faults.misdate = 0.2;
        faults.longestDelay = 3min; // the ratchet keeps five chains: what is later than that needs repair
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
        relay.losesRequests(0, 0);
        const auto hasAll = [&](const Person &who, const Person &other) {
            return sorted(who.sees(other, 0)) == said && sorted(who.sees(other, 1)) == said;
        };
        for (int minutes = 0; minutes < 120 && !(hasAll(alice, bob) && hasAll(bob, alice)); ++minutes)
            world.passes(1min);
        for (std::size_t desktop : {0, 1}) {
            QCOMPARE(sorted(alice.sees(bob, desktop)), said);
            QCOMPARE(sorted(bob.sees(alice, desktop)), said);
        }
        QVERIFY(relay.deeds().delayed > 20 && relay.deeds().duplicated > 20);
        QVERIFY(relay.deeds().replayed > 20 && relay.deeds().misdated > 20);
        QVERIFY(relay.deeds().requestsLost > 0 && relay.deeds().answersLost > 0);
        for (const Person *person : {&alice, &bob}) {
            for (std::size_t desktop : {0, 1})
                QCOMPARE(person->desktop(desktop).status().undecryptable, 0);
        }
        for (std::size_t desktop : {0, 1}) {
            relay.releases(alice.line(desktop));
            relay.releases(bob.line(desktop));
        }
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
