#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// What a person does for themselves is the same on their desktops and concerns nobody else.
class OwnSyncPlay : public QObject {
    Q_OBJECT

    static ConversationId chat(const Person &who, const Person &with, std::size_t desktop)
    {
        return who.desktop(desktop).conversationWith(with.account())->id;
    }
    static bool isStarred(const Person &who, const Person &with, const MessageId &id, std::size_t desktop)
    {
        const auto message = who.desktop(desktop).message(chat(who, with, desktop), id);
        return message && *message && (*message)->starred;
    }
    static bool isMarked(const Person &who, const Person &with, std::size_t desktop)
    {
        return who.desktop(desktop).conversationWith(with.account())->markedUnread;
    }
    static bool allSee(const Person &alice, const Person &bob, qsizetype count)
    {
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            if (alice.sees(bob, desktop).size() != count || bob.sees(alice, desktop).size() != count)
                return false;
        }
        return true;
    }

private Q_SLOTS:
    void T092_starsAndMarksAreTheSameOnAllDesktops()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const MessageId id = alice.writesTo(bob, QStringLiteral("Ripe rhubarb"));
        world.until([&] { return allSee(alice, bob, 1); }, "all have it");

        QSignalSpy changed(&bob.desktop(1), &Client::messageChanged);
        QVERIFY(bob.desktop(0).setStarred(chat(bob, alice, 0), id, true));
        QVERIFY(bob.desktop(1).markUnread(chat(bob, alice, 1), true));
        world.until([&] { return isStarred(bob, alice, id, 1) && isMarked(bob, alice, 0); }, "the other desktop");
        QVERIFY(changed.count() > 0);
        QCOMPARE(bob.desktop(1).starred(10)->size(), std::size_t(1));
        bob.reads(alice, 0);
        QVERIFY(!isMarked(bob, alice, 0));
        world.until([&] { return !isMarked(bob, alice, 1); }, "read on the other");

        // Two at once: the same one stands on both.
        bob.goesOffline();
        QVERIFY(bob.desktop(0).setStarred(chat(bob, alice, 0), id, false));
        world.clock().advance(1s);
        QVERIFY(bob.desktop(1).setStarred(chat(bob, alice, 1), id, false));
        QVERIFY(bob.desktop(1).setStarred(chat(bob, alice, 1), id, true));
        bob.comesBack();
        world.until([&] { return isStarred(bob, alice, id, 0) && isStarred(bob, alice, id, 1); }, "the later one");
        world.until([&] { return bob.desktop(0).status().outbox == 0; }, "the earlier one is out too");
        world.passes(1min);
        QVERIFY(isStarred(bob, alice, id, 0) && isStarred(bob, alice, id, 1));
        bob.restarts(0);
        QVERIFY(isStarred(bob, alice, id, 0));
        // Nobody else hears of it.
        QVERIFY(!isStarred(alice, bob, id, 0) && !isMarked(alice, bob, 0) && !isMarked(alice, bob, 1));
        QCOMPARE(alice.desktop(0).conversationWith(bob.account())->unread, 0);
    }
    void T172_whatIsDeletedForOneselfIsGoneOnAllDesktops()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const MessageId first = alice.writesTo(bob, QStringLiteral("rhubarb-crumble"));
        world.until([&] { return allSee(alice, bob, 1); }, "all have it");
        const MessageId own = bob.writesTo(alice, QStringLiteral("medlar-cheese"));
        world.until([&] { return allSee(alice, bob, 2); }, "all have both");
        QVERIFY(alice.desktop(0).editText(chat(alice, bob, 0), first, QStringLiteral("quince-jelly")));
        world.until([&] { return bob.sees(alice, 1).contains(QStringLiteral("Alice: quince-jelly")); }, "an edit");

        const std::vector<QByteArray> words{"rhubarb-crumble", "quince-jelly", "medlar-cheese", "sorb-brandy"};
        QSignalSpy removed(&bob.desktop(1), &Client::messageRemoved);
        QVERIFY(bob.desktop(0).deleteForMe(chat(bob, alice, 0), first));
        QVERIFY(bob.desktop(0).deleteForMe(chat(bob, alice, 0), own));
        world.until([&] { return bob.sees(alice, 1).isEmpty(); }, "gone on the other");
        QCOMPARE(removed.count(), 2);
        QCOMPARE(alice.sees(bob, 0).size(), 2); // others keep them
        QCOMPARE(alice.sees(bob, 1).size(), 2);

        // What comes late for it leaves nothing, on either desktop, also after it was away.
        bob.closes(1);
        QVERIFY(alice.desktop(0).editText(chat(alice, bob, 0), first, QStringLiteral("sorb-brandy")));
        const MessageId second = alice.writesTo(bob, QStringLiteral("rowan-syrup"));
        world.until([&] { return bob.sees(alice, 0).size() == 1; }, "the next text");
        QVERIFY(bob.desktop(0).deleteForMe(chat(bob, alice, 0), second));
        world.until([&] { return bob.desktop(0).status().outbox == 0; }, "the relay has it");
        bob.opens(1);
        world.until([&] { return bob.desktop(1).connection().caughtUp && bob.sees(alice, 1).isEmpty(); }, "gone too");
        world.passes(2min);
        for (std::size_t desktop = 0; desktop < 2; ++desktop)
            QCOMPARE(bob.findsOnDisk(words, desktop), std::vector<QByteArray>());
        QCOMPARE(bob.findsOnDisk({"rowan-syrup"}, 1), std::vector<QByteArray>());
        QCOMPARE(bob.desktop(0).conversationWith(alice.account())->unread, 0);
        QVERIFY(!bob.desktop(0).deleteForMe(chat(bob, alice, 0), second));
        // The chat goes on.
        alice.writesTo(bob, QStringLiteral("next"));
        world.until([&] { return bob.sees(alice, 0).size() == 1 && bob.sees(alice, 1).size() == 1; }, "more");
    }
    void T172_whatNeverLeftDoesNotLeaveAnyMore()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        alice.writesTo(bob, QStringLiteral("before"));
        world.until([&] { return allSee(alice, bob, 1); }, "all have it");
        alice.goesOffline();
        const MessageId unsent = alice.writesTo(bob, QStringLiteral("unsent"));
        QVERIFY(alice.desktop(0).deleteForMe(chat(alice, bob, 0), unsent));
        alice.comesBack();
        alice.writesTo(bob, QStringLiteral("after"));
        world.until([&] { return allSee(alice, bob, 2); }, "without it");
    }
};

SOTTO_TEST(OwnSyncPlay)

} // namespace sotto

#include "own_sync_test.moc"
