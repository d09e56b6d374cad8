// Messages that disappear, and whose timer of a chat stands.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/reference_fixture.h"

#include "core/ledger/signature.h"
#include "core/messaging/expiry/chat_timer.h"
#include "core/sqlite/transaction.h"

#include <QCoreApplication>
#include <QTest>
#include <algorithm>
#include <array>

namespace sotto {

using kit::chatOf;
using kit::Desk;
using kit::MailFixture;
using kit::pendings;
using kit::shown;
using namespace std::chrono_literals;

namespace {

ChatTimer timerOf(MailFixture &mail, Desk &desk) { return desk.storage->conversations.timer(chatOf(mail)).value(); }

content::Text timed(const char *text, std::uint32_t seconds, std::uint64_t revision = 1)
{
    return {QString::fromLatin1(text), seconds, revision};
}

std::optional<Timestamp> endOf(MailFixture &mail, Desk &desk, const MessageId &id)
{
    const auto message = desk.storage->messages.find(chatOf(mail), mail.alice().account(), id);
    return message && *message ? (*message)->expiresAt : std::nullopt;
}

/// Bob's clock and the relay's agree.
void agrees(MailFixture &mail)
{
    mail.goOnline(mail.bob());
    mail.bob().parts->expiry.sweep();
    QVERIFY(mail.bob().parts->credible.isKnown());
}

} // namespace

class ExpiryTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // ---- The chat's timer
    void T087_theGreaterRevisionThenTheShorterTimeStands()
    {
        QVERIFY(replaces(ChatTimer{0, 2}, ChatTimer{60, 1}));
        QVERIFY(!replaces(ChatTimer{60, 1}, ChatTimer{0, 2}));
        QVERIFY(replaces(ChatTimer{30, 1}, ChatTimer{60, 1}));
        QVERIFY(!replaces(ChatTimer{60, 1}, ChatTimer{30, 1}));
        QVERIFY(replaces(ChatTimer{60, 1}, ChatTimer{0, 1}));
        QVERIFY(!replaces(ChatTimer{0, 1}, ChatTimer{60, 1}));
        QVERIFY(!replaces(ChatTimer{60, 1}, ChatTimer{60, 1}));
    }
    void T087_aTimerGoesOnInSteps()
    {
        QVERIFY(isTimerStep({60, 1000}, {}));
        QVERIFY(!isTimerStep({60, 1001}, {}));
        QVERIFY(isTimerStep({60, 1}, {60, 5000}));
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), content::TimerChange{60, 1001}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2), timed("first", 60, 1001)));
        QCOMPARE(timerOf(mail, mail.bob()), ChatTimer{});
        QCOMPARE(mail.bobSees().size(), 2); // what was said is shown all the same
    }
    void T173_whoOnlyAsksSetsNoTimer()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Asking);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), timed("let me in", 5)));
        QCOMPARE(mail.bobSees(), QStringList(QStringLiteral("let me in")));
        QCOMPARE(timerOf(mail, mail.bob()), ChatTimer{});
    }
    void T173_aTimerThatCannotBeTakesItsCounter()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), content::TimerChange{4, 1}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2), content::TimerChange{31'536'001, 1}));
        QCOMPARE(mail.bob().parts->inbox.ignored(), 2);
        QCOMPARE(mail.bob().storage->messages.count().value(), 0);
        QVERIFY(mail.bob().storage->streams.gapsOf(chatOf(mail), mail.alice().address(), 10)->empty());
    }
    void T087_everyOrderEndsWithOneTimer()
    {
        std::array<std::size_t, 4> order{0, 1, 2, 3};
        do {
            MailFixture mail;
            const std::array<wire::Envelope, 4> sent{
                mail.post(mail.header(mail.alice(), mail.bob(), 1), content::TimerChange{3600, 1}),
                mail.post(mail.header(mail.alice(), mail.bob(), 2), content::TimerChange{60, 2}),
                mail.post(mail.header(mail.alice(), mail.bob(), 3), content::TimerChange{30, 2}),
                mail.post(mail.header(mail.alice(), mail.bob(), 4), timed("heals", 0, 1))};
            for (const std::size_t next : order) {
                mail.deliver(sent[next]);
                wire::Envelope again = sent[next];
                again.seq += 100;
                mail.deliver(again);
            }
            QCOMPARE(timerOf(mail, mail.bob()), (ChatTimer{30, 2}));
            QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::TimerChanged).value(), 3);
            QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
        } while (std::next_permutation(order.begin(), order.end()));
    }
    void aTextHealsWhoMissedTheChange()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2), timed("first", 60, 7)));
        QCOMPARE(timerOf(mail, mail.bob()), (ChatTimer{60, 7}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 3), timed("second", 5, 0)));
        QCOMPARE(timerOf(mail, mail.bob()), (ChatTimer{60, 7})); // nobody has set that
    }
    void whatIsWrittenHasTheTimerOfTheChat()
    {
        MailFixture mail;
        Composer &composer = mail.alice().parts->composer;
        QVERIFY(composer.writeText(mail.bob().account(), QStringLiteral("before")));
        QVERIFY(!composer.setTimer(chatOf(mail), 4));
        const auto line = composer.setTimer(chatOf(mail), 60);
        QVERIFY(line && line->kind == MessageKind::TimerChanged);
        QCOMPARE(timerOf(mail, mail.alice()), (ChatTimer{60, 1}));
        const auto text = composer.writeText(mail.bob().account(), QStringLiteral("after"));
        const auto due = mail.alice().storage->outbox.dueAfter(0, mail.clock().now(), 10);
        QCOMPARE(due->size(), std::size_t(3));
        QCOMPARE(content::decodeBody(due->at(0).content).value(), content::Body(timed("before", 0, 0)));
        QCOMPARE(content::decodeBody(due->at(1).content).value(), content::Body(content::TimerChange{60, 1}));
        QCOMPARE(content::decodeBody(due->at(2).content).value(), content::Body(timed("after", 60, 1)));
        QVERIFY(!endOf(mail, mail.alice(), text->id)); // its time begins when the relay has it
        mail.relayAccepts();
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
        QCOMPARE(endOf(mail, mail.alice(), text->id), std::optional(mail.clock().now() + 60s));
        QVERIFY(!endOf(mail, mail.alice(), line->id)); // the line stays
        mail.setState(mail.alice(), mail.bob().account(), ContactState::Asked);
        const auto early = composer.setTimer(chatOf(mail), 30);
        QVERIFY(!early && early.error().code == ErrorCode::NotPermitted);
    }

    // ---- Disappearing
    void T173_theTimeBeginsWithTheFirstLook()
    {
        MailFixture mail;
        agrees(mail);
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, timed("first", 3600)));
        QCOMPARE(endOf(mail, mail.bob(), text.messageId), std::optional(mail.clock().now() + 30 * 24h));
        mail.clock().advance(24h);
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        const Timestamp end = mail.clock().now() + 1h;
        QCOMPARE(endOf(mail, mail.bob(), text.messageId), std::optional(end));
        mail.clock().advance(10min);
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail))); // again
        QCOMPARE(endOf(mail, mail.bob(), text.messageId), std::optional(end));
        // What comes later is not read yet.
        const auto next = mail.header(mail.alice(), mail.bob(), 2);
        mail.deliver(mail.post(next, timed("second", 3600)));
        QCOMPARE(endOf(mail, mail.bob(), next.messageId), std::optional(mail.clock().now() + 30 * 24h));
        mail.bob().parts->expiry.plan();
        mail.clock().advance(50min);
        QTRY_COMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("nothing"));
        QCOMPARE(shown(mail, mail.bob(), next.messageId), QStringLiteral("second"));
    }
    void T173_whatNobodyReadsGoesAfter30Days_data()
    {
        QTest::addColumn<std::uint32_t>("seconds");
        QTest::addColumn<int>("days");
        QTest::newRow("a short timer") << std::uint32_t(60) << 30;
        QTest::newRow("a longer one") << std::uint32_t(60 * 24 * 3600) << 60;
    }
    void T173_whatNobodyReadsGoesAfter30Days()
    {
        QFETCH(const std::uint32_t, seconds);
        QFETCH(const int, days);
        MailFixture mail;
        agrees(mail);
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, timed("first", seconds)));
        QCOMPARE(endOf(mail, mail.bob(), text.messageId), std::optional(mail.clock().now() + days * 24h));
    }
    void T172_whatHasDisappearedLeavesNothing()
    {
        MailFixture mail;
        agrees(mail);
        const AccountId author = mail.alice().account();
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, timed("rhubarb one", 60)));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2),
                               content::Edit{text.messageId, QStringLiteral("rhubarb two"), 1}));
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        mail.clock().advance(61s);
        InboxNews told;
        connect(&mail.bob().parts->expiry, &ExpiryService::expired, this,
                [&told](const InboxNews &news) { told = news; });
        mail.bob().parts->expiry.sweep();
        QCOMPARE(told.removed.size(), std::size_t(1));
        QVERIFY(told.isAnythingWiped);
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("nothing"));
        for (const char *query : {"SELECT count(*) FROM message_version", "SELECT count(*) FROM expiry"})
            QCOMPARE(mail.bob().database->prepare(query).number().value(), 0);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 3),
                               content::Edit{text.messageId, QStringLiteral("rhubarb three"), 2}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 4),
                               content::Reaction{{author, text.messageId}, QStringLiteral("+"), 1}));
        QCOMPARE(pendings(mail.bob()), 0);
    }
    void T027_aClockThatRunsAheadHidesAndDestroysNothing()
    {
        MailFixture mail;
        agrees(mail);
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, timed("first", 60)));
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        mail.bob().parts->connection.stop();
        QTRY_VERIFY(!mail.bob().parts->connection.isOnline());
        const Timestamp truth = mail.clock().now();
        mail.clock().setWallClock(truth + 10 * 365 * 24h);
        mail.bob().parts->expiry.sweep();
        const auto message = mail.bob().storage->messages.find(chatOf(mail), mail.alice().account(), text.messageId);
        QVERIFY(message && *message);
        QVERIFY(mail.bob().parts->expiry.isHidden(**message));
        mail.clock().setWallClock(truth);
        mail.bob().parts->expiry.sweep();
        QVERIFY(!mail.bob().parts->expiry.isHidden(**message));
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("first"));
        mail.clock().advance(61s);
        mail.bob().parts->expiry.sweep();
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("nothing"));
    }
    /// A clock that is a month ahead, while the relay says so: what was read lives its time, what nobody saw too.
    void T027_aClockThatIsAMonthAheadDestroysNothing()
    {
        MailFixture mail;
        agrees(mail);
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        const auto unread = mail.header(mail.alice(), mail.bob(), 2);
        mail.deliver(mail.post(text, timed("first", 24 * 3600)));
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        mail.deliver(mail.post(unread, timed("second", 24 * 3600)));
        mail.clock().setWallClock(mail.clock().now() + 31 * 24h);
        mail.bob().parts->expiry.sweep();
        for (const MessageId &id : {text.messageId, unread.messageId}) {
            const auto message = mail.bob().storage->messages.find(chatOf(mail), mail.alice().account(), id);
            QVERIFY(message && *message);
            QVERIFY(!mail.bob().parts->expiry.isHidden(**message)); // the relay says that it is not over
        }
        mail.clock().advance(25h);
        mail.bob().parts->expiry.sweep();
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("nothing")); // and a day is a day
        QCOMPARE(shown(mail, mail.bob(), unread.messageId), QStringLiteral("second"));
    }
    /// What comes and is looked at while the clock is a year ahead is there when it is right again.
    void T027_whatComesUnderAWrongClockIsShownAndKept()
    {
        MailFixture mail;
        agrees(mail);
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        const auto envelope = mail.post(text, timed("first", 3600));
        mail.clock().setWallClock(mail.clock().now() + 365 * 24h);
        mail.deliver(envelope);
        const auto find = [&] {
            return **mail.bob().storage->messages.find(chatOf(mail), mail.alice().account(), text.messageId);
        };
        QVERIFY(!mail.bob().parts->expiry.isHidden(find()));
        QVERIFY(!mail.bob().parts->expiry.isAnythingHidden());
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        QVERIFY(!mail.bob().parts->expiry.isHidden(find()));
        mail.clock().setWallClock(mail.clock().now() - 365 * 24h);
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        mail.clock().advance(59min);
        mail.bob().parts->expiry.sweep();
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("first"));
        mail.clock().advance(2min);
        mail.bob().parts->expiry.sweep();
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("nothing"));
    }
    /// Without a line the clock is asked, and hides nothing that nobody has seen.
    void T027_whatNobodyHasSeenIsNotHidden()
    {
        MailFixture mail;
        agrees(mail);
        const auto read = mail.header(mail.alice(), mail.bob(), 1);
        const auto unread = mail.header(mail.alice(), mail.bob(), 2);
        mail.deliver(mail.post(read, timed("first", 3600)));
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        mail.deliver(mail.post(unread, timed("second", 3600)));
        mail.bob().parts->connection.stop();
        QTRY_VERIFY(!mail.bob().parts->connection.isOnline());
        mail.clock().setWallClock(mail.clock().now() + 31 * 24h);
        mail.bob().parts->expiry.sweep();
        const auto isHidden = [&](const MessageId &id) {
            const auto message = mail.bob().storage->messages.find(chatOf(mail), mail.alice().account(), id);
            return mail.bob().parts->expiry.isHidden(**message);
        };
        QVERIFY(isHidden(read.messageId));
        QVERIFY(!isHidden(unread.messageId));
        QVERIFY(mail.bob().parts->expiry.isAnythingHidden());
    }
    /// A desktop whose clock was wrong before the clocks ever agreed, in both directions.
    void T027_whatCameBeforeAnyClockWasKnownBeginsAgain()
    {
        for (const Milliseconds wrong : {Milliseconds(-3650 * 24h), Milliseconds(365 * 24h)}) {
            MailFixture mail;
            const Timestamp truth = mail.clock().now();
            const auto read = mail.header(mail.alice(), mail.bob(), 1);
            const auto unread = mail.header(mail.alice(), mail.bob(), 2);
            const wire::Envelope first = mail.post(read, timed("first", 3600));
            const wire::Envelope second = mail.post(unread, timed("second", 3600));
            mail.clock().setWallClock(truth + wrong);
            mail.deliver(first);
            QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
            mail.deliver(second);
            mail.clock().setWallClock(truth);
            agrees(mail);
            const Timestamp now = mail.clock().now();
            QCOMPARE(endOf(mail, mail.bob(), read.messageId), std::optional(now + 1h));
            QCOMPARE(endOf(mail, mail.bob(), unread.messageId), std::optional(now + ExpiryService::kUnread));
            mail.clock().advance(10min);
            mail.bob().parts->expiry.sweep(); // once
            QCOMPARE(endOf(mail, mail.bob(), read.messageId), std::optional(now + 1h));
        }
    }
    /// A relay, or a computer, that is some minutes or hours off.
    void T173_clocksThatNeverAgreeDestroyAllTheSame()
    {
        for (const Milliseconds off :
             {Milliseconds(11min), Milliseconds(-11min), Milliseconds(1h), Milliseconds(-1h)}) {
            MailFixture mail;
            mail.relay().clockAhead = off;
            agrees(mail);
            const auto text = mail.header(mail.alice(), mail.bob(), 1);
            mail.deliver(mail.post(text, timed("first", 60)));
            QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
            mail.clock().advance(59s);
            mail.bob().parts->expiry.sweep();
            QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("first"));
            mail.clock().advance(2s + std::chrono::abs(off));
            mail.bob().parts->expiry.sweep();
            QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("nothing"));
        }
    }
    /// More than one transaction takes, and one that cannot be destroyed among them.
    void T173_manyGoInStepsAndOneThatCannotStaysAlone()
    {
        MailFixture mail;
        agrees(mail);
        constexpr int kMany = 300;
        const MessageId stuck = mail.header(mail.alice(), mail.bob(), 1).messageId;
        for (int i = 1; i <= kMany; ++i) {
            auto text = mail.header(mail.alice(), mail.bob(), std::uint64_t(i));
            if (i == 1)
                text.messageId = stuck;
            mail.deliver(mail.post(text, timed("one of many", 60)));
        }
        QVERIFY(mail.bob().parts->receipts.markRead(chatOf(mail)));
        QVERIFY(mail.bob()
                    .database
                    ->prepare("CREATE TRIGGER refuse BEFORE DELETE ON message WHEN old.counter = 1"
                              " BEGIN SELECT raise(ABORT, 'no'); END")
                    .run());
        std::vector<InboxNews> told;
        connect(&mail.bob().parts->expiry, &ExpiryService::expired, this,
                [&told](const InboxNews &news) { told.push_back(news); });
        mail.clock().advance(61s);
        mail.bob().parts->expiry.sweep();
        QCOMPARE(told.size(), std::size_t(1));
        const auto left = [&] { return mail.bob().database->prepare("SELECT count(*) FROM expiry").number().value(); };
        QVERIFY(left() > 1); // the thread is free in between
        QCOMPARE(told.front().conversations.size(), std::size_t(1));
        QTRY_COMPARE(left(), 1);
        QCOMPARE(shown(mail, mail.bob(), stuck), QStringLiteral("one of many"));
        QVERIFY(mail.bob().database->prepare("DROP TRIGGER refuse").run());
        mail.clock().advance(25h);
        QTRY_COMPARE(left(), 0); // tried again a day later
    }
    void beforeAnyClockIsKnownNothingIsDestroyedAndNothingSpins()
    {
        MailFixture mail;
        const auto text = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(text, timed("first", 60)));
        mail.clock().advance(31 * 24h);
        mail.bob().parts->expiry.sweep();
        QCOMPARE(mail.clock().untilNext(), std::optional(ExpiryService::kLookAgain));
        QCOMPARE(shown(mail, mail.bob(), text.messageId), QStringLiteral("first"));
    }
};

SOTTO_TEST(ExpiryTest)

} // namespace sotto

#include "expiry_test.moc"
