// What a person does for all of their desktops, in whatever order it comes.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/reference_fixture.h"

#include "core/client/housekeeping.h"
#include "core/ledger/signature.h"
#include "core/sqlite/transaction.h"
#include "core/wire/limits.h"

#include <QSignalSpy>
#include <QTest>
#include <algorithm>
#include <array>

namespace sotto {

using content::SyncOp;
using kit::chatOf;
using kit::Desk;
using kit::device;
using kit::filled;
using kit::MailFixture;
using kit::pendings;
using kit::sentText;
using kit::shown;
using namespace std::chrono_literals;

namespace {

const Bytes kNewerBody = Bytes::fromHex("7a00"); ///< body kind 15: critical and unknown

/// Bob's desk hears of what another desktop of his has done.
InboxNews hears(MailFixture &mail, std::vector<SyncOp> ops, DeviceId from = device(9))
{
    InboxNews news;
    auto transaction = Transaction::begin(*mail.bob().database);
    const content::OwnSync sync{std::move(ops)};
    const bool kept = transaction && mail.bob().parts->registers.take(sync, from, news) && transaction->commit();
    Q_ASSERT(kept);
    return news;
}

SyncOp deleted(MailFixture &mail, const MessageId &id)
{
    return {mail.clock().now(), content::SyncDelete{chatOf(mail), {{mail.alice().account(), id}}}};
}

std::int64_t count(Desk &desk, const char *query) { return desk.database->prepare(query).number().value(); }

std::int64_t unread(MailFixture &mail) { return mail.bob().storage->conversations.find(chatOf(mail))->value().unread; }

} // namespace

class OwnRegistersTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // ---- Flags
    void theGreaterTimeThenTheGreaterDeviceStands()
    {
        const SyncedFlag standing{true, Timestamp{10}, device(5)};
        QVERIFY(replaces({false, Timestamp{11}, device(1)}, standing));
        QVERIFY(replaces({false, Timestamp{10}, device(6)}, standing));
        QVERIFY(!replaces({false, Timestamp{10}, device(5)}, standing));
        QVERIFY(!replaces({false, Timestamp{10}, device(4)}, standing));
        QVERIFY(!replaces({false, Timestamp{9}, device(6)}, standing));
        QVERIFY(replaces({false, Timestamp{0}, device(1)}, SyncedFlag{})); // nobody has said anything yet
    }
    void T092_everyOrderEndsEqual()
    {
        const MessageId id = filled<MessageId>('t');
        std::array<std::size_t, 3> order{0, 1, 2};
        do {
            MailFixture mail;
            const Timestamp now = mail.clock().now();
            struct Change {
                bool on;
                Timestamp at;
                DeviceId by;
            };
            const std::array<Change, 3> changes{Change{true, now, device(2)}, Change{false, now, device(7)},
                                                Change{true, now - 1s, device(9)}};
            for (const std::size_t next : order) {
                const Change &change = changes[next];
                for (int repeat = 0; repeat < 2; ++repeat) {
                    hears(mail,
                          {{change.at, content::SyncStar{chatOf(mail), {mail.alice().account(), id}, change.on}},
                           {change.at, content::SyncUnread{chatOf(mail), change.on}}},
                          change.by);
                }
            }
            RegisterRepository &registers = mail.bob().storage->registers;
            const SyncedFlag expected{false, now, device(7)};
            QCOMPARE(*registers.star(chatOf(mail), {mail.alice().account(), id}), expected);
            QCOMPARE(*registers.unreadMark(chatOf(mail)), expected);
        } while (std::next_permutation(order.begin(), order.end()));
    }
    /// A clock that is ahead, or a thief's: what stands does not depend on whose clock is asked, nor on the order.
    void T092_aClockThatIsAheadChangesNoOrder()
    {
        for (const bool isTurned : {false, true}) {
            MailFixture mail;
            sentText(mail, QStringLiteral("first")); // so that Alice's desk has the chat, too
            const Timestamp ahead = mail.clock().now() + 72h;
            std::vector<SyncOp> ops{{ahead, content::SyncUnread{chatOf(mail), true}},
                                    {ahead + 5s, content::SyncUnread{chatOf(mail), false}}};
            if (isTurned)
                std::ranges::reverse(ops);
            hears(mail, ops);
            QCOMPARE(*mail.bob().storage->registers.unreadMark(chatOf(mail)),
                     (SyncedFlag{false, ahead + 5s, device(9)}));
        }
    }
    /// Two desktops of one person, of which one is three days ahead, answer each other: the last word of each counts.
    void T092_desktopsWhoseClocksDifferAnswerEachOther()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        const ConversationId chat = chatOf(mail);
        OwnRegisters &here = mail.alice().parts->registers;
        const DeviceAddress sibling{mail.alice().account(), device(9)};
        SyncedFlag there;
        for (int turn = 0; turn < 3; ++turn) {
            // The sibling, by its own clock and by what it knows.
            there = {true, changeAfter(there, mail.clock().now() + 72h), sibling.device};
            InboxNews news;
            auto transaction = Transaction::begin(*mail.alice().database);
            QVERIFY(here.take({{{there.changed, content::SyncStar{chat, {text.sender, text.id}, true}}}},
                              sibling.device, news));
            QVERIFY(transaction->commit());
            QCOMPARE(*mail.alice().storage->registers.star(chat, {text.sender, text.id}), there);
            QVERIFY(here.setStar(chat, {text.sender, text.id}, false));
            const auto sent = mail.alice().storage->outbox.dueAfter(0, mail.clock().now(), 10);
            const auto body = content::decodeBody(sent->back().content);
            const SyncOp op = std::get<content::OwnSync>(*body).ops.front();
            const SyncedFlag answer{false, op.changed, mail.alice().address().device};
            QVERIFY(replaces(answer, there));
            there = answer;
            mail.clock().advance(1min);
        }
    }
    void oneWrongClockHasNotTheLastWord()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        const ConversationId chat = chatOf(mail);
        InboxNews news;
        auto transaction = Transaction::begin(*mail.alice().database);
        const content::OwnSync sync{{{Timestamp{wire::kMaxTimeMs}, content::SyncUnread{chat, true}}}};
        QVERIFY(mail.alice().parts->registers.take(sync, device(9), news));
        QVERIFY(transaction->commit());
        QCOMPARE(mail.alice().storage->registers.unreadMark(chat)->changed, Timestamp{0});
        QVERIFY(mail.alice().parts->registers.markUnread(chat, false));
        QVERIFY(!mail.alice().storage->registers.unreadMark(chat)->on);
        // Whose own clock is beyond all that counts goes on from what it knows.
        mail.clock().setWallClock(kLatestChange + 1h);
        QVERIFY(mail.alice().parts->registers.markUnread(chat, true));
        QVERIFY(mail.alice().storage->registers.unreadMark(chat)->on);
        QVERIFY(mail.alice().storage->registers.unreadMark(chat)->changed < kLatestChange);
    }
    void aStarStandsBesideTheTextThatComesLater()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        hears(mail,
              {{mail.clock().now(), content::SyncStar{chatOf(mail), {mail.alice().account(), text.messageId}, true}}});
        QVERIFY(mail.bob().storage->messages.starred(10)->empty());
        mail.deliver(mail.post(text, content::Text{QStringLiteral("first")}));
        const auto starred = mail.bob().storage->messages.starred(10);
        QCOMPARE(starred->size(), std::size_t(1));
        QVERIFY(starred->front().starred && starred->front().id == text.messageId);
        hears(mail, {deleted(mail, text.messageId)});
        const MessageReference target{mail.alice().account(), text.messageId};
        QCOMPARE(*mail.bob().storage->registers.star(chatOf(mail), target), SyncedFlag{});
        hears(mail,
              {{mail.clock().now() + 1s,
                content::SyncStar{chatOf(mail), {mail.alice().account(), text.messageId}, true}}});
        QCOMPARE(*mail.bob().storage->registers.star(chatOf(mail), target), SyncedFlag{});
    }
    /// The sibling has read a request that has not come here yet: the id of the chat proves with whom it is.
    void T092_whatIsDoneInAChatThatIsNotHereYetCounts()
    {
        MailFixture mail;
        const AccountId stranger = filled<AccountId>('Z');
        const ConversationId chat = directConversation(mail.bob().account(), stranger);
        const MessageReference first{stranger, filled<MessageId>('t')};
        const MessageReference second{stranger, filled<MessageId>('u')};
        const Timestamp now = mail.clock().now();
        hears(mail,
              {{now, content::SyncDelete{chat, {{first.author, first.message}}}},
               {now, content::SyncStar{chat, {second.author, second.message}, true}}});
        QVERIFY(mail.bob().storage->registers.isWiped(chat, first).value());
        QVERIFY(mail.bob().storage->registers.star(chat, second)->on);
    }
    void onlyWhoCanBeInTheChatIsNamed()
    {
        MailFixture mail;
        mail.deliver(
            mail.post(mail.header(mail.alice(), mail.bob(), 1), content::Text{QStringLiteral("so there is a chat")}));
        const std::int64_t before = count(mail.bob(), "SELECT count(*) FROM account");
        const content::Reference foreign{filled<AccountId>('Z'), filled<MessageId>('t')};
        const Timestamp now = mail.clock().now();
        hears(mail,
              {{now, content::SyncDelete{chatOf(mail), {foreign}}},
               {now, content::SyncStar{chatOf(mail), foreign, true}},
               {now, content::SyncDelete{filled<ConversationId>('c'), {foreign}}},
               {now, content::SyncStar{filled<ConversationId>('c'), foreign, true}},
               {now, content::SyncUnread{filled<ConversationId>('c'), true}}});
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM account"), before);
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM wiped"), 0);
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM star"), 0);
    }

    // ---- Deleted for me
    void T172_aDeletedTextIsGoneWithAllThatHangsOnIt()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        const AccountId author = mail.alice().account();
        mail.deliver(mail.post(text, content::Text{QStringLiteral("rhubarb one")}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2),
                               content::Edit{text.messageId, QStringLiteral("rhubarb two"), 1}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 3),
                               content::Reaction{{author, text.messageId}, QStringLiteral("+"), 1}));
        QCOMPARE(unread(mail), 1);
        const auto gone = mail.bob().parts->registers.deleteForMe(chatOf(mail), {author, text.messageId});
        QVERIFY(gone && gone->isAnythingWiped && gone->removed.size() == 1);
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("nothing"));
        QCOMPARE(unread(mail), 0);
        for (const char *query :
             {"SELECT count(*) FROM message", "SELECT count(*) FROM message_version", "SELECT count(*) FROM reaction"})
            QCOMPARE(count(mail.bob(), query), 0);
        QCOMPARE(mail.bob().storage->outbox.count().value(), 1); // for the siblings
        const auto again = mail.bob().parts->registers.deleteForMe(chatOf(mail), {author, text.messageId});
        QVERIFY(!again && again.error().code == ErrorCode::NotFound);
        QVERIFY(hears(mail, {deleted(mail, text.messageId)}).removed.empty()); // a sibling did the same
    }
    void T172_aTextThatWasDeletedBeforeItCameStaysAway()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        const auto first = mail.post(text, content::Text{QStringLiteral("first")});
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2),
                               content::Edit{text.messageId, QStringLiteral("second"), 1}));
        QCOMPARE(pendings(mail.bob()), 1);
        QVERIFY(hears(mail, {deleted(mail, text.messageId)}).isAnythingWiped);
        QCOMPARE(pendings(mail.bob()), 0);
        QVERIFY(!hears(mail, {deleted(mail, text.messageId)}).isAnythingWiped);
        mail.deliver(first);
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("nothing"));
        QCOMPARE(unread(mail), 0);
        QVERIFY(mail.bob().storage->streams.gapsOf(chatOf(mail), mail.alice().address(), 10)->empty());
        QVERIFY(!*mail.bob().storage->receipts.nextDue());
        QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
    }
    /// Content of a newer version, behind a header that can be read.
    void T172_aNewerMessageThatWasDeletedBeforeItCameStaysAway()
    {
        MailFixture mail;
        const auto header = mail.header(mail.alice(), mail.bob(), 1);
        hears(mail, {deleted(mail, header.messageId)});
        mail.deliver(mail.postRaw(header, kNewerBody));
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM message"), 0);
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM sealed_content"), 0);
        QCOMPARE(unread(mail), 0);
        QVERIFY(mail.bob().storage->streams.gapsOf(chatOf(mail), mail.alice().address(), 10)->empty());
        QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
    }
    void T172_aLineThatWasDeletedBeforeItCameStaysAway()
    {
        MailFixture mail;
        const auto line = mail.header(mail.alice(), mail.bob(), 1);
        hears(mail, {deleted(mail, line.messageId)});
        mail.deliver(mail.post(line, content::TimerChange{60, 1}));
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM message"), 0);
        QCOMPARE(mail.bob().storage->conversations.timer(chatOf(mail)).value(), (ChatTimer{60, 1})); // it holds
    }
    /// One that cannot be read at all.
    void T172_anUnreadableMessageThatWasDeletedBeforeItCameStaysAway()
    {
        MailFixture mail;
        hears(mail, {deleted(mail, filled<MessageId>('t'))});
        mail.deliver(mail.postInner(mail.alice(), filled<MessageId>('t'), kNewerBody));
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM message"), 0);
        mail.deliver(mail.postInner(mail.alice(), filled<MessageId>('u'), kNewerBody));
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM message"), 1); // so it would have been kept
        QCOMPARE(unread(mail), 1);
        // It has no counter that would say whether it was read.
        hears(mail, {deleted(mail, filled<MessageId>('u'))});
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM message"), 0);
        QCOMPARE(unread(mail), 0);
    }
    /// A contact cannot put its words under the id of one of ours that is gone: only some of our desktops know of it.
    void T082_anIdOfOursThatIsGoneStaysOurs()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        const SyncOp gone{mail.clock().now(),
                          content::SyncDelete{chatOf(mail), {{mail.bob().account(), text.messageId}}}};
        hears(mail, {gone});
        mail.deliver(mail.post(text, content::Text{QStringLiteral("first")}));
        QCOMPARE(mail.bob().parts->inbox.dropped(), 1);
        QVERIFY(mail.bobSees().isEmpty());
    }
    void whatFilledAGapUnderTheMarkIsUnreadNoMore()
    {
        MailFixture mail;
        const auto first = mail.header(mail.alice(), mail.bob(), 1);
        const auto late = mail.post(first, content::Text{QStringLiteral("first")});
        const auto second = mail.header(mail.alice(), mail.bob(), 2);
        mail.deliver(mail.post(second, content::Text{QStringLiteral("second")}));
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        mail.deliver(late);
        QCOMPARE(unread(mail), 1);
        hears(mail, {deleted(mail, second.messageId)});
        QCOMPARE(unread(mail), 1);
        hears(mail, {deleted(mail, first.messageId)});
        QCOMPARE(unread(mail), 0);
    }
    void T172_whatComesLateForADeletedTextIsNotKept()
    {
        MailFixture mail;
        const AccountId author = mail.alice().account();
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, content::Text{QStringLiteral("first")}));
        hears(mail, {deleted(mail, text.messageId)});
        const std::vector<content::Body> late{content::Edit{text.messageId, QStringLiteral("second"), 1},
                                              content::Reaction{{author, text.messageId}, QStringLiteral("+"), 1},
                                              content::Delete{{author, text.messageId}}};
        std::uint64_t counter = 1;
        for (const content::Body &body : late)
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), ++counter), body));
        QCOMPARE(pendings(mail.bob()), 0);
        QCOMPARE(mail.bob().parts->inbox.ignored(), std::int64_t(late.size()));
        QVERIFY(mail.bob().storage->streams.gapsOf(chatOf(mail), mail.alice().address(), 10)->empty());
    }
    void T172_afterAChatIsDeletedNothingWaitsForIt()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, content::Text{QStringLiteral("first")}));
        auto transaction = Transaction::begin(*mail.bob().database);
        QVERIFY(mail.bob().storage->messages.removeAll(chatOf(mail), mail.clock().now()));
        QVERIFY(transaction->commit());
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2),
                               content::Edit{text.messageId, QStringLiteral("second"), 1}));
        QCOMPARE(pendings(mail.bob()), 0);
    }
    void T172_aDeletedChatKeepsNoStarAndNoMark()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, content::Text{QStringLiteral("first")}));
        QVERIFY(mail.bob().parts->registers.setStar(chatOf(mail), {mail.alice().account(), text.messageId}, true));
        QVERIFY(mail.bob().parts->registers.markUnread(chatOf(mail), true));
        auto transaction = Transaction::begin(*mail.bob().database);
        QVERIFY(mail.bob().storage->messages.removeAll(chatOf(mail), mail.clock().now()));
        QVERIFY(transaction->commit());
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM star"), 0);
        QVERIFY(!mail.bob().storage->registers.unreadMark(chatOf(mail))->on);
    }
    void whatNeverLeftDoesNotLeave()
    {
        MailFixture mail;
        Composer &composer = mail.alice().parts->composer;
        const auto text = composer.writeText(mail.bob().account(), QStringLiteral("first"));
        QVERIFY(composer.editText(chatOf(mail), text->id, QStringLiteral("second")));
        QVERIFY(mail.alice().parts->registers.deleteForMe(chatOf(mail), {text->sender, text->id}));
        QVERIFY(mail.alice().storage->outbox.withoutMessage(chatOf(mail))->empty());
        QCOMPARE(mail.alice().storage->outbox.count().value(), 1); // for the siblings
    }
    /// Others have the words that were sent; the newer ones that wait do not leave any more.
    void T172_editsThatWaitDoNotLeave()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        Composer &composer = mail.alice().parts->composer;
        QVERIFY(composer.editText(chatOf(mail), text.id, QStringLiteral("second")));
        QVERIFY(composer.react(chatOf(mail), {text.sender, text.id}, QStringLiteral("+")));
        QVERIFY(mail.alice().parts->registers.deleteForMe(chatOf(mail), {text.sender, text.id}));
        const auto waiting = mail.alice().storage->outbox.withoutMessage(chatOf(mail));
        QCOMPARE(waiting->size(), std::size_t(1)); // the reaction
        QVERIFY(std::holds_alternative<content::Reaction>(*content::decodeBody(waiting->front().content)));
    }
    /// Nobody has the text: what was written about it says nothing to them.
    void T172_aTextThatFailedTakesItsEditsWithIt()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        QVERIFY(mail.alice().parts->composer.editText(chatOf(mail), text.id, QStringLiteral("second")));
        QVERIFY(mail.alice().parts->composer.react(chatOf(mail), {text.sender, text.id}, QStringLiteral("+")));
        auto transaction = Transaction::begin(*mail.alice().database);
        QVERIFY(mail.alice().storage->messages.setDelivery(text.row, Delivery::Failed));
        QVERIFY(transaction->commit());
        QVERIFY(mail.alice().parts->registers.deleteForMe(chatOf(mail), {text.sender, text.id}));
        QVERIFY(mail.alice().storage->outbox.withoutMessage(chatOf(mail))->empty());
    }
    /// An edit that another way left in the outbox is judged again before it is encrypted.
    void T172_anEditOfWhatIsGoneIsNotEncrypted()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        QVERIFY(mail.alice().parts->composer.editText(chatOf(mail), text.id, QStringLiteral("second")));
        auto transaction = Transaction::begin(*mail.alice().database);
        QVERIFY(mail.alice().storage->messages.remove(text.row));
        QVERIFY(transaction->commit());
        mail.relay().onRequest = [](const wire::RequestBody &) { return std::nullopt; };
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
        QCOMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(0));
    }
    /// Others keep the words, and the person has to know.
    void T172_aTakingBackThatIsRefusedIsToldThoughTheTextIsDeletedHere()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        QVERIFY(mail.alice().parts->composer.takeBack(chatOf(mail), text.id));
        QVERIFY(mail.alice().parts->registers.deleteForMe(chatOf(mail), {text.sender, text.id}));
        QSignalSpy told(&mail.alice().parts->pump, &OutboxPump::notSent);
        mail.relaySays(wire::RelayError{wire::RelayErrorCode::NotPermitted, {}, 0});
        mail.goOnline(mail.alice());
        QTRY_COMPARE(told.count(), 1);
        QCOMPARE(told.front().at(2).value<ReferenceKind>(), ReferenceKind::Delete);
    }
    /// Others have the words: that they were taken back must still reach them.
    void T172_whatWasTakenBackIsTakenBackThoughItIsDeletedHere()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        QVERIFY(mail.alice().parts->composer.takeBack(chatOf(mail), text.id));
        QVERIFY(mail.alice().parts->registers.deleteForMe(chatOf(mail), {text.sender, text.id}));
        QCOMPARE(mail.alice().storage->outbox.withoutMessage(chatOf(mail))->size(), std::size_t(1));
        mail.relayAccepts();
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
        QCOMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(1));
    }
    void whatIsUnderWayArrivesWithoutItsRow()
    {
        MailFixture mail;
        mail.relay().onRequest = [](const wire::RequestBody &) { return std::nullopt; };
        const auto text = mail.alice().parts->composer.writeText(mail.bob().account(), QStringLiteral("first"));
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(1));
        QVERIFY(mail.alice().parts->registers.deleteForMe(chatOf(mail), {text->sender, text->id}));
        QCOMPARE(mail.alice().storage->outbox.count().value(), 2);
        QCOMPARE(shown(mail, mail.alice(), text->id), QStringLiteral("nothing"));
        mail.relayAccepts();
        mail.alice().parts->pump.setOnline(false);
        mail.alice().parts->connection.stop();
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
        QCOMPARE(shown(mail, mail.alice(), text->id), QStringLiteral("nothing"));
    }
    /// By a clock that follows the computer's slowly (decision 0150).
    void whatIsGoneIsForgottenAfter45Days()
    {
        MailFixture mail;
        Housekeeping housekeeping(*mail.bob().storage, mail.clock());
        housekeeping.start();
        const Timestamp now = mail.clock().now();
        hears(mail,
              {deleted(mail, filled<MessageId>('t')),
               {now, content::SyncStar{chatOf(mail), {mail.alice().account(), filled<MessageId>('u')}, true}}});
        for (int day = 0; day < 45; ++day)
            mail.clock().advance(24h);
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM wiped"), 1);
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM star"), 1);
        for (int day = 0; day < 3; ++day)
            mail.clock().advance(24h);
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM wiped"), 0);
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM star"), 0);
    }
};

SOTTO_TEST(OwnRegistersTest)

} // namespace sotto

#include "own_registers_test.moc"
