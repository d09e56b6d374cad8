#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// What a window needs of the facade beside mail: deleting, verifying, presence, settings.
class FacadePlay : public QObject {
    Q_OBJECT

    static bool isContact(const Person &who, std::size_t desktop, const Person &other)
    {
        return std::ranges::any_of(who.desktop(desktop).contacts(), [&](const Contact &contact) {
            return contact.account == other.account() && contact.state == ContactState::Accepted;
        });
    }
    static qsizetype hits(World &world, const Person &who, std::size_t desktop, const QString &words)
    {
        const auto found = world.wait(who.desktop(desktop).search(words, 10), "a search");
        return found ? qsizetype(found->size()) : -1;
    }

private Q_SLOTS:
    void T172_aDeletedChatIsGoneFromTimelineAndSearch()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const MessageId sent = alice.writesTo(bob, QStringLiteral("The rhubarb is ripe"));
        world.until([&] { return alice.deliveryOf(bob, sent) >= Delivery::Delivered; }, "it arrives");
        QCOMPARE(hits(world, alice, 0, QStringLiteral("rhubarb")), 1);
        const auto chat = alice.desktop().conversationWith(bob.account());
        QVERIFY(chat);
        QSignalSpy changed(&alice.desktop(), &Client::conversationChanged);
        QVERIFY(alice.desktop().deleteChat(chat->id));
        QCOMPARE(changed.count(), 1);
        QCOMPARE(alice.sees(bob, 0), QStringList());
        QCOMPARE(hits(world, alice, 0, QStringLiteral("rhubarb")), 0);
        QVERIFY(!alice.desktop().deleteChat(*ConversationId::fromBytes(Bytes(32, 'x'))));
        alice.restarts(0);
        QCOMPARE(alice.sees(bob, 0), QStringList());
        // They are still contacts and go on talking.
        alice.writesTo(bob, QStringLiteral("Hello again"));
        world.until([&] { return bob.sees(alice, 0).size() == 2; }, "the talk goes on");
    }
    void T172_aRemovedContactIsAStrangerEverywhere()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("The rhubarb is ripe"));
        world.until([&] { return alice.sees(bob, 1).size() == 1 && isContact(alice, 1, bob); }, "both desktops know");
        QVERIFY(world.wait(alice.desktop().removeContact(bob.account()), "Alice removes Bob"));
        world.until([&] { return !isContact(alice, 1, bob); }, "on both desktops");
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            QVERIFY(!isContact(alice, desktop, bob));
            QCOMPARE(alice.sees(bob, desktop), QStringList());
            QCOMPARE(hits(world, alice, desktop, QStringLiteral("rhubarb")), 0);
            QVERIFY(!alice.desktop(desktop).profile(bob.account()));
        }
        QVERIFY(!world.wait(alice.desktop().removeContact(bob.account()), "once is enough"));
        world.until([&] { return alice.desktop().status().outbox == 0; }, "the relay knows");
        const MessageId unheard = bob.writesTo(alice, QStringLiteral("Why?"));
        world.until([&] { return bob.deliveryOf(alice, unheard) == Delivery::Sent; }, "taken like any stranger's");
        world.passes(60s);
        QCOMPARE(alice.sees(bob, 0), QStringList());
    }
    void presenceAndTypingAreThereToAskFor()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const auto seen = [&] { return bob.desktop().presence(alice.account()); };
        world.until([&] { return seen().online; }, "Bob sees that Alice is there");
        // A first message carries what typing is sealed under.
        alice.writesTo(bob, QStringLiteral("Well…"));
        world.until([&] { return bob.sees(alice, 0).size() == 1; }, "it arrives");
        alice.desktop().sendTyping(bob.account());
        world.until([&] { return seen().typing; }, "Bob sees that she types");
        world.passes(15s);
        QVERIFY(!seen().typing);
        alice.goesOffline();
        world.passes(40s);
        world.until([&] { return !seen().online && seen().lastSeen.ms > 0; }, "Bob sees that she left");
        alice.comesBack();
        world.until([&] { return seen().online; }, "and that she is back");
        // Who hides sees nobody either, and it is kept.
        QVERIFY(alice.desktop(0).setPrivacy({.readReceipts = true, .typing = true, .presence = false}));
        QVERIFY(alice.desktop(1).setPrivacy({.readReceipts = true, .typing = true, .presence = false}));
        world.passes(40s);
        world.until([&] { return !seen().online; }, "Bob no longer sees her");
        alice.restarts(0);
        world.passes(5s);
        QVERIFY(!alice.desktop(0).privacy().presence);
        QVERIFY(!alice.desktop(0).presence(bob.account()).online);
    }
    void aComparedNumberIsKeptUntilItIsTakenBack()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        QCOMPARE(alice.desktop().safetyNumber(bob.account())->digits,
                 bob.desktop(1).safetyNumber(alice.account())->digits);
        const auto isVerified = [&] {
            return std::ranges::any_of(alice.desktop().contacts(), [&](const Contact &contact) {
                return contact.account == bob.account() && contact.verified;
            });
        };
        QVERIFY(!isVerified());
        QVERIFY(alice.desktop().setVerified(bob.account(), true));
        QVERIFY(isVerified());
        QVERIFY(alice.desktop().setVerified(bob.account(), false));
        QVERIFY(!isVerified());
        QVERIFY(!alice.desktop().setVerified(*AccountId::fromBytes(Bytes(32, 'n')), true));
    }
    void proxyAndAddressesAreKeptPerAccount()
    {
        World world;
        Person alice(world, QStringLiteral("Alice"));
        alice.registersWith(world.operatorInvite());
        QVERIFY(alice.desktop().proxy() == (ProxySettings{ProxySettings::Kind::None, {}, 0, {}, {}}));
        QVERIFY(!alice.desktop().setProxy({ProxySettings::Kind::Socks5, QString(), 0, {}, {}}));
        const ProxySettings dead{ProxySettings::Kind::Socks5, QStringLiteral("127.0.0.1"), 1, {}, {}};
        QVERIFY(alice.desktop().setProxy(dead));
        alice.closes(0);
        alice.opensOffline(0);
        QVERIFY(alice.desktop().proxy() == dead);
        alice.desktop().start();
        world.until([&] { return !alice.desktop().connection().problem.isEmpty(); }, "nobody answers at the proxy");
        QVERIFY(alice.desktop().setProxy({ProxySettings::Kind::None, {}, 0, {}, {}}));
        alice.comesBack();

        const QString address = alice.desktop().relay().addresses.value(0);
        QVERIFY(!alice.desktop().setRelayAddresses({}));
        QVERIFY(!alice.desktop().setRelayAddresses({QStringLiteral("not an address")}));
        QVERIFY(alice.desktop().setRelayAddresses({QStringLiteral("127.0.0.1:1"), address}));
        alice.restarts(0); // tries both
        QCOMPARE(alice.desktop().connection().status, ConnectionStatus::Online);
    }
};

SOTTO_TEST(FacadePlay)

} // namespace sotto

#include "facade_test.moc"
