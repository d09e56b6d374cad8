#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using kit::Person;
using kit::World;
using namespace std::chrono_literals;

/// Replies, edits, reactions and taking back, between two people with two desktops each.
class ReferencesPlay : public QObject {
    Q_OBJECT

    static ConversationId chat(const Person &who, const Person &with, std::size_t desktop)
    {
        return who.desktop(desktop).conversationWith(with.account())->id;
    }
    static Message message(const Person &who, const Person &with, const MessageId &id, std::size_t desktop)
    {
        return **who.desktop(desktop).message(chat(who, with, desktop), id);
    }
    /// Text, number of versions and reactions, in one line.
    static QString shown(const Person &who, const Person &with, const MessageId &id, std::size_t desktop)
    {
        const auto there = who.desktop(desktop).conversationWith(with.account());
        const auto found =
            there ? who.desktop(desktop).message(there->id, id) : Result<std::optional<Message>>(std::nullopt);
        if (!found || !*found)
            return QStringLiteral("nothing");
        const auto details = who.desktop(desktop).details(there->id, id);
        QString line = (*found)->kind == MessageKind::Deleted ? QStringLiteral("deleted") : (*found)->text;
        line += QStringLiteral(" %1").arg(details->versions.size());
        for (const MessageReaction &reaction : details->reactions)
            line += QStringLiteral(" %1").arg(reaction.emoji);
        return line;
    }
    static bool allShow(const Person &alice, const Person &bob, const MessageId &id, const QString &line)
    {
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            if (shown(alice, bob, id, desktop) != line || shown(bob, alice, id, desktop) != line)
                return false;
        }
        return true;
    }
    static qsizetype hits(World &world, const Person &who, std::size_t desktop, const QString &words)
    {
        const auto found = world.wait(who.desktop(desktop).search(words, 10), "a search");
        return found ? qsizetype(found->size()) : -1;
    }

private Q_SLOTS:
    void T087_fourDesktopsShowTheSame()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const MessageId id = alice.writesTo(bob, QStringLiteral("The rhubarb is ripe"));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("The rhubarb is ripe 0")); }, "all have it");

        QSignalSpy changed(&bob.desktop(1), &Client::messageChanged);
        // From the desktop that did not write it.
        QVERIFY(alice.desktop(1).editText(chat(alice, bob, 1), id, QStringLiteral("The quince is ripe")));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("The quince is ripe 2")); }, "the edit");
        QVERIFY(changed.count() > 0);
        QVERIFY(message(bob, alice, id, 0).edited);
        QCOMPARE(bob.desktop().details(chat(bob, alice, 0), id)->versions.front().text,
                 QStringLiteral("The rhubarb is ripe"));
        QCOMPARE(hits(world, bob, 0, QStringLiteral("rhubarb")), 0);
        QCOMPARE(hits(world, bob, 0, QStringLiteral("quince")), 1);
        QCOMPARE(hits(world, alice, 0, QStringLiteral("quince")), 1);
        QVERIFY(!bob.desktop().editText(chat(bob, alice, 0), id, QStringLiteral("mine")));

        QVERIFY(bob.desktop(0).react(chat(bob, alice, 0), id, QStringLiteral("👍")));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("The quince is ripe 2 👍")); }, "a reaction");
        QVERIFY(bob.desktop(1).react(chat(bob, alice, 1), id, QStringLiteral("❤️")));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("The quince is ripe 2 ❤️")); }, "another");
        QVERIFY(bob.desktop(0).react(chat(bob, alice, 0), id, QString()));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("The quince is ripe 2")); }, "none");

        const auto answer = bob.desktop().reply(chat(bob, alice, 0), id, QStringLiteral("At last"));
        QVERIFY(answer);
        world.until([&] { return allShow(alice, bob, *answer, QStringLiteral("At last 0")); }, "an answer");
        const MessageReference answered{alice.account(), id};
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            QVERIFY(message(alice, bob, *answer, desktop).replyTo == answered);
            QVERIFY(message(bob, alice, *answer, desktop).replyTo == answered);
        }
        const auto copy = alice.desktop().forward(chat(alice, bob, 0), *answer, bob.account());
        QVERIFY(copy);
        world.until([&] { return allShow(alice, bob, *copy, QStringLiteral("At last 0")); }, "a copy");
        QVERIFY(message(bob, alice, *copy, 1).forwarded);
        QVERIFY(!message(bob, alice, *copy, 1).replyTo);

        alice.restarts(0);
        QVERIFY(alice.desktop(0).deleteForEveryone(chat(alice, bob, 0), id));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("deleted 0")); }, "taken back");
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            QCOMPARE(hits(world, bob, desktop, QStringLiteral("quince")), 0);
            QCOMPARE(hits(world, alice, desktop, QStringLiteral("quince")), 0);
        }
        QVERIFY(!alice.desktop().forward(chat(alice, bob, 0), id, bob.account()));
    }
    void T087_whoWasAwaySeesTheSameAfterwards()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const MessageId id = alice.writesTo(bob, QStringLiteral("one"));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("one 0")); }, "all have it");
        bob.goesOffline();
        const MessageId second = alice.writesTo(bob, QStringLiteral("two"));
        QVERIFY(alice.desktop(0).editText(chat(alice, bob, 0), id, QStringLiteral("uno")));
        QVERIFY(alice.desktop(0).editText(chat(alice, bob, 0), second, QStringLiteral("due")));
        QVERIFY(bob.desktop(0).react(chat(bob, alice, 0), id, QStringLiteral("+")));
        world.until([&] { return alice.desktop().status().outbox == 0; }, "the relay has it");
        bob.comesBack();
        world.until(
            [&] {
                return allShow(alice, bob, id, QStringLiteral("uno 2 +"))
                    && allShow(alice, bob, second, QStringLiteral("due 2"));
            },
            "all show the same");
    }
    void T087_theWindowsEnd()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const MessageId id = alice.writesTo(bob, QStringLiteral("one"));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("one 0")); }, "all have it");
        world.passes(25h);
        const auto late = alice.desktop().editText(chat(alice, bob, 0), id, QStringLiteral("two"));
        QVERIFY(!late && late.error().code == ErrorCode::NotPermitted);
        QVERIFY(alice.desktop().deleteForEveryone(chat(alice, bob, 0), id));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("deleted 0")); }, "within two days");
    }
};

SOTTO_TEST(ReferencesPlay)

} // namespace sotto

#include "references_test.moc"
