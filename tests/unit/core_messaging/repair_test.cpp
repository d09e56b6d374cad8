// What becomes of frames that do not open and of counters that never came.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/repair_fixture.h"

#include "core/messaging/message_ids.h"
#include "core/messaging/repair/repair_schedule.h"
#include "core/sqlite/transaction.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using kit::Desk;
using kit::RepairFixture;
using namespace std::chrono_literals;

class RepairTest : public QObject {
    Q_OBJECT
    std::unique_ptr<RepairFixture> m_mail;

    Desk &alice() { return m_mail->alice(); }
    Desk &bob() { return m_mail->bob(); }
    wire::Envelope says(const char *text) { return m_mail->says(QString::fromLatin1(text)); }
    std::int64_t placeholders() { return *bob().storage->messages.countOfKind(MessageKind::Undecryptable); }
    std::int64_t lostRows() { return *bob().storage->messages.countOfKind(MessageKind::Lost); }
    std::int64_t wanted() { return *bob().storage->repairs.count(); }
    std::int64_t missing() { return *bob().storage->streams.countMissing(); }
    std::int64_t tally(Tally what) { return *bob().storage->repairs.counted(what); }
    int unread() { return int((*bob().storage->conversations.find(m_mail->chat()))->unread); }
    /// Bob's desktop is online at a relay that has sent all it had.
    void bobIsOnline()
    {
        RepairRequester &requester = bob().parts->requester;
        QObject::connect(&bob().parts->inbox, &Inbox::changed, &requester, &RepairRequester::wake,
                         Qt::UniqueConnection);
        requester.setOnline(true);
        requester.noteDrained();
    }
    std::optional<content::Retry> bobAsksWithin(Milliseconds time)
    {
        m_mail->clock().advance(time);
        return m_mail->bobAsks();
    }
    /// One of Alice's messages that Bob cannot read, and his session in order again.
    wire::Envelope unreadable(const char *text)
    {
        const auto envelope = says(text);
        if (!bob().database->prepare("UPDATE session SET device = device + 1").run())
            return envelope;
        m_mail->give(bob(), {envelope});
        [[maybe_unused]] const auto back = bob().database->prepare("UPDATE session SET device = device - 1").run();
        return envelope;
    }
    MessageId idOf(const wire::Envelope &envelope)
    {
        return bob().parts->senders.open(envelope.sealedSender)->messageId;
    }
    /// Alice answers what Bob asks.
    void aliceAnswers(const content::Retry &retry)
    {
        m_mail->give(alice(), {m_mail->request(retry)});
        m_mail->clock().advance(5s);
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
    }

private Q_SLOTS:
    void init() { m_mail = std::make_unique<RepairFixture>(); }

    // ---- Frames that do not open -----------------------------------------------------------------------------------

    void T028_aPlaceholderBecomesTheMessageInItsPlace()
    {
        unreadable("two");
        m_mail->give(bob(), {says("three")});
        QCOMPARE(placeholders(), 1);
        QCOMPARE(wanted(), 1);
        QCOMPARE(m_mail->bobSees(),
                 QStringList({QStringLiteral("first"), QStringLiteral("answer"), QString(), QStringLiteral("three")}));
        const int unreadBefore = unread();
        const Message placeholder = m_mail->bobHas()[2];
        bobIsOnline();
        const auto asked = bobAsksWithin(5s);
        QVERIFY(asked.has_value());
        QCOMPARE(asked->wanted.size(), std::size_t(1));
        QCOMPARE(asked->wanted.front().message, placeholder.id);
        QSignalSpy changed(&bob().parts->inbox, &Inbox::changed);
        aliceAnswers(*asked);
        QCOMPARE(m_mail->bobSees(),
                 QStringList({QStringLiteral("first"), QStringLiteral("answer"), QStringLiteral("two"),
                              QStringLiteral("three")}));
        const Message repaired = m_mail->bobHas()[2];
        QCOMPARE(repaired.row, placeholder.row);
        QCOMPARE(repaired.sortTime, placeholder.sortTime);
        QCOMPARE(repaired.kind, MessageKind::Text);
        QCOMPARE(repaired.counter, 2u);
        QCOMPARE(unread(), unreadBefore);
        QCOMPARE(wanted() + missing() + placeholders(), 0);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed.front().front().value<InboxNews>().stored.size(), std::size_t(1));
        QCOMPARE(tally(Tally::Undecryptable), 1);
        QCOMPARE(tally(Tally::Repaired), 1);
        QCOMPARE(tally(Tally::Lost), 0);
    }
    void T028_oneOfManyIsAskedForOnce()
    {
        for (int i = 0; i < 30; ++i)
            m_mail->give(bob(), {says("before")});
        const auto bad = unreadable("the one");
        for (int i = 0; i < 30; ++i)
            m_mail->give(bob(), {says("after")});
        bobIsOnline();
        const auto asked = bobAsksWithin(5s);
        QVERIFY(asked.has_value());
        QCOMPARE(asked->wanted.size(), std::size_t(1));
        QCOMPARE(asked->wanted.front().message, idOf(bad));
        QVERIFY(asked->gaps.empty()); // its answer may close it
        QVERIFY(!bobAsksWithin(50s).has_value());
        aliceAnswers(*asked);
        QVERIFY(!bobAsksWithin(24h * 3).has_value());
        QCOMPARE(m_mail->bobHas().size(), std::size_t(63));
        QCOMPARE(placeholders() + missing() + wanted(), 0);
    }
    void whatDoesNotComeIsAskedForLessAndLessOften()
    {
        unreadable("two");
        m_mail->give(bob(), {says("three")});
        bobIsOnline();
        QVERIFY(bobAsksWithin(5s).has_value());
        QVERIFY(!bobAsksWithin(54s).has_value());
        QVERIFY(bobAsksWithin(6s).has_value());
        // Its counter is asked for, too; as long as the frame is missing, together with it.
        QVERIFY(bobAsksWithin(1min).has_value());
        int asked = 0;
        for (int hour = 0; hour < 24; ++hour)
            asked += bobAsksWithin(1h).has_value() ? 1 : 0;
        QVERIFY(asked >= 2 && asked <= 6);
        asked = 0;
        for (int day = 0; day < 60; ++day)
            asked += bobAsksWithin(24h + 1s).has_value() ? 1 : 0;
        QVERIFY(asked >= 34 && asked <= 40);
        QCOMPARE(wanted() + missing(), 0);
        QCOMPARE(m_mail->bobHas()[2].kind, MessageKind::Lost);
        QCOMPARE(lostRows(), 1); // it was one message
        QCOMPARE(tally(Tally::Lost), 1);
    }
    void nobodyIsAskedWhileOffline()
    {
        unreadable("two");
        QVERIFY(!bobAsksWithin(1h).has_value());
        bobIsOnline();
        bob().parts->requester.setOnline(false);
        QVERIFY(!bobAsksWithin(1h).has_value());
        bobIsOnline();
        QVERIFY(bobAsksWithin(2s).has_value());
    }
    void aRequestThatDidNotLeaveIsMadeAnew()
    {
        unreadable("two");
        bobIsOnline();
        m_mail->clock().advance(5s);
        unreadable("three");
        m_mail->clock().advance(61s);
        const auto asked = m_mail->bobAsks(); // one, for both
        QVERIFY(asked.has_value());
        QCOMPARE(asked->wanted.size(), std::size_t(2));
    }
    void T089_ofStrangersNothingIsKeptAndNothingAsked_data()
    {
        QTest::addColumn<int>("state");
        QTest::newRow("stranger") << int(ContactState::Stranger);
        QTest::newRow("asking") << int(ContactState::Asking);
        QTest::newRow("blocked") << int(ContactState::Blocked);
    }
    void T089_ofStrangersNothingIsKeptAndNothingAsked()
    {
        QFETCH(int, state);
        m_mail->setState(bob(), alice().account(), ContactState(state));
        const std::int64_t seen = m_mail->number(bob(), "SELECT count(*) FROM seen_ciphertext");
        bobIsOnline();
        unreadable("two");
        QVERIFY(!bobAsksWithin(24h).has_value());
        QCOMPARE(placeholders() + wanted(), 0);
        QCOMPARE(m_mail->number(bob(), "SELECT count(*) FROM seen_ciphertext"), seen);
    }
    void T089_ofWhoWasAskedThereIsARequestOnceSomethingIsMissing()
    {
        m_mail->setState(bob(), alice().account(), ContactState::Asked);
        unreadable("two");
        QCOMPARE(placeholders() + wanted(), 0);
        m_mail->give(bob(), {says("three")});
        unreadable("four");
        QCOMPARE(placeholders(), 0);
        QCOMPARE(wanted(), 1);
        bobIsOnline();
        QVERIFY(bobAsksWithin(5s).has_value());
    }
    void ofContentWithoutACounterNothingIsMissing()
    {
        auto header = m_mail->header(alice(), bob(), 0);
        const auto receipt = m_mail->post(header, content::Receipt{});
        m_mail->bobLosesHisSession();
        m_mail->give(bob(), {receipt});
        QCOMPARE(placeholders() + wanted(), 0);
        QCOMPARE(tally(Tally::Undecryptable), 1);
    }
    void aPeerCannotFillTheTableOfRequests()
    {
        m_mail->bobLosesHisSession();
        for (std::int64_t i = 0; i < kMaxOpenRepairs + 20; ++i)
            m_mail->give(bob(), {says("many")});
        QCOMPARE(wanted(), kMaxOpenRepairs);
        QCOMPARE(placeholders(), kMaxOpenRepairs);
        QCOMPARE(tally(Tally::Undecryptable), kMaxOpenRepairs + 20);
    }
    void anAccountIsAskedTwentyTimesAnHour()
    {
        m_mail->bobLosesHisSession();
        bobIsOnline();
        int asked = 0;
        for (int minute = 0; minute < 59; ++minute) {
            m_mail->give(bob(), {says("another")});
            asked += bobAsksWithin(1min).has_value() ? 1 : 0;
        }
        QVERIFY(asked > 15 && asked <= int(RepairRequester::kMaxRequests)); // some replace one that did not leave
    }
    void whatThePersonDeletedIsRepairedWithoutARow()
    {
        const auto envelope = unreadable("two");
        QVERIFY(bob().storage->messages.removePlaceholder(m_mail->bobHas().back().row));
        QCOMPARE(wanted(), 1);
        QVERIFY(bob()
                    .database
                    ->prepare("INSERT INTO wiped (conversation, author, inner_id, wiped_ms) SELECT c.id, a.id, ?, 1"
                              " FROM conversation AS c, account AS a WHERE a.account_id = ?")
                    .with(idOf(envelope), alice().account())
                    .run());
        m_mail->bobLosesHisSession();
        // The answer fails too: no placeholder stands where one was deleted.
        m_mail->give(alice(), {m_mail->request({{{idOf(envelope), Bytes()}}, {}})});
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
        QCOMPARE(placeholders(), 0);
        QCOMPARE(wanted(), 1);
    }
    void T082_whatWasReadBeforeIsNoPlaceholder()
    {
        const auto envelope = says("two");
        m_mail->give(bob(), {envelope});
        // Long ago: its hash is forgotten, and so is the message.
        QVERIFY(bob().database->prepare("DELETE FROM seen_ciphertext").run());
        QVERIFY(bob().storage->messages.remove(m_mail->bobHas().back().row));
        m_mail->give(bob(), {envelope});
        QCOMPARE(placeholders() + wanted(), 0);
    }
    void T083_anotherDeviceDoesNotTakeThePlace()
    {
        const auto envelope = unreadable("two");
        QVERIFY(bob().database->prepare("UPDATE message SET device = device + 1 WHERE kind = 2").run());
        m_mail->give(alice(), {m_mail->request({{{idOf(envelope), Bytes()}}, {}})});
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
        QCOMPARE(placeholders(), 1);
        QVERIFY(!m_mail->bobSees().contains(QStringLiteral("two")));
    }
    void twoAnswersAreOneMessage()
    {
        const auto envelope = unreadable("two");
        const content::Retry retry{{{idOf(envelope), Bytes()}}, {}};
        m_mail->give(alice(), {m_mail->request(retry)});
        auto answers = m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend);
        m_mail->give(alice(), {m_mail->request(retry)});
        answers.push_back(m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend).front());
        m_mail->give(bob(), answers);
        QCOMPARE(bob().parts->inbox.ignored(), 1);
        QCOMPARE(bob().parts->inbox.dropped(), 1); // what did not open at first
        QCOMPARE(m_mail->bobSees().count(QStringLiteral("two")), 1);
        QCOMPARE(wanted() + missing(), 0);
        m_mail->give(bob(), {says("three")});
        QCOMPARE(m_mail->bobSees().back(), QStringLiteral("three"));
    }
    void whatIsGoneIsLost()
    {
        const auto envelope = unreadable("two");
        const auto row = alice().storage->messages.find(m_mail->chat(), alice().account(), idOf(envelope));
        QVERIFY(alice().storage->messages.remove((*row)->row));
        aliceAnswers({{{idOf(envelope), Bytes()}}, {}});
        QCOMPARE(m_mail->bobHas().back().kind, MessageKind::Lost);
        QCOMPARE(m_mail->bobHas().back().missing, 0u);
        QCOMPARE(wanted() + missing(), 0);
        QCOMPARE(tally(Tally::Lost), 1);
    }
    void whatWaitedForAMessageFindsItOnceItIsRepaired()
    {
        const auto envelope = unreadable("two");
        const auto row = alice().storage->messages.find(m_mail->chat(), alice().account(), idOf(envelope));
        QVERIFY(bool(alice().parts->composer.editText(m_mail->chat(), idOf(envelope), QStringLiteral("other words"))));
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Content));
        QCOMPARE(placeholders(), 1);
        aliceAnswers({{{idOf(envelope), Bytes()}}, {}});
        QCOMPARE(m_mail->bobSees().back(), QStringLiteral("other words"));
        QCOMPARE(placeholders() + wanted() + missing(), 0);
        // What she may send again of the edit goes with the message.
        QCOMPARE(m_mail->number(alice(), "SELECT count(*) FROM resend WHERE body IS NULL"), 0);
        QVERIFY(alice().storage->messages.remove((*row)->row));
        QCOMPARE(m_mail->number(alice(), "SELECT count(*) FROM resend WHERE body IS NULL"), 2);
    }
    void whatWasNeverSentLeavesNoPlaceholder()
    {
        const auto envelope = unreadable("two");
        QVERIFY(alice().storage->outbox.setResendFailed(idOf(envelope)));
        aliceAnswers({{{idOf(envelope), Bytes()}}, {}});
        QCOMPARE(placeholders() + lostRows() + wanted() + missing(), 0);
        QCOMPARE(m_mail->bobHas().size(), std::size_t(2));
    }

    // ---- Sessions --------------------------------------------------------------------------------------------------

    void T031_aLostSessionHeals()
    {
        m_mail->bobLosesHisSession();
        m_mail->give(bob(), {says("two")});
        bobIsOnline();
        const auto asked = bobAsksWithin(5s);
        QVERIFY(asked.has_value());
        QCOMPARE(asked->wanted.front().ratchetKey, **alice().parts->sessions.sendingRatchetKey(bob().address()));
        m_mail->give(alice(), {m_mail->request(*asked)});
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
        QCOMPARE(m_mail->bobSees().back(), QStringLiteral("two"));
        m_mail->give(bob(), {says("three")});
        QCOMPARE(m_mail->bobSees().back(), QStringLiteral("three"));
        QCOMPARE(placeholders() + wanted() + missing(), 0);
    }
    void T031_bothSessionsBrokenHealInTwoRounds()
    {
        for (Desk *desk : {&alice(), &bob()})
            QVERIFY(desk->database->prepare("UPDATE session SET hash = x'00'").run());
        // Alice's pump finds hers broken and makes another; Bob's inbox finds his broken.
        QVERIFY(alice().parts->sessions.remove(bob().address()));
        m_mail->buildSession(alice(), bob());
        m_mail->give(bob(), {says("two")});
        m_mail->give(bob(), {says("three")});
        bobIsOnline();
        m_mail->clock().advance(5s);
        QVERIFY(m_mail->carryAll() <= 2);
        QVERIFY(m_mail->bobSees().contains(QStringLiteral("two")));
        QVERIFY(m_mail->bobSees().contains(QStringLiteral("three")));
        QCOMPARE(placeholders() + wanted() + missing(), 0);
        QVERIFY(!bobAsksWithin(24h * 2).has_value());
    }
    void T008_aJumpOverTheLimitIsAskedForOnceAndHeals()
    {
        auto transaction = Transaction::begin(*alice().database);
        for (int i = 0; i < 2001; ++i)
            QVERIFY(bool(alice().parts->sessions.encrypt(bob().address(), "lost on the way")));
        QVERIFY(transaction && transaction->commit());
        bobIsOnline();
        m_mail->give(bob(), {says("two")});
        QCOMPARE(placeholders(), 1);
        const auto asked = bobAsksWithin(5s);
        QVERIFY(asked.has_value());
        aliceAnswers(*asked);
        m_mail->give(bob(), {says("three")});
        QCOMPARE(m_mail->bobSees().mid(2), QStringList({QStringLiteral("two"), QStringLiteral("three")}));
        QCOMPARE(placeholders() + wanted() + missing(), 0);
        QVERIFY(!bobAsksWithin(24h).has_value());
    }
    void T007_aDeviceStartsFewSessions()
    {
        for (int i = 0; i < 10; ++i) {
            m_mail->buildSession(alice(), bob());
            m_mail->give(bob(), {says("in a session of its own")});
        }
        // One of six was the first of all.
        QCOMPARE(m_mail->bobSees().count(QStringLiteral("in a session of its own")),
                 qsizetype(Inbox::kMaxSessionsAnHour - 1));
        QVERIFY(*bob().parts->sessions.archivedStates(alice().address()) <= 4);
        m_mail->clock().advance(1h);
        m_mail->buildSession(alice(), bob());
        m_mail->give(bob(), {says("later")});
        QVERIFY(m_mail->bobSees().contains(QStringLiteral("later")));
        for (int hour = 0; hour < 20; ++hour) {
            m_mail->clock().advance(21min);
            m_mail->buildSession(alice(), bob());
            m_mail->give(bob(), {says("of this day")});
        }
        QCOMPARE(m_mail->number(bob(), "SELECT count(*) FROM prekey_tombstone"), 27);
        for (int hour = 0; hour < 8; ++hour) {
            m_mail->clock().advance(21min);
            m_mail->buildSession(alice(), bob());
            m_mail->give(bob(), {says("of this day")});
        }
        QCOMPARE(m_mail->number(bob(), "SELECT count(*) FROM prekey_tombstone"), std::int64_t(Inbox::kMaxSessionsADay));
    }

    // ---- Counters that are missing ---------------------------------------------------------------------------------

    void T080_whatTheRelayDropsIsAskedForAfterAMinute()
    {
        says("two");
        says("three");
        m_mail->give(bob(), {says("four")});
        QCOMPARE(missing(), 2);
        bobIsOnline();
        QVERIFY(!bobAsksWithin(59s).has_value());
        const auto asked = bobAsksWithin(2s);
        QVERIFY(asked.has_value());
        QCOMPARE(asked->gaps, (std::vector<content::GapRange>{{m_mail->chat(), 2, 3}}));
        aliceAnswers(*asked);
        QCOMPARE(m_mail->bobSees(),
                 QStringList({QStringLiteral("first"), QStringLiteral("answer"), QStringLiteral("two"),
                              QStringLiteral("three"), QStringLiteral("four")}));
        QCOMPARE(missing(), 0);
        QCOMPARE(lostRows(), 0);
        QCOMPARE(tally(Tally::Repaired), 2);
    }
    void T080_nothingIsMissingBeforeTheQueueIsEmpty()
    {
        says("two");
        m_mail->give(bob(), {says("three")});
        bob().parts->requester.setOnline(true);
        QVERIFY(!bobAsksWithin(10min).has_value());
        bob().parts->requester.noteDrained();
        QVERIFY(bobAsksWithin(61s).has_value());
    }
    void T080_whatStaysMissingIsToldAfterADayAndCountsDown()
    {
        const auto two = says("two"), three = says("three"), four = says("four");
        m_mail->give(bob(), {says("five")});
        bobIsOnline();
        QVERIFY(bobAsksWithin(23h).has_value());
        QCOMPARE(lostRows(), 0);
        m_mail->clock().advance(2h);
        QCOMPARE(lostRows(), 1);
        const auto lostLine = [this] { return m_mail->bobHas()[1]; };
        QCOMPARE(lostLine().kind, MessageKind::Lost);
        QCOMPARE(lostLine().missing, 3u);
        QCOMPARE(missing(), 3);
        QSignalSpy changed(&bob().parts->inbox, &Inbox::changed);
        m_mail->give(bob(), {three});
        QCOMPARE(changed.front().front().value<InboxNews>().conversations.size(), std::size_t(1));
        QCOMPARE(*bob().storage->messages.countOfKind(MessageKind::Lost), 1);
        QCOMPARE(m_mail->number(bob(), "SELECT flags / 256 FROM message WHERE kind = 6"), 2);
        m_mail->give(bob(), {two, four});
        QCOMPARE(lostRows(), 0);
        QCOMPARE(missing(), 0);
        QCOMPARE(m_mail->bobHas().size(), std::size_t(6));
    }
    void T080_aLineThatWasDeletedDoesNotComeBack()
    {
        says("two");
        m_mail->give(bob(), {says("three")});
        bobIsOnline();
        m_mail->clock().advance(25h);
        QCOMPARE(lostRows(), 1);
        QVERIFY(bob().storage->messages.removeAll(m_mail->chat(), m_mail->clock().now()));
        m_mail->clock().advance(24h * 30);
        QCOMPARE(lostRows(), 0);
        QCOMPARE(missing(), 1);
    }
    void aGapEndsWithWhatIsKeptToBeSentAgain()
    {
        says("two");
        m_mail->give(bob(), {says("three")});
        bobIsOnline();
        m_mail->clock().advance(kRepairLife + 24h);
        QCOMPARE(missing(), 0);
        QCOMPARE(lostRows(), 1);
        QCOMPARE(tally(Tally::Lost), 1);
    }
    void T080_aGapOfARevokedDeviceIsGivenUp()
    {
        says("two");
        m_mail->give(bob(), {says("three")});
        m_mail->addDevice(alice(), bob());
        m_mail->revoke(alice().address(), alice(), bob());
        QCOMPARE(missing(), 1);
        bobIsOnline();
        m_mail->clock().advance(5s);
        QVERIFY(!m_mail->bobAsks().has_value());
        QCOMPARE(missing(), 0);
        QCOMPARE(lostRows(), 1);
        QCOMPARE(tally(Tally::Lost), 1);
    }
    void whatOurOwnDesktopWroteIsAwaitedUntilItIsHere()
    {
        RepairStore &repairs = bob().parts->repairs;
        const DeviceAddress sibling = m_mail->addDevice(bob(), alice());
        const MessageId id = *newMessageId(m_mail->random(), true);
        content::Header header = m_mail->header(bob(), alice(), 7);
        header.messageId = id;
        const ArrivalPlace place{sibling, true, alice().account(), header, m_mail->clock().now()};
        QVERIFY(!*repairs.isAwaited(place));
        QVERIFY(bob().storage->repairs.add(
            {.sender = sibling, .message = id, .ratchetKey = {}, .noticedAt = m_mail->clock().now()}));
        QVERIFY(*repairs.isAwaited(place)); // also when its counter was given up
        QVERIFY(bob().storage->messages.insert({0, id, header.conversation, sibling.account, sibling.device, 7,
                                                header.clientTime, header.clientTime, MessageKind::Text,
                                                QStringLiteral("ours"), Delivery::Sent}));
        QVERIFY(!*repairs.isAwaited(place));
    }
    void T080_theEndOfAStreamIsTold()
    {
        says("two");
        says("three");
        alice().parts->tails.setOnline(true);
        QVERIFY(m_mail->waiting(alice(), bob(), OutboxPurpose::Content).empty());
        m_mail->clock().advance(81min);
        auto tails = m_mail->waiting(alice(), bob(), OutboxPurpose::Content);
        QCOMPARE(tails.size(), std::size_t(1));
        bobIsOnline();
        m_mail->give(bob(), {m_mail->sends(alice(), bob(), tails.front())});
        QCOMPARE(missing(), 2);
        const auto asked = bobAsksWithin(61s);
        QVERIFY(asked.has_value());
        aliceAnswers(*asked);
        QCOMPARE(m_mail->bobSees().mid(2), QStringList({QStringLiteral("two"), QStringLiteral("three")}));
        // After 1, 3, 9 and 27 days of quiet once more, and then no more (decision 0170).
        m_mail->clock().advance(24h * 7);
        QCOMPARE(m_mail->waiting(alice(), bob(), OutboxPurpose::Content).size(), std::size_t(2));
        m_mail->clock().advance(24h * 60);
        QCOMPARE(m_mail->waiting(alice(), bob(), OutboxPurpose::Content).size(), std::size_t(4));
    }
    void theEndOfAStreamIsToldToContactsOnly()
    {
        says("two");
        m_mail->setState(alice(), bob().account(), ContactState::Asked);
        alice().parts->tails.setOnline(true);
        m_mail->clock().advance(24h * 2);
        QVERIFY(m_mail->waiting(alice(), bob(), OutboxPurpose::Content).empty());
    }
    void whoWasAskedShowsThatTheirAcceptanceIsLost()
    {
        m_mail->setState(bob(), alice().account(), ContactState::Asked);
        auto header = m_mail->header(alice(), bob(), 0);
        header.lastCounter = 5;
        m_mail->deliver(m_mail->post(header, content::Receipt{}));
        QCOMPARE(missing(), 4);
        bobIsOnline();
        QVERIFY(bobAsksWithin(61s).has_value());
    }
    void T089_aBlockedPersonMakesNoGaps()
    {
        m_mail->setState(bob(), alice().account(), ContactState::Blocked);
        auto header = m_mail->header(alice(), bob(), 0);
        header.lastCounter = 500;
        m_mail->deliver(m_mail->post(header, content::Receipt{}));
        QCOMPARE(missing(), 0);
    }
    void T087_aStreamHasAThousandGaps()
    {
        for (std::int64_t i = 0; i < kMaxGapsOfStream; ++i) {
            const auto counter = std::uint64_t(10 + 2 * i);
            const Timestamp now = m_mail->clock().now();
            QVERIFY(bob().storage->streams.addGap(m_mail->chat(), alice().address(), counter, counter, now));
        }
        m_mail->deliver(m_mail->post(m_mail->header(alice(), bob(), 5000), content::Text{QStringLiteral("far")}));
        QCOMPARE(*bob().storage->streams.countGaps(m_mail->chat(), alice().address()), kMaxGapsOfStream);
        QVERIFY(!bob().storage->streams.gapAt(m_mail->chat(), alice().address(), 10)->has_value());
        QCOMPARE(lostRows(), 2); // the oldest range, and what of the jump is too much
    }
    void ofAFarJumpTheNewestAreAskedFor()
    {
        m_mail->deliver(m_mail->post(m_mail->header(alice(), bob(), 10'000), content::Text{QStringLiteral("far")}));
        QCOMPARE(missing(), std::int64_t(kMaxJumpCounters));
        QCOMPARE(lostRows(), 1);
        QCOMPARE(m_mail->number(bob(), "SELECT flags / 256 FROM message WHERE kind = 6"),
                 9999 - 1 - std::int64_t(kMaxJumpCounters));
        bobIsOnline();
        const auto asked = bobAsksWithin(61s);
        QVERIFY(asked.has_value());
        QCOMPARE(asked->gaps, (std::vector<content::GapRange>{{m_mail->chat(), 8000, 8199}}));
        QVERIFY(!bobAsksWithin(1h).has_value()); // more is not answered
        const auto next = bobAsksWithin(10min);
        QVERIFY(next.has_value());
        QCOMPARE(next->gaps.front().first, 8200u);
    }
};

SOTTO_TEST(RepairTest)

} // namespace sotto

#include "repair_test.moc"
