#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// Everything arrives once, in order, on all desktops, whoever is away when.
class DeliveryPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aliceAndBobTalkAndEveryDesktopShowsIt()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const MessageId hello = alice.writesTo(bob, QStringLiteral("See you at noon"));
        const QStringList said{QStringLiteral("Alice: See you at noon")};
        world.until([&] { return bob.sees(alice, 0) == said && bob.sees(alice, 1) == said; }, "Bob's desktops show it");
        world.until([&] { return alice.sees(bob, 1) == said; }, "Alice's other desktop shows it");
        world.until([&] { return alice.deliveryOf(bob, hello, 0) == Delivery::Delivered; }, "the delivered mark");
        bob.reads(alice, 1);
        world.until(
            [&] {
                return alice.deliveryOf(bob, hello, 0) == Delivery::Read
                    && alice.deliveryOf(bob, hello, 1) == Delivery::Read;
            },
            "the read mark on both desktops");
        bob.writesTo(alice, QStringLiteral("I'll be there"), 1);
        const QStringList both = said + QStringList{QStringLiteral("Bob: I'll be there")};
        world.until(
            [&] { return alice.sees(bob, 0) == both && alice.sees(bob, 1) == both && bob.sees(alice, 0) == both; },
            "the answer everywhere");
    }
    void bobReadsWhatCameWhileHeWasAway()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        bob.goesOffline();
        QStringList said;
        for (int i = 0; i < 150; ++i) {
            alice.writesTo(bob, QStringLiteral("Line %1").arg(i), std::size_t(0));
            said.append(QStringLiteral("Alice: Line %1").arg(i));
        }
        const auto allSent = [&] { return alice.desktop().status().outbox == 0; };
        world.until(allSent, "everything is at the relay");
        world.passes(3h);
        bob.comesBack();
        world.until([&] { return bob.sees(alice, 0) == said && bob.sees(alice, 1) == said; },
                    "Bob has every line once");
    }
    void aLongTextTravelsAsPayload()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const QString longText(60'000, u'x');
        alice.writesTo(bob, longText);
        const QStringList said{QStringLiteral("Alice: ") + longText};
        world.until([&] { return bob.sees(alice, 0) == said && bob.sees(alice, 1) == said; }, "the long text");
    }
};

SOTTO_TEST(DeliveryPlay)

} // namespace sotto

#include "delivery_test.moc"
