#include "core/ledger/signature.h"
#include "core/messaging/sending/outgoing.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"
#include "core/storage/profile_key.h"
#include "core/storage/storage.h"
#include "tests/kit/test_main.h"
#include "tests/kit/world.h"

#include <QSignalSpy>
#include <QTest>
#include <algorithm>

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
    /// On the disk of both sides, old pages and the log included, however far the text had come.
    void T172_wordsThatWereTakenBackAreNowhere()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        Person bob = world.joinInvitedBy(alice, QStringLiteral("Bob"));
        const MessageId id = alice.writesTo(bob, QStringLiteral("rhubarb-crumble"));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("rhubarb-crumble 0")); }, "all have it");
        QVERIFY(alice.desktop(0).editText(chat(alice, bob, 0), id, QStringLiteral("quince-jelly")));
        world.until([&] { return allShow(alice, bob, id, QStringLiteral("quince-jelly 2")); }, "the edit");
        // A text and its edit that were encrypted and that the relay has not confirmed.
        alice.line(0).toClient = [](wire::Frame frame) {
            return std::holds_alternative<wire::Response>(frame) ? std::vector<wire::Frame>()
                                                                 : std::vector{std::move(frame)};
        };
        const MessageId unsure = alice.writesTo(bob, QStringLiteral("medlar-cheese"));
        world.until([&] { return message(alice, bob, unsure, 0).counter > 0; }, "encrypted");
        QVERIFY(alice.desktop(0).editText(chat(alice, bob, 0), unsure, QStringLiteral("sorb-brandy")));
        world.passes(1s);
        const std::vector<QByteArray> words{"rhubarb-crumble", "quince-jelly", "medlar-cheese", "sorb-brandy"};
        QCOMPARE(alice.findsOnDisk(words, 0), words);
        QVERIFY(alice.desktop(0).deleteForEveryone(chat(alice, bob, 0), id));
        QVERIFY(alice.desktop(0).deleteForEveryone(chat(alice, bob, 0), unsure));
        alice.line(0).toClient = {};
        world.until(
            [&] {
                return allShow(alice, bob, id, QStringLiteral("deleted 0"))
                    && allShow(alice, bob, unsure, QStringLiteral("deleted 0"))
                    && alice.desktop(0).status().outbox == 0;
            },
            "taken back");
        world.passes(2min);
        for (std::size_t desktop = 0; desktop < 2; ++desktop) {
            QCOMPARE(alice.findsOnDisk(words, desktop), std::vector<QByteArray>());
            QCOMPARE(bob.findsOnDisk(words, desktop), std::vector<QByteArray>());
        }
    }
    /// A newer desktop may share settings that this one does not know.
    void T092_ofWhatAnotherDesktopDidTheRestCounts()
    {
        World world;
        Person alice = world.join(QStringLiteral("Alice"));
        const ConversationId notes = directConversation(alice.account(), alice.account());
        alice.writesTo(alice, QStringLiteral("note"), 1);
        world.until([&] { return alice.sees(alice, 0).size() == 1; }, "both desktops know each other");
        alice.closes(1);
        const auto key = world.wait(unlockProfile(alice.directory(1), &alice.keychain(1), std::nullopt), "the key");
        QVERIFY(key);
        {
            const auto database =
                Database::open(alice.directory(1) + QStringLiteral("/sotto.db"), {.key = key->view()});
            QVERIFY(database);
            Storage storage(**database, nullptr);
            auto transaction = Transaction::begin(**database);
            const content::OwnSync sync{{{world.clock().now(), content::SyncUnread{notes, true}},
                                         {world.clock().now(), content::SyncSetting{QStringLiteral("newer"), {}}}}};
            QVERIFY(enqueue(storage, world.random(), world.clock().now(),
                            {alice.account(), sync, wire::MailClass::Sync, notes, std::nullopt, std::nullopt}));
            QVERIFY(transaction->commit());
        }
        alice.opens(1);
        world.until([&] { return alice.desktop(0).conversationWith(alice.account())->markedUnread; }, "its effect");
        QCOMPARE(alice.sees(alice, 0).size(), 1);
        QVERIFY(alice.desktop(0).connection().caughtUp);
        QCOMPARE(alice.desktop(0).status().droppedFrames, 0);
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
