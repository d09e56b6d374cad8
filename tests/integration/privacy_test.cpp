#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// What was read and what contacts may know: the same on all desktops of a person, and no more than that for others.
class PrivacyPlay : public QObject {
    Q_OBJECT

    static ConversationId chat(const Person &who, const Person &with, std::size_t desktop)
    {
        return who.desktop(desktop).conversationWith(with.account())->id;
    }
    static std::int64_t unread(const Person &who, const Person &with, std::size_t desktop)
    {
        const auto there = who.desktop(desktop).conversationWith(with.account());
        return there ? there->unread : 0;
    }
    static bool bothSee(const Person &who, const Person &other, qsizetype count)
    {
        return who.sees(other, 0).size() == count && who.sees(other, 1).size() == count;
    }
    static bool bothHave(const Person &who, const PrivacySettings &settings)
    {
        return who.desktop(0).privacy() == settings && who.desktop(1).privacy() == settings;
    }
    static bool isSettled(const Person &who) { return who.desktop(0).isSettled() && who.desktop(1).isSettled(); }

private Q_SLOTS:
    void T092_whatIsReadOnOneDesktopIsReadOnTheOther_data()
    {
        QTest::addColumn<bool>("tells");
        QTest::newRow("with receipts") << true;
        QTest::newRow("without") << false;
    }
    void T092_whatIsReadOnOneDesktopIsReadOnTheOther()
    {
        QFETCH(const bool, tells);
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        QVERIFY(bob.desktop(0).setPrivacy({.readReceipts = tells}));
        world.until([&] { return bob.desktop(1).privacy().readReceipts == tells; }, "both have the setting");
        alice.writesTo(bob, QStringLiteral("one"), 0);
        const MessageId second = alice.writesTo(bob, QStringLiteral("two"), 1);
        world.until([&] { return bothSee(bob, alice, 2); }, "both have both");
        QCOMPARE(unread(bob, alice, 0), 2);
        QCOMPARE(unread(bob, alice, 1), 2);
        QVERIFY(bob.desktop(1).markUnread(chat(bob, alice, 1), true));
        world.until([&] { return bob.desktop(0).conversationWith(alice.account())->markedUnread; }, "a mark");
        QSignalSpy changed(&bob.desktop(0), &Client::conversationChanged);
        bob.reads(alice, 1);
        world.until([&] { return unread(bob, alice, 0) == 0; }, "read on the other");
        QVERIFY(changed.count() > 0);
        QVERIFY(!bob.desktop(0).conversationWith(alice.account())->markedUnread);
        world.until([&] { return isSettled(bob); }, "nothing is owed any more");
        world.passes(1min);
        QCOMPARE(alice.deliveryOf(bob, second, 1), tells ? Delivery::Read : Delivery::Delivered);

        // One that was away while the other read finds it read; what comes next is not.
        bob.closes(0);
        alice.writesTo(bob, QStringLiteral("three"), 0);
        world.until([&] { return bob.sees(alice, 1).size() == 3; }, "one has it");
        bob.reads(alice, 1);
        world.until([&] { return bob.desktop(1).isSettled(); }, "it is told");
        alice.writesTo(bob, QStringLiteral("four"), 0);
        world.until([&] { return bob.sees(alice, 1).size() == 4; }, "and one more");
        bob.opens(0);
        world.until([&] { return bob.sees(alice, 0).size() == 4 && bob.desktop(0).connection().caughtUp; }, "is back");
        QCOMPARE(unread(bob, alice, 0), 1);
        QCOMPARE(unread(bob, alice, 1), 1);
        bob.restarts(0);
        QCOMPARE(unread(bob, alice, 0), 1);
        bob.reads(alice, 0);
        world.until([&] { return unread(bob, alice, 1) == 0; }, "and the other way round");
    }
    void T088_whatIsReadWhileNothingIsToldStaysUntold()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        QVERIFY(bob.desktop(0).setPrivacy({.readReceipts = false}));
        world.until([&] { return !bob.desktop(1).privacy().readReceipts; }, "both have the setting");
        const MessageId first = alice.writesTo(bob, QStringLiteral("one"));
        world.until([&] { return bothSee(bob, alice, 1); }, "both have it");
        bob.reads(alice, 0);
        world.until([&] { return unread(bob, alice, 1) == 0; }, "read on both");
        QVERIFY(bob.desktop(1).setPrivacy({}));
        world.until([&] { return bob.desktop(0).privacy().readReceipts; }, "told again");
        bob.reads(alice, 0); // and there is nothing new
        bob.reads(alice, 1);
        const MessageId second = alice.writesTo(bob, QStringLiteral("two"));
        world.until([&] { return alice.deliveryOf(bob, second) == Delivery::Delivered && isSettled(bob); },
                    "it is there");
        world.passes(1min);
        QCOMPARE(alice.deliveryOf(bob, first), Delivery::Delivered);
        QCOMPARE(alice.deliveryOf(bob, second), Delivery::Delivered);
        bob.reads(alice, 0);
        world.until([&] { return alice.deliveryOf(bob, second) == Delivery::Read; }, "read while it is told");
    }
    void T091_whoDoesNotTellDoesNotSee()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const MessageId first = alice.writesTo(bob, QStringLiteral("one"));
        world.until([&] { return bothSee(bob, alice, 1); }, "both have it");
        bob.reads(alice, 0);
        world.until([&] { return alice.deliveryOf(bob, first) == Delivery::Read; }, "Alice sees that he read it");
        // What is there is not shown as long as she does not tell herself.
        QVERIFY(alice.desktop(0).setPrivacy({.readReceipts = false}));
        world.until([&] { return alice.deliveryOf(bob, first, 1) == Delivery::Delivered; }, "hidden on the other, too");
        QCOMPARE(alice.deliveryOf(bob, first, 0), Delivery::Delivered);
        const auto details = alice.desktop(0).details(chat(alice, bob, 0), first);
        QVERIFY(details && details->ladder.readers.size() == 1);
        QVERIFY(details->ladder.readers.front().deliveredAt && !details->ladder.readers.front().readAt);
        // What comes meanwhile is not kept.
        const MessageId second = alice.writesTo(bob, QStringLiteral("two"));
        world.until([&] { return bothSee(bob, alice, 2); }, "both have it");
        bob.reads(alice, 0);
        world.until([&] { return isSettled(bob) && alice.deliveryOf(bob, second) == Delivery::Delivered; }, "told");
        world.passes(1min);
        QVERIFY(alice.desktop(1).setPrivacy({}));
        world.until([&] { return alice.deliveryOf(bob, first, 0) == Delivery::Read; }, "shown again");
        QCOMPARE(alice.deliveryOf(bob, second, 0), Delivery::Delivered);
        QCOMPARE(alice.deliveryOf(bob, second, 1), Delivery::Delivered);
    }
    void T091_typingIsSeenBySomebodyWhoTellsIt()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const auto seesTyping = [&](const Person &who, const Person &whom) {
            return who.desktop().presence(whom.account()).typing;
        };
        alice.writesTo(bob, QStringLiteral("one"));
        world.until([&] { return bothSee(bob, alice, 1); }, "her secret");
        bob.writesTo(alice, QStringLiteral("two"));
        world.until([&] { return bothSee(alice, bob, 2); }, "his secret");
        world.passes(5s);
        alice.desktop().sendTyping(bob.account());
        world.until([&] { return seesTyping(bob, alice); }, "Bob sees her type");
        // Set on his other desktop.
        QVERIFY(bob.desktop(1).setPrivacy({.typing = false}));
        world.until([&] { return !bob.desktop(0).privacy().typing; }, "on both");
        QVERIFY(!seesTyping(bob, alice)); // at once, not when her time is over
        world.passes(15s);
        QSignalSpy alices(&alice.desktop(), &Client::typingChanged);
        QSignalSpy bobs(&bob.desktop(), &Client::typingChanged);
        alice.desktop().sendTyping(bob.account());
        bob.desktop().sendTyping(alice.account());
        alice.writesTo(bob, QStringLiteral("three")); // comes behind it
        bob.writesTo(alice, QStringLiteral("four"));
        world.until([&] { return bothSee(alice, bob, 4) && bothSee(bob, alice, 4); }, "what was written after it");
        QCOMPARE(alices.count(), 0);
        QCOMPARE(bobs.count(), 0);
        QVERIFY(bob.desktop(0).setPrivacy({}));
        world.passes(5s); // she has told it a moment ago
        alice.desktop().sendTyping(bob.account());
        world.until([&] { return seesTyping(bob, alice); }, "again");
    }
    void T091_whoIsNotSeenSeesNobody()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const auto sees = [&](const Person &who, const Person &whom, std::size_t desktop) {
            return who.desktop(desktop).presence(whom.account()).online;
        };
        world.until([&] { return sees(alice, bob, 0) && sees(bob, alice, 0) && sees(bob, alice, 1); }, "they see");
        QSignalSpy told(&bob.desktop(1), &Client::presenceChanged);
        QVERIFY(bob.desktop(0).setPrivacy({.presence = false}));
        QVERIFY(!sees(bob, alice, 0));
        world.until([&] { return !sees(bob, alice, 1); }, "his other desktop follows");
        QVERIFY(told.count() > 0);
        world.until([&] { return !sees(alice, bob, 0); }, "she does not see him");
        QVERIFY(bob.desktop(1).setPrivacy({}));
        world.until([&] { return sees(alice, bob, 0) && sees(bob, alice, 0) && sees(bob, alice, 1); },
                    "they see again");
    }
    void T092_settingsChangedAtOnceEndEqual()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        QSignalSpy changed(&alice.desktop(1), &Client::privacyChanged);
        QVERIFY(alice.desktop(0).setPrivacy({.readReceipts = false}));
        world.until([&] { return bothHave(alice, {.readReceipts = false}); }, "the other follows");
        QCOMPARE(changed.count(), 1);
        alice.goesOffline();
        QVERIFY(alice.desktop(0).setPrivacy({.readReceipts = false, .typing = false}));
        QVERIFY(alice.desktop(1).setPrivacy({.readReceipts = true, .typing = false, .presence = false}));
        world.clock().advance(1s);
        QVERIFY(alice.desktop(0).setPrivacy({.readReceipts = false, .typing = true}));
        const PrivacySettings last{.readReceipts = true, .typing = true, .presence = false};
        alice.comesBack();
        world.until([&] { return bothHave(alice, last) && isSettled(alice); }, "of each the later change");
        world.passes(1min);
        QVERIFY(bothHave(alice, last));
        alice.restarts(1);
        QVERIFY(bothHave(alice, last));
        // A third desktop begins with them, and follows.
        alice.addDesktop();
        QCOMPARE(alice.desktop(2).privacy(), last);
        QVERIFY(alice.desktop(2).setPrivacy({}));
        world.until([&] { return bothHave(alice, {}); }, "what it sets");
    }
};

SOTTO_TEST(PrivacyPlay)

} // namespace sotto

#include "privacy_test.moc"
