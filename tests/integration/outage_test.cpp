#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// Programs and relay stop and start; nothing is lost, nothing comes twice.
class OutagePlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void desktopsRestartInTheMiddle()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        QStringList said;
        for (int i = 0; i < 12; ++i) {
            const QString text = QStringLiteral("Line %1").arg(i);
            alice.writesTo(bob, text, std::size_t(0));
            said.append(QStringLiteral("Alice: ") + text);
            if (i % 4 == 1)
                bob.restarts(std::size_t(i / 4) % 2);
            if (i % 4 == 3)
                alice.restarts(0);
        }
        world.until([&] { return bob.sees(alice, 0) == said && bob.sees(alice, 1) == said; },
                    "every line once, in order");
        world.until([&] { return alice.sees(bob, 1) == said; }, "Alice's other desktop has them too");
    }
    void theRelayRestartsWithMailInItsQueues()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        bob.goesOffline();
        const MessageId kept = alice.writesTo(bob, QStringLiteral("Keep this"));
        world.until([&] { return alice.deliveryOf(bob, kept) == Delivery::Sent; }, "the relay has it");
        world.stopRelay();
        const MessageId waits = alice.writesTo(bob, QStringLiteral("Written while the relay was away"));
        QCOMPARE(alice.deliveryOf(bob, waits), Delivery::Queued);
        world.startRelay();
        bob.comesBack();
        const QStringList said{QStringLiteral("Alice: Keep this"),
                               QStringLiteral("Alice: Written while the relay was away")};
        world.until([&] { return bob.sees(alice, 0) == said && bob.sees(alice, 1) == said; }, "both arrive, once");
    }
    void whoWasAwayForWeeksCanBeWrittenToByNewPeople()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        // The program runs on without a network; what the relay has of Bob's prekeys runs out.
        bob.goesOffline();
        alice.goesOffline();
        world.clock().advance(std::chrono::hours(24 * 40));
        alice.comesBack();
        bob.comesBack();
        Person carol = world.joinInvitedBy(bob, QStringLiteral("Carol"));
        carol.writesTo(bob, QStringLiteral("Hello Bob"));
        const QStringList said{QStringLiteral("Carol: Hello Bob")};
        world.until([&] { return bob.sees(carol, 0) == said && bob.sees(carol, 1) == said; }, "both desktops");
    }
    void aDesktopInADrawerKeepsNobodyFromWriting()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        // Its bundle is six days old when it goes into the drawer; dormant it is 30 days later, and not before.
        bob.goesOffline();
        world.clock().advance(std::chrono::hours(24 * 6));
        bob.comesBack();
        bob.closes(1);
        bob.desktop(0).stop();
        alice.goesOffline();
        world.clock().advance(std::chrono::hours(24 * 29));
        alice.comesBack();
        bob.desktop(0).start();
        world.until([&] { return bob.desktop(0).connection().caughtUp; }, "one desktop is back");
        Person carol = world.joinInvitedBy(bob, QStringLiteral("Carol"));
        carol.writesTo(bob, QStringLiteral("Hello Bob"));
        const QStringList said{QStringLiteral("Carol: Hello Bob")};
        world.until([&] { return bob.sees(carol, 0) == said; }, "the desktop that is in use");
        bob.opens(1);
        world.until([&] { return bob.sees(carol, 1) == said; }, "the one out of the drawer");
    }
    void whatWasSaidIsFound()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("Treffen wir uns in der Gr\u00fcnstra\u00dfe?"));
        world.until([&] { return bob.sees(alice, 1).size() == 1; }, "the message");
        const auto hits = world.wait(bob.desktop(1).search(QStringLiteral("grunstrasse"), 50), "a search");
        QVERIFY(hits);
        QCOMPARE(hits->size(), 1u);
        QCOMPARE(hits->front().spans.size(), 1u);
        QVERIFY(world.wait(bob.desktop(1).search(QStringLiteral("nowhere"), 50), "a search in vain")->empty());
    }
    void whatWaitsOfflineIsFoundAndLaterFoundOnce()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("The first lantern"));
        world.until([&] { return bob.sees(alice, 0).size() == 1; }, "the first message");
        alice.goesOffline();
        alice.writesTo(bob, QStringLiteral("The second lantern"));
        const auto found = [&] {
            QStringList texts;
            const auto hits = world.wait(alice.desktop(0).search(QStringLiteral("lantern"), 50), "a search");
            for (const SearchHit &hit : hits.valueOr({}))
                texts.append(hit.message.text);
            return texts;
        };
        const QStringList both{QStringLiteral("The second lantern"), QStringLiteral("The first lantern")};
        QCOMPARE(found(), both);
        alice.comesBack();
        world.until([&] { return bob.sees(alice, 0).size() == 2; }, "the second message");
        QCOMPARE(found(), both);
    }
};

SOTTO_TEST(OutagePlay)

} // namespace sotto

#include "outage_test.moc"
