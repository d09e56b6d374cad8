#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// Who may write to whom, and how two people come to know each other.
class ContactsPlay : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aStrangerAsksIsAcceptedAndBothTalk()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"), QStringLiteral("alice"));
        Person bob = world.join(QStringLiteral("Bob"), QStringLiteral("bob"));
        const auto asked = world.wait(alice.desktop().addContact(QStringLiteral("@bob")), "Alice asks Bob");
        QVERIFY(asked && *asked == bob.account());
        world.until([&] { return isAsked(bob, 0, alice) && isAsked(bob, 1, alice); },
                    "both of Bob's desktops are asked");
        alice.writesTo(bob, QStringLiteral("It's me"));
        world.until([&] { return bob.sees(alice, 1).size() == 1; }, "what she writes meanwhile arrives");
        QVERIFY(world.wait(bob.desktop(1).acceptContact(alice.account()), "Bob accepts on his second desktop"));
        world.until([&] { return isContact(alice, 0, bob) && isContact(alice, 1, bob) && isContact(bob, 0, alice); },
                    "they are contacts on every desktop");
        bob.writesTo(alice, QStringLiteral("Hello Alice"), 0);
        world.until(
            [&] {
                return alice.sees(bob, 0).contains(QStringLiteral("Bob: Hello Alice"))
                    && alice.sees(bob, 1).contains(QStringLiteral("Bob: Hello Alice"));
            },
            "Bob's answer on both desktops");
    }
    void aBlockedPersonIsNotHeardAndSeesNoMark()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        QVERIFY(world.wait(bob.desktop().blockContact(alice.account()), "Bob blocks Alice"));
        world.until([&] { return isInState(bob, 1, alice, ContactState::Blocked); }, "his other desktop knows");
        const MessageId unheard = alice.writesTo(bob, QStringLiteral("Are you there?"));
        world.until([&] { return alice.deliveryOf(bob, unheard) == Delivery::Sent; }, "the relay has taken it");
        world.passes(60s);
        QCOMPARE(bob.sees(alice, 0), QStringList());
        QCOMPARE(bob.sees(alice, 1), QStringList());
        QCOMPARE(alice.deliveryOf(bob, unheard), Delivery::Sent);
    }
    void typingIsSeenAndGoesAway()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        // Secrets travel with ordinary content.
        alice.writesTo(bob, QStringLiteral("one"));
        world.until([&] { return bob.sees(alice, 0).size() == 1 && bob.sees(alice, 1).size() == 1; },
                    "a first message");
        QSignalSpy typing(&bob.desktop(0), &Client::typingChanged);
        alice.desktop().sendTyping(bob.account());
        world.until([&] { return typing.size() == 1; }, "Bob sees her type");
        QCOMPARE(typing.at(0).at(1).toBool(), true);
        world.passes(11s);
        world.until([&] { return typing.size() == 2; }, "and stop");
        QCOMPARE(typing.at(1).at(1).toBool(), false);
    }

private:
    static bool isInState(const Person &who, std::size_t desktop, const Person &other, ContactState state)
    {
        return std::ranges::any_of(who.desktop(desktop).contacts(), [&](const Contact &contact) {
            return contact.account == other.account() && contact.state == state;
        });
    }
    static bool isAsked(const Person &who, std::size_t desktop, const Person &other)
    {
        return isInState(who, desktop, other, ContactState::Asking);
    }
    static bool isContact(const Person &who, std::size_t desktop, const Person &other)
    {
        return isInState(who, desktop, other, ContactState::Accepted);
    }
};

SOTTO_TEST(ContactsPlay)

} // namespace sotto

#include "contacts_test.moc"
