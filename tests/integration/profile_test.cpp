#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QTest>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// What people show of themselves, and whose token is worth something.
class ProfilePlay : public QObject {
    Q_OBJECT

    static Bytes jpeg(char fill, qsizetype size = 20'000) { return "\xff\xd8\xff" + Bytes(size, fill); }
    static ProfileSnapshot shown(const Person &to, const Person &whose, std::size_t onDesktop)
    {
        return to.desktop(onDesktop).profile(whose.account()).valueOr(ProfileSnapshot{});
    }
    /// Larger than what a stranger may send.
    static QString longText(const QString &start) { return start + QString(20'000, u'.'); }

private Q_SLOTS:
    void contactsAndOwnDesktopsSeeTheProfile()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const ProfileSnapshot first{QStringLiteral("Alice A."), QStringLiteral("On the road"), jpeg('1')};
        QVERIFY(world.wait(alice.desktop().setProfile(first), "Alice shows herself"));
        const auto allSee = [&](const ProfileSnapshot &profile) {
            return shown(bob, alice, 0) == profile && shown(bob, alice, 1) == profile
                && shown(alice, alice, 0) == profile && shown(alice, alice, 1) == profile;
        };
        world.until([&] { return allSee(first); }, "everybody sees Alice's picture");
        // From the other desktop, while Bob is away; and a desktop that joins later has it from the relay.
        bob.goesOffline();
        const ProfileSnapshot second{QStringLiteral("Alice"), QString(), jpeg('2')};
        QVERIFY(world.wait(alice.desktop(1).setProfile(second), "Alice changes it"));
        alice.addDesktop();
        bob.comesBack();
        world.until([&] { return allSee(second) && shown(alice, alice, 2) == second; }, "everybody sees the new one");
        bob.addDesktop();
        world.until([&] { return shown(bob, alice, 2) == second; }, "and on a new desktop");
    }
    void whatIsNoProfileIsRefused()
    {
        World world;
        Person alice(world, QStringLiteral("Alice"));
        alice.registersWith(world.operatorInvite());
        Client &client = alice.desktop();
        const auto refused = [&](const ProfileSnapshot &profile) {
            const auto set = world.wait(client.setProfile(profile), "a profile");
            return !set && set.error().code == ErrorCode::InvalidArgument;
        };
        QVERIFY(refused({QStringLiteral(" ")}));
        QVERIFY(refused({QStringLiteral("A"), QString(513, u'a')}));
        QVERIFY(refused({QStringLiteral("A"), QString(), Bytes("GIF89a")}));
        QVERIFY(refused({QStringLiteral("A"), QString(), jpeg('x', 24 * 1024)}));
        QCOMPARE(client.profile(alice.account())->name, QStringLiteral("Alice"));
        QVERIFY(!client.profile(*AccountId::fromBytes(Bytes(32, 'n'))));
    }
    void aBlockEndsTheTokenAtOnceAndNobodyElseLosesAnything()
    {
        World world;
        Person bob = world.join(QStringLiteral("Bob"));
        Person alice = world.joinInvitedBy(bob, QStringLiteral("Alice"));
        Person carol = world.joinInvitedBy(bob, QStringLiteral("Carol"));
        carol.goesOffline();
        QVERIFY(world.wait(bob.desktop().blockContact(alice.account()), "Bob blocks Alice"));
        world.until([&] { return bob.desktop().status().outbox == 0; }, "Bob has told everybody");
        const MessageId unheard = alice.writesTo(bob, longText(QStringLiteral("You must hear me")));
        world.passes(60s);
        QCOMPARE(int(alice.deliveryOf(bob, unheard)), int(Delivery::Queued)); // the relay no longer lets it in
        // Carol writes before she can have heard of the new key.
        const MessageId heard = carol.writesTo(bob, longText(QStringLiteral("I was away")));
        carol.comesBack();
        world.until([&] { return carol.deliveryOf(bob, heard) >= Delivery::Delivered; }, "Carol is heard");
        QVERIFY(bob.sees(carol, 0).last().startsWith(QStringLiteral("Carol: I was away")));
        QVERIFY(bob.sees(carol, 1) == bob.sees(carol, 0));
        QVERIFY(bob.sees(alice, 0).isEmpty());
    }
    void twoDesktopsThatBlockAtOnceComeToOneKey()
    {
        World world;
        Person bob = world.join(QStringLiteral("Bob"));
        Person alice = world.joinInvitedBy(bob, QStringLiteral("Alice"));
        Person mallory = world.joinInvitedBy(bob, QStringLiteral("Mallory"));
        Person carol = world.joinInvitedBy(bob, QStringLiteral("Carol"));
        bob.goesOffline();
        QVERIFY(world.wait(bob.desktop(0).blockContact(alice.account()), "one desktop blocks Alice"));
        QVERIFY(world.wait(bob.desktop(1).blockContact(mallory.account()), "the other blocks Mallory"));
        bob.comesBack();
        world.until([&] { return bob.desktop(0).status().outbox == 0 && bob.desktop(1).status().outbox == 0; },
                    "both have told everybody");
        world.passes(30s);
        const MessageId heard = carol.writesTo(bob, longText(QStringLiteral("Still here")));
        world.until([&] { return carol.deliveryOf(bob, heard) >= Delivery::Delivered; }, "Carol's token is right");
        const MessageId unheard = mallory.writesTo(bob, longText(QStringLiteral("And me")));
        world.passes(60s);
        QCOMPARE(int(mallory.deliveryOf(bob, unheard)), int(Delivery::Queued));
    }
};

SOTTO_TEST(ProfilePlay)

} // namespace sotto

#include "profile_test.moc"
