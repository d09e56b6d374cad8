// What a person does for all of their desktops, in whatever order it comes.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/reference_fixture.h"

#include "core/client/housekeeping.h"
#include "core/ledger/signature.h"
#include "core/sqlite/transaction.h"
#include "core/wire/limits.h"

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

/// Bob's desk hears of what another desktop of his has done.
InboxNews hears(MailFixture &mail, std::vector<SyncOp> ops, DeviceId from = device(9))
{
    InboxNews news;
    auto transaction = Transaction::begin(*mail.bob().database);
    const content::OwnSync sync{std::move(ops)};
    Q_ASSERT(OwnRegisters::isUnderstood(sync));
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
        QCOMPARE(mail.alice().storage->registers.unreadMark(chat)->changed,
                 mail.clock().now() + OwnRegisters::kClockAhead);
        QVERIFY(mail.alice().parts->registers.markUnread(chat, false));
        QVERIFY(!mail.alice().storage->registers.unreadMark(chat)->on);
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
        QVERIFY(mail.bob().storage->messages.starred(10)->empty());
    }
    void onlyWhoCanBeInTheChatIsNamed()
    {
        MailFixture mail;
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
    void whatThisVersionCannotActOnIsSeen()
    {
        QVERIFY(OwnRegisters::isUnderstood({}));
        QVERIFY(!OwnRegisters::isUnderstood({{{Timestamp{1}, content::SyncSetting{QStringLiteral("n"), {}}}}}));
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
        hears(mail, {deleted(mail, text.messageId)});
        QCOMPARE(pendings(mail.bob()), 0);
        mail.deliver(first);
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("nothing"));
        QCOMPARE(unread(mail), 0);
        QVERIFY(mail.bob().storage->streams.gapsOf(chatOf(mail), mail.alice().address(), 10)->empty());
        QVERIFY(!*mail.bob().storage->receipts.nextDue());
        QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
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
    void whatIsGoneIsForgottenAfter45Days()
    {
        MailFixture mail;
        hears(mail, {deleted(mail, filled<MessageId>('t'))});
        Housekeeping housekeeping(*mail.bob().storage, mail.clock());
        mail.clock().advance(45 * 24h);
        housekeeping.start();
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM wiped"), 1);
        mail.clock().advance(24h);
        QCOMPARE(count(mail.bob(), "SELECT count(*) FROM wiped"), 0);
    }
};

SOTTO_TEST(OwnRegistersTest)

} // namespace sotto

#include "own_registers_test.moc"
