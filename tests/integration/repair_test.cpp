// What a relay loses, turns over, alters and holds back comes after all, on every desktop.
#include "tests/kit/malicious_relay.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>

#include <algorithm>
#include <vector>

namespace sotto {

using namespace std::chrono_literals;
using kit::MailFaults;
using kit::MaliciousRelay;
using kit::Person;
using kit::World;

class RepairPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T080_whatTheRelayDropsComesAfterAMinuteInItsPlace()
    {
        World world(31);
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        talk(world, alice, bob);
        MaliciousRelay relay(world.clock(), world.random());
        bob.goesOffline();
        relay.takes(bob.line(0));
        relay.takes(bob.line(1));
        bob.comesBack();
        int dropped = 0;
        bool drops = true;
        relay.onMail([&](wire::Envelope mail) -> std::vector<wire::Envelope> {
            const bool isLost = drops && mail.mailClass == wire::MailClass::Message;
            dropped += isLost ? 1 : 0;
            if (isLost)
                mail.ciphertext = Bytes("nothing that could be read"); // acknowledged, and not the message
            return {mail};
        });
        for (int i = 0; i < 3; ++i)
            alice.writesTo(bob, QStringLiteral("lost %1").arg(i));
        world.until([&] { return dropped >= 6; }, "three messages are dropped for both desktops");
        drops = false;
        alice.writesTo(bob, QStringLiteral("last"));
        world.until([&] { return bob.sees(alice, 0).contains(QStringLiteral("Alice: last")); }, "a gap shows");
        QVERIFY(bob.desktop(0).status().unrepaired >= 3);
        const Timestamp noticed = world.clock().now();
        const QStringList all = alice.sees(bob);
        world.until([&] { return bob.sees(alice, 0) == all && bob.sees(alice, 1) == all; }, "everything in order");
        QVERIFY(world.clock().now() - noticed < 5min);
        for (const std::size_t desktop : {0, 1}) {
            QCOMPARE(bob.desktop(desktop).status().unrepaired, 0);
            QVERIFY(bob.desktop(desktop).status().repaired >= 3);
            QCOMPARE(bob.desktop(desktop).status().lost, 0);
        }
    }
    void T080_transcriptsThatAreLostComeAfterAll()
    {
        World world(32);
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        talk(world, alice, bob);
        MaliciousRelay relay(world.clock(), world.random());
        alice.goesOffline();
        relay.takes(alice.line(1));
        alice.comesBack();
        MailFaults faults;
        faults.drop = 1;
        relay.befalls(faults);
        for (int i = 0; i < 3; ++i)
            alice.writesTo(bob, QStringLiteral("from the first desktop %1").arg(i), 0);
        world.until([&] { return relay.deeds().dropped >= 3; }, "transcripts are dropped");
        relay.befalls({});
        // Nothing follows: the end of the stream is told by a receipt that says nothing else.
        const QStringList all = alice.sees(bob, 0);
        passes(world, {&alice, &bob}, 2h);
        world.until([&] { return alice.sees(bob, 1) == all; }, "all of them on the other desktop");
    }
    void T080_aLossAtTheEndShowsThoughTheFirstReceiptsAreLostToo()
    {
        World world(35);
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        talk(world, alice, bob);
        MaliciousRelay relay(world.clock(), world.random());
        bob.goesOffline();
        relay.takes(bob.line(1));
        bob.comesBack();
        MailFaults faults;
        faults.drop = 1;
        relay.befalls(faults);
        alice.writesTo(bob, QStringLiteral("last"));
        const QStringList all = alice.sees(bob);
        world.until([&] { return bob.sees(alice, 0) == all; }, "it is there on one desktop");
        const auto daysLater = [&](int days) {
            for (Person *person : {&alice, &bob})
                person->goesOffline();
            world.clock().advance(days * 24h);
            for (Person *person : {&alice, &bob})
                person->comesBack();
            passes(world, {&alice, &bob}, 6min);
        };
        daysLater(1);
        QVERIFY(relay.deeds().dropped >= 2);
        relay.befalls({});
        daysLater(3);
        world.until([&] { return bob.sees(alice, 1) == all; }, "and on the other");
    }
    void whoWasRemovedStaysSoOnADesktopThatMissedTheAcceptance()
    {
        World world(34);
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.join(QStringLiteral("Bob"));
        QVERIFY(world.wait(bob.desktop(0).addContact(alice.account().toHex()), "Bob asks"));
        const auto stateOn = [&](std::size_t desktop) {
            for (const Contact &contact : alice.desktop(desktop).contacts()) {
                if (contact.account == bob.account())
                    return contact.state;
            }
            return ContactState::Stranger;
        };
        world.until([&] { return stateOn(0) == ContactState::Asking && stateOn(1) == ContactState::Asking; }, "asked");
        MaliciousRelay relay(world.clock(), world.random());
        alice.goesOffline();
        relay.takes(alice.line(1));
        alice.comesBack();
        MailFaults faults;
        faults.drop = 1;
        relay.befalls(faults);
        QVERIFY(world.wait(alice.desktop(0).acceptContact(bob.account()), "Alice accepts"));
        world.until([&] { return relay.deeds().dropped >= 1; }, "the copy of her acceptance is dropped");
        relay.befalls({});
        int asked = 0;
        relay.onRequest([&asked](wire::RequestBody &request) {
            const auto *submit = std::get_if<wire::Submit>(&request);
            const bool isRetry = submit && submit->targets.front().partial;
            asked += isRetry ? 1 : 0;
            return !isRetry || asked > 1; // the first is late
        });
        alice.writesTo(bob, QStringLiteral("hello"), 0);
        world.until([&] { return alice.desktop(1).status().unrepaired > 0; }, "the other desktop misses it");
        QVERIFY(world.wait(alice.desktop(0).removeContact(bob.account()), "Alice removes Bob"));
        world.until([&] { return stateOn(1) == ContactState::Stranger; }, "on both desktops");
        passes(world, {&alice, &bob}, 30min);
        for (const std::size_t desktop : {0, 1}) {
            QCOMPARE(stateOn(desktop), ContactState::Stranger);
            QVERIFY(alice.sees(bob, desktop).isEmpty());
            QCOMPARE(alice.desktop(desktop).status().unrepaired, 0);
        }
    }
    void T081_whatComesOutOfOrderIsShownInOrder()
    {
        World world(33);
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        talk(world, alice, bob);
        MaliciousRelay relay(world.clock(), world.random());
        bob.goesOffline();
        relay.takes(bob.line(0));
        relay.takes(bob.line(1));
        bob.comesBack();
        MailFaults faults;
        faults.delay = 0.7;
        faults.longestDelay = 5min;
        relay.befalls(faults);
        for (int turn = 0; turn < 12; ++turn) {
            alice.writesTo(bob, QStringLiteral("a%1").arg(turn), std::size_t(turn % 2));
            bob.writesTo(alice, QStringLiteral("b%1").arg(turn), std::size_t(turn / 2 % 2));
            world.passes(20s);
        }
        relay.befalls({});
        relay.hurries();
        lastWords(alice, bob);
        allSeeTheSame(world, alice, bob, 24 + 8);
        for (const std::size_t desktop : {0, 1}) {
            for (const char sender : {'a', 'b'}) {
                int next[2] = {0, 0};
                for (const QString &line : bob.sees(alice, desktop)) {
                    const QString word = line.section(QLatin1Char(' '), -1);
                    if (word.size() > 3 || word[0] != QLatin1Char(sender))
                        continue;
                    const int turn = word.mid(1).toInt();
                    int &device = next[sender == 'a' ? turn % 2 : turn / 2 % 2];
                    QVERIFY2(turn >= device, "a message of a desktop stands before an earlier one");
                    device = turn;
                }
            }
        }
    }
    void everythingComesThroughARelayThatLosesAltersAndDelays_data()
    {
        QTest::addColumn<int>("seed");
        QTest::newRow("one") << 41;
        QTest::newRow("two") << 42;
    }
    void everythingComesThroughARelayThatLosesAltersAndDelays()
    {
        QFETCH(int, seed);
        World world{std::uint64_t(seed)};
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        talk(world, alice, bob);
        MaliciousRelay relay(world.clock(), world.random());
        for (Person *person : {&alice, &bob}) {
            person->goesOffline();
            relay.takes(person->line(0));
            relay.takes(person->line(1));
            person->comesBack();
        }
        MailFaults faults;
        faults.drop = 0.08;
        faults.alter = 0.04;
        faults.delay = 0.1;
        faults.longestDelay = 20min;
        faults.duplicate = 0.1;
        faults.replay = 0.1;
        faults.misdate = 0.1;
        relay.befalls(faults);
        relay.losesRequests(0.05, 0.05);
        for (int turn = 0; turn < 30; ++turn) {
            alice.writesTo(bob, QStringLiteral("a%1").arg(turn), std::size_t(turn % 2));
            bob.writesTo(alice, QStringLiteral("b%1").arg(turn), std::size_t(turn / 2 % 2));
            if (turn % 10 == 5) // what is asked for, and what is to be answered, is on disk
                (turn < 10 ? bob : alice).restarts(std::size_t(turn / 10 % 2));
            world.passes(60s);
        }
        relay.befalls({});
        relay.losesRequests(0, 0);
        relay.hurries();
        lastWords(alice, bob);
        allSeeTheSame(world, alice, bob, 60 + 8);
        QVERIFY(relay.deeds().dropped > 5 && relay.deeds().altered > 2 && relay.deeds().delayed > 5);
        std::int64_t repaired = 0;
        for (const Person *person : {&alice, &bob}) {
            for (const std::size_t desktop : {0, 1})
                repaired += person->desktop(desktop).status().repaired;
        }
        QVERIFY(repaired > 5);
    }

private:
    /// Every desktop has its sessions: four messages.
    static void talk(World &world, Person &alice, Person &bob)
    {
        alice.writesTo(bob, QStringLiteral("first"), 0);
        bob.writesTo(alice, QStringLiteral("second"), 0);
        world.until([&] { return alice.sees(bob, 1).size() == 2 && bob.sees(alice, 1).size() == 2; }, "two messages");
        alice.writesTo(bob, QStringLiteral("third"), 1);
        bob.writesTo(alice, QStringLiteral("fourth"), 1);
        world.until(
            [&] {
                return alice.sees(bob, 0).size() == 4 && bob.sees(alice, 0).size() == 4
                    && alice.sees(bob, 1).size() == 4 && bob.sees(alice, 1).size() == 4;
            },
            "sessions");
    }
    /// Hours go by in seconds with everybody online: the relay works in real time, and what it is asked is answered
    /// before time goes on, else requests and signs of life would be late. Who lost the line comes back first: a new
    /// one takes real time, of which there is none in these steps.
    static void passes(World &world, const std::vector<const Person *> &people, Milliseconds time)
    {
        const auto areAnswered = [&people] {
            return std::ranges::all_of(people, [](const Person *person) {
                return person->line(0).isAnswered() && person->line(1).isAnswered();
            });
        };
        const auto areOnline = [&people] {
            return std::ranges::all_of(people, [](const Person *person) {
                return person->desktop(0).connection().caughtUp && person->desktop(1).connection().caughtUp;
            });
        };
        for (Milliseconds gone(0); gone < time; gone += 4s) {
            world.until(areOnline, "everybody is online");
            world.clock().advance(4s);
            world.standsStillUntil(areAnswered, "the relay's answers");
        }
    }
    /// After these every desktop knows what it misses.
    static void lastWords(Person &alice, Person &bob)
    {
        for (const std::size_t desktop : {0, 1}) {
            alice.writesTo(bob, QStringLiteral("last of %1").arg(desktop), desktop);
            bob.writesTo(alice, QStringLiteral("last of %1").arg(desktop), desktop);
        }
    }
    static void allSeeTheSame(World &world, const Person &alice, const Person &bob, qsizetype lines)
    {
        const auto sorted = [](QStringList seen) {
            seen.sort();
            return seen;
        };
        const auto isWhole = [&](const Person &who, const Person &other, std::size_t desktop) {
            const auto status = who.desktop(desktop).status();
            return sorted(who.sees(other, desktop)) == sorted(alice.sees(bob, 0))
                && who.sees(other, desktop).size() == lines && status.unrepaired == 0 && status.undecryptable == 0;
        };
        const auto areWhole = [&] {
            return isWhole(alice, bob, 0) && isWhole(alice, bob, 1) && isWhole(bob, alice, 0) && isWhole(bob, alice, 1);
        };
        // What was asked for in vain is asked for less and less often.
        for (int i = 0; i < 48 && !areWhole(); ++i)
            passes(world, {&alice, &bob}, 10min);
        for (const Person *person : {&alice, &bob}) {
            const Person &other = person == &alice ? bob : alice;
            for (const std::size_t desktop : {0, 1}) {
                const auto status = person->desktop(desktop).status();
                qInfo("%s %d: %d of %d lines, %d missing, %d unreadable, %d repaired, %d lost, to be sent %d, %s",
                      qPrintable(person->name()), int(desktop), int(person->sees(other, desktop).size()), int(lines),
                      int(status.unrepaired), int(status.undecryptable), int(status.repaired), int(status.lost),
                      int(status.outbox), status.connection.status == ConnectionStatus::Online ? "online" : "offline");
            }
        }
        world.until(areWhole, "all four desktops show everything, once");
    }
};

SOTTO_TEST(RepairPlay)

} // namespace sotto

#include "repair_test.moc"
