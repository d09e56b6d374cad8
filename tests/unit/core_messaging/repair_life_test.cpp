// What becomes of repair when contacts go, clocks jump, budgets end and old frames are played again.
#include "core/client/housekeeping.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/repair_fixture.h"

#include "core/messaging/message_ids.h"
#include "core/messaging/repair/repair_schedule.h"
#include "core/settings/ageing_time.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"

#include <QTest>

#include <limits>

namespace sotto {

using kit::Desk;
using kit::RepairFixture;
using namespace std::chrono_literals;

class RepairLifeTest : public QObject {
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
    MessageId idOf(const wire::Envelope &envelope)
    {
        return bob().parts->senders.open(envelope.sealedSender)->messageId;
    }
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
    /// Bob cannot read what is given to him in between.
    template <class Giving> void withoutSession(const Giving &give)
    {
        QVERIFY(bob().database->prepare("UPDATE session SET device = device + 1").run());
        give();
        QVERIFY(bob().database->prepare("UPDATE session SET device = device - 1").run());
    }
    wire::Envelope unreadable(const char *text)
    {
        const auto envelope = says(text);
        withoutSession([&] { m_mail->give(bob(), {envelope}); });
        return envelope;
    }
    void aliceAnswers(const content::Retry &retry)
    {
        m_mail->give(alice(), {m_mail->request(retry)});
        m_mail->clock().advance(5s);
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
    }
    /// The clock is a year ahead for an hour in which everything that is due happens.
    void theClockIsWrongForAnHour()
    {
        const Timestamp before = m_mail->clock().now();
        m_mail->clock().setWallClock(before + 24h * 365);
        m_mail->clock().advance(1h);
        m_mail->clock().setWallClock(before + 1h);
    }

private Q_SLOTS:
    void init() { m_mail = std::make_unique<RepairFixture>(); }

    // ---- Contacts that go ------------------------------------------------------------------------------------------

    void whoWasRemovedDoesNotComeBackByALateCopy()
    {
        const AccountId person = alice().account();
        ContactMail &contacts = bob().parts->contacts;
        const auto copied = [&](const content::Body &body, Timestamp written) {
            auto header = m_mail->header(bob(), alice(), 1);
            header.clientTime = written;
            const Arrival arrival{{bob().address(), true, person, header, written}, body, {}};
            InboxNews news;
            auto transaction = Transaction::begin(*bob().database);
            const auto *accept = std::get_if<content::ContactAccept>(&body);
            const auto taken = accept ? contacts.takeAccept(arrival, *accept, news)
                                      : contacts.takeRequest(arrival, std::get<content::ContactRequest>(body), news);
            return taken && transaction->commit();
        };
        const content::ContactAccept accept{QStringLiteral("Bob"), Bytes(32, 'k'), {}};
        const content::ContactRequest request{QStringLiteral("Bob"), QString(), Bytes(32, 'k'), std::nullopt};
        const Timestamp before = m_mail->clock().now();
        m_mail->clock().advance(1min);
        QVERIFY(bob().parts->contacts.remove(person));
        QVERIFY(copied(accept, before));
        QVERIFY(copied(request, before));
        QCOMPARE(m_mail->stateOf(bob(), person), ContactState::Stranger);
        // Another desktop hears of the removal by what this one says of it.
        QVERIFY(copied(request, m_mail->clock().now() + 1min));
        QCOMPARE(m_mail->stateOf(bob(), person), ContactState::Asked);
        QVERIFY(copied(accept, m_mail->clock().now() + 2min));
        QCOMPARE(m_mail->stateOf(bob(), person), ContactState::Accepted);
    }
    void aDecisionIsLaterThanTheOneBefore()
    {
        const AccountId person = alice().account();
        const Timestamp ahead = m_mail->clock().now() + 1h; // of another desktop, whose clock is
        QVERIFY(bob().storage->contacts.setState(person, ContactState::Accepted, ahead));
        QVERIFY(bob().parts->contacts.remove(person));
        QVERIFY(*bob().storage->contacts.stateSince(person) > ahead);
        QVERIFY(*bob().storage->contacts.stateSince(person) < ahead + 1min);
    }
    void whatIsMissingInADeletedChatIsForgotten()
    {
        const auto two = says("two");
        m_mail->give(bob(), {says("three")});
        unreadable("four");
        QVERIFY(missing() > 0 && wanted() > 0);
        QVERIFY(bob().parts->contacts.remove(alice().account()));
        QCOMPARE(missing() + wanted() + placeholders(), 0);
        m_mail->setState(bob(), alice().account(), ContactState::Accepted);
        m_mail->give(bob(), {two}); // an answer that was under way
        QVERIFY(m_mail->bobSees().isEmpty());
    }
    void whoWasRemovedGetsNothingThatWaits()
    {
        const auto envelope = says("two");
        m_mail->give(alice(), {m_mail->request({{{idOf(envelope), Bytes()}}, {}})});
        QVERIFY(alice().parts->composer.writeText(bob().account(), QStringLiteral("not sent yet")));
        QCOMPARE(m_mail->answers(), std::size_t(1));
        QVERIFY(alice().parts->contacts.remove(bob().account()));
        QVERIFY(m_mail->waiting(alice(), bob(), OutboxPurpose::Resend).empty());
        QVERIFY(m_mail->waiting(alice(), bob(), OutboxPurpose::Content).empty());
        QCOMPARE(m_mail->number(alice(),
                                "SELECT count(*) FROM resend WHERE body IS NOT NULL AND conversation ="
                                " (SELECT id FROM conversation WHERE peer != (SELECT account FROM own_account))"),
                 0);
        const AccountId person = bob().account();
        m_mail->setState(alice(), person, ContactState::Accepted);
        m_mail->give(alice(), {m_mail->request({{{idOf(envelope), Bytes()}}, {}})});
        m_mail->clock().advance(5s);
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
        QVERIFY(!m_mail->bobSees().contains(QStringLiteral("two")));
    }
    void whoWasBlockedGetsNothingThatWaits()
    {
        const auto envelope = says("two");
        m_mail->give(alice(), {m_mail->request({{{idOf(envelope), Bytes()}}, {}})});
        QVERIFY(alice().parts->contacts.block(bob().account()));
        QVERIFY(m_mail->waiting(alice(), bob(), OutboxPurpose::Resend).empty());
    }
    void ofAnAccountThatCannotSendNothingIsUsedUp()
    {
        unreadable("two");
        QVERIFY(bob()
                    .database->prepare("UPDATE log_pin SET hold = 1 WHERE account = (SELECT account FROM own_account)")
                    .run());
        bobIsOnline();
        QVERIFY(!bobAsksWithin(3h).has_value());
        QCOMPARE(m_mail->number(bob(), "SELECT max(tries) FROM repair"), 0);
        QVERIFY(bob().database->prepare("UPDATE log_pin SET hold = 0").run());
        bob().parts->requester.wake(); // as the end of a hold does
        QVERIFY(bobAsksWithin(2s).has_value());
    }

    // ---- What was given up, and what is counted --------------------------------------------------------------------

    void anAnswerCountsAlthoughItsCounterWasGivenUp()
    {
        const auto envelope = unreadable("two");
        m_mail->deliver(m_mail->post(m_mail->header(alice(), bob(), 2300), content::Text{QStringLiteral("far")}));
        QVERIFY(!bob().storage->streams.gapAt(m_mail->chat(), alice().address(), 2)->has_value());
        aliceAnswers({{{idOf(envelope), Bytes()}}, {}});
        QCOMPARE(m_mail->bobSees().count(QStringLiteral("two")), 1);
        QCOMPARE(placeholders() + wanted(), 0);
        // Once.
        aliceAnswers({{{idOf(envelope), Bytes()}}, {}});
        QCOMPARE(m_mail->bobSees().count(QStringLiteral("two")), 1);
    }
    void oneLossIsShownAndCountedOnce()
    {
        unreadable("two");
        m_mail->give(bob(), {says("three")});
        QCOMPARE(*bob().storage->repairs.countUnrepaired(), 1);
        bobIsOnline();
        m_mail->clock().advance(25h);
        QCOMPARE(placeholders(), 1);
        QCOMPARE(lostRows(), 0);
        m_mail->clock().advance(24h * 45);
        QCOMPARE(placeholders(), 0);
        QCOMPARE(lostRows(), 1);
        QCOMPARE(tally(Tally::Lost), 1);
        QCOMPARE(wanted() + missing(), 0);
    }
    void T082_whatCameAnotherWayIsNotAskedForAllTheTime()
    {
        unreadable("two");
        // Nothing is missing: its counter was taken by another message.
        m_mail->deliver(m_mail->post(m_mail->header(alice(), bob(), 2), content::Void{}));
        QCOMPARE(placeholders() + wanted(), 2);
        QCOMPARE(missing(), 0);
        bobIsOnline();
        content::Header tail = m_mail->header(alice(), bob(), 0);
        tail.messageId = *newMessageId(m_mail->random(), false);
        tail.lastCounter = 2;
        m_mail->clock().advance(1min);
        m_mail->deliver(m_mail->post(tail, content::Receipt{}));
        QCOMPARE(placeholders() + wanted(), 2); // it may come yet
        m_mail->clock().advance(2h);
        QCOMPARE(placeholders() + wanted(), 2); // Alice may have written it last
        tail.messageId = *newMessageId(m_mail->random(), false);
        m_mail->deliver(m_mail->post(tail, content::Receipt{}));
        QCOMPARE(placeholders() + wanted() + lostRows(), 0);
        QCOMPARE(tally(Tally::Lost), 0);
    }
    void T082_whatAnOwnDesktopSentAnotherWayIsNotAskedForAllTheTime()
    {
        const DeviceAddress sibling = m_mail->addDevice(bob(), alice());
        const auto notesOne = [&] {
            const MessageId id = *newMessageId(m_mail->random(), true);
            return bob().storage->repairs.add(
                {.sender = sibling, .message = id, .ratchetKey = {}, .noticedAt = m_mail->clock().now()});
        };
        QVERIFY(notesOne());
        bobIsOnline();
        m_mail->clock().advance(5min);
        QCOMPARE(wanted(), 1);
        m_mail->clock().advance(2h);
        QCOMPARE(wanted(), 0);
        QVERIFY(notesOne());
        QVERIFY(bob().storage->streams.addGap(m_mail->chat(), sibling, 3, 3, m_mail->clock().now()));
        m_mail->clock().advance(3h);
        QCOMPARE(wanted(), 1);
        QCOMPARE(tally(Tally::Lost), 0);
    }
    void aPlaceholderStandsForOneMessage()
    {
        unreadable("two");
        m_mail->give(bob(), {says("three")});
        m_mail->clock().advance(1min);
        says("four");
        m_mail->give(bob(), {says("five")});
        bobIsOnline();
        m_mail->clock().advance(25h);
        QCOMPARE(placeholders(), 1);
        QCOMPARE(lostRows(), 1);
        QCOMPARE(m_mail->number(bob(), "SELECT flags / 256 FROM message WHERE kind = 6"), 1);
    }
    void whatWasGivenUpStaysInItsLine()
    {
        const auto two = says("two");
        says("three");
        const auto four = says("four");
        m_mail->give(bob(), {says("five")});
        bobIsOnline();
        m_mail->clock().advance(25h);
        QCOMPARE(m_mail->number(bob(), "SELECT flags / 256 FROM message WHERE kind = 6"), 3);
        m_mail->give(bob(), {two});
        const auto gap = bob().storage->streams.gapAt(m_mail->chat(), alice().address(), 3);
        QVERIFY(gap && *gap);
        QVERIFY(bob().storage->streams.closeGap(m_mail->chat(), alice().address(), 3)); // as when there are too many
        m_mail->give(bob(), {four});
        QCOMPARE(m_mail->number(bob(), "SELECT flags / 256 FROM message WHERE kind = 6"), 1);
    }
    void T087_splittingMakesNoMoreThanAThousandGaps()
    {
        const Timestamp now = m_mail->clock().now();
        for (std::int64_t i = 0; i < kMaxGapsOfStream; ++i) {
            const auto first = std::uint64_t(10 + 4 * i);
            QVERIFY(bob().storage->streams.addGap(m_mail->chat(), alice().address(), first, first + 2, now));
        }
        auto state = **bob().storage->streams.find(m_mail->chat(), alice().address());
        state.lastCounter = 9000;
        QVERIFY(bob().storage->streams.store(m_mail->chat(), alice().address(), state));
        for (std::uint64_t counter = 2011; counter < 2100; counter += 4)
            m_mail->deliver(m_mail->post(m_mail->header(alice(), bob(), counter), content::Text{QStringLiteral("x")}));
        QCOMPARE(*bob().storage->streams.countGaps(m_mail->chat(), alice().address()), kMaxGapsOfStream);
    }
    void anEditOfWhatIsGoneLeavesNoLine()
    {
        const auto two = says("two");
        m_mail->give(bob(), {two});
        QVERIFY(bool(alice().parts->composer.editText(m_mail->chat(), idOf(two), QStringLiteral("other words"))));
        const auto edit = m_mail->sendsAll(alice(), bob(), OutboxPurpose::Content);
        withoutSession([&] { m_mail->give(bob(), edit); });
        QCOMPARE(placeholders(), 1);
        QVERIFY(bool(alice().parts->composer.takeBack(m_mail->chat(), idOf(two))));
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Content));
        aliceAnswers({{{idOf(edit.front()), Bytes()}}, {}});
        QCOMPARE(placeholders() + lostRows() + wanted() + missing(), 0);
    }

    void whatWasNotAskedForStandsWhereItCame()
    {
        const Timestamp now = m_mail->clock().now();
        auto header = m_mail->header(alice(), bob(), 2);
        header.clientTime = now - 24h * 365;
        header.accepted = header.clientTime;
        m_mail->deliver(m_mail->post(header, content::Text{QStringLiteral("of last year?")}));
        QCOMPARE(m_mail->bobSees().back(), QStringLiteral("of last year?"));
        // What was asked for stands where it stood, but no further back than messages are kept, also alone.
        QVERIFY(bob().storage->messages.removeAll(m_mail->chat(), m_mail->clock().now()));
        m_mail->deliver(m_mail->post(m_mail->header(alice(), bob(), 5), content::Text{QStringLiteral("five")}));
        bobIsOnline();
        QVERIFY(bobAsksWithin(61s).has_value());
        header = m_mail->header(alice(), bob(), 3);
        header.clientTime = now - 24h * 365;
        header.accepted = header.clientTime;
        m_mail->deliver(m_mail->post(header, content::Text{QStringLiteral("long ago")}));
        const auto row = bob().storage->messages.find(m_mail->chat(), alice().account(), header.messageId);
        QVERIFY(row && *row);
        QVERIFY((*row)->sortTime > now - kRepairLife - 1h);
        QVERIFY((*row)->sortTime < now - kRepairLife + 24h);
    }

    // ---- Frames of long ago ----------------------------------------------------------------------------------------

    void T082_anEditOfLongAgoIsNoPlaceholder()
    {
        const auto two = says("two");
        m_mail->give(bob(), {two});
        QVERIFY(bool(alice().parts->composer.editText(m_mail->chat(), idOf(two), QStringLiteral("other words"))));
        const auto edit = m_mail->sendsAll(alice(), bob(), OutboxPurpose::Content);
        m_mail->give(bob(), edit);
        QCOMPARE(m_mail->bobSees().back(), QStringLiteral("other words"));
        QVERIFY(bob().database->prepare("DELETE FROM seen_ciphertext").run());
        m_mail->bobLosesHisSession();
        m_mail->give(bob(), edit);
        m_mail->give(bob(), {two});
        QCOMPARE(placeholders() + wanted(), 0);
    }
    void T082_aPlaceholderOfLongAgoVanishes()
    {
        const auto two = says("two");
        m_mail->give(bob(), {two});
        QVERIFY(bob().database->prepare("DELETE FROM seen_ciphertext").run());
        QVERIFY(bob().storage->messages.remove(m_mail->bobHas().back().row)); // the person deleted it
        m_mail->bobLosesHisSession();
        m_mail->give(bob(), {two});
        QCOMPARE(placeholders(), 1);
        bobIsOnline();
        m_mail->clock().advance(kRepairLife + 24h);
        QCOMPARE(placeholders() + wanted() + lostRows(), 0);
        QCOMPARE(tally(Tally::Lost), 0);
    }

    // ---- Requests --------------------------------------------------------------------------------------------------

    void muchThatIsMissingComesByTheHour()
    {
        constexpr int kMissing = 450;
        for (int i = 0; i < kMissing; ++i)
            says("one of many");
        m_mail->give(bob(), {says("last")});
        QCOMPARE(missing(), kMissing);
        bobIsOnline();
        int requests = 0;
        for (int minute = 0; minute < 200 && missing() > 0; ++minute) {
            const auto asked = m_mail->sendsAll(bob(), alice(), OutboxPurpose::Retry);
            requests += int(asked.size());
            m_mail->give(alice(), asked);
            m_mail->clock().advance(1min);
            m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
        }
        QCOMPARE(missing(), 0);
        QVERIFY(requests <= 6);
        QCOMPARE(m_mail->bobSees().count(QStringLiteral("one of many")), kMissing);
    }
    void aRequestForWhatIsMissingSaysThatTheSessionIsNotRead()
    {
        says("two");
        m_mail->give(bob(), {says("three")});
        m_mail->bobLosesHisSession();
        m_mail->give(bob(), {says("four")});
        bobIsOnline();
        QVERIFY(bobAsksWithin(5s).has_value());
        std::optional<content::Retry> withGap;
        for (int i = 0; i < 20 && !withGap; ++i) {
            auto asked = bobAsksWithin(30s);
            if (asked && !asked->gaps.empty())
                withGap = std::move(asked);
        }
        QVERIFY(withGap.has_value());
        QCOMPARE(withGap->wanted.size(), std::size_t(1));
        QCOMPARE(withGap->wanted.front().ratchetKey, **alice().parts->sessions.sendingRatchetKey(bob().address()));
    }
    void aRequestThatDidNotLeaveAsksForNothingThatCame()
    {
        const auto two = unreadable("two");
        const auto three = unreadable("three");
        bobIsOnline();
        m_mail->clock().advance(5s);
        QCOMPARE(m_mail->waiting(bob(), alice(), OutboxPurpose::Retry).size(), std::size_t(1));
        // What comes meanwhile: the one, and a frame of the other that does not open in another session.
        m_mail->give(alice(), {m_mail->request({{{idOf(two), Bytes()}}, {}})});
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
        m_mail->buildSession(alice(), bob());
        m_mail->give(alice(), {m_mail->request({{{idOf(three), Bytes()}}, {}})});
        const auto again = m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend);
        QVERIFY(bob().database->prepare("DELETE FROM signed_prekey").run());
        m_mail->give(bob(), again);
        const auto newest = bob().storage->repairs.find(alice().address(), idOf(three));
        QVERIFY(newest && *newest);
        const auto asked = bobAsksWithin(65s);
        QVERIFY(asked.has_value());
        QCOMPARE(asked->wanted, (std::vector<content::Wanted>{{idOf(three), (*newest)->ratchetKey}}));
        QCOMPARE((*newest)->ratchetKey, **alice().parts->sessions.sendingRatchetKey(bob().address()));
    }

    // ---- Clocks ----------------------------------------------------------------------------------------------------

    void aClockThatIsWrongForAnHourEndsNothing()
    {
        unreadable("two");
        m_mail->give(bob(), {says("three")});
        says("four");
        m_mail->give(bob(), {says("five")});
        bobIsOnline();
        QVERIFY(bobAsksWithin(65s).has_value());
        theClockIsWrongForAnHour();
        QCOMPARE(wanted(), 1);
        QCOMPARE(missing(), 2);
        [[maybe_unused]] const auto madeThen = m_mail->bobAsks();
        QVERIFY(bobAsksWithin(2min).has_value());
        theClockIsWrongForAnHour();
        [[maybe_unused]] const auto madeThenAgain = m_mail->bobAsks();
        const auto asked = bobAsksWithin(5min);
        QVERIFY(asked.has_value());
        aliceAnswers({{{asked->wanted.front().message, Bytes()}}, {{m_mail->chat(), 2, 4}}});
        QCOMPARE(m_mail->bobSees().mid(2),
                 QStringList(
                     {QStringLiteral("two"), QStringLiteral("three"), QStringLiteral("four"), QStringLiteral("five")}));
        QCOMPARE(wanted() + missing() + lostRows(), 0);
    }
    void whatAClockAheadNotedIsNotAskedForAllTheTime()
    {
        const Timestamp before = m_mail->clock().now();
        m_mail->clock().setWallClock(before + 24h * 365);
        unreadable("two");
        m_mail->clock().setWallClock(before + 1min);
        bobIsOnline();
        int asked = 0;
        for (int minute = 0; minute < 24 * 60; minute += 2)
            asked += bobAsksWithin(2min).has_value() ? 1 : 0;
        QVERIFY(asked >= 3 && asked <= 6);
        m_mail->clock().advance(kRepairLife + 48h);
        QCOMPARE(wanted(), 0);
    }
    void aStrangersCountersAreNoLossOfOurs()
    {
        m_mail->setState(bob(), alice().account(), ContactState::Stranger);
        constexpr auto greatest = std::uint64_t(std::numeric_limits<std::int64_t>::max());
        const content::ContactRequest request{QStringLiteral("Alice"), QString(), Bytes(32, 'k'), std::nullopt};
        m_mail->deliver(m_mail->post(m_mail->header(alice(), bob(), greatest - 5000), request));
        m_mail->deliver(m_mail->post(m_mail->header(alice(), bob(), greatest), request));
        QCOMPARE(tally(Tally::Lost), 0);
        QCOMPARE(*bob().storage->repairs.countUnrepaired(), 0);
        // Nor do numbers run over.
        for (int i = 0; i < 3; ++i)
            QVERIFY(bob().storage->repairs.count(Tally::Lost, std::numeric_limits<std::int64_t>::max()));
        QCOMPARE(tally(Tally::Lost), std::int64_t(1) << 52);
    }
    void anAnswerToAContactDecidesNothing()
    {
        const AccountId person = alice().account();
        const Timestamp decided = *bob().storage->contacts.stateSince(person);
        m_mail->clock().advance(1h);
        const content::ContactRequest request{QStringLiteral("Alice"), QString(), Bytes(32, 'k'), std::nullopt};
        m_mail->deliver(m_mail->post(m_mail->header(alice(), bob(), 2), request));
        const auto answers = m_mail->waiting(bob(), alice(), OutboxPurpose::Content);
        QCOMPARE(answers.size(), std::size_t(1));
        QCOMPARE(answers.front().createdAt.ms, decided.ms);
    }
    void sessionsOfTheFutureDoNotCount()
    {
        QVERIFY(bob().database->prepare("UPDATE prekey_tombstone SET made_ms = made_ms + 31536000000").run());
        for (int i = 0; i < int(Inbox::kMaxSessionsAnHour); ++i) {
            m_mail->buildSession(alice(), bob());
            m_mail->give(bob(), {says("in a session of its own")});
        }
        QCOMPARE(m_mail->bobSees().count(QStringLiteral("in a session of its own")),
                 qsizetype(Inbox::kMaxSessionsAnHour));
    }
    void whatAgesDoesNotFollowAClockThatJumps()
    {
        Settings settings(bob().storage->settings);
        const Timestamp start{1'800'000'000'000};
        QCOMPARE(ageingTime(settings, start).value().ms, start.ms);
        QCOMPARE(ageingTime(settings, start + 1h).value().ms, start.ms);
        QCOMPARE(ageingTime(settings, start + 24h).value().ms, (start + 24h).ms);
        // A year ahead, with programs that start again and again, and right again.
        for (int i = 0; i < 10; ++i)
            QVERIFY(ageingTime(settings, start + 24h * 366 + 1min * i).value() <= start + 24h * 3);
        QVERIFY(ageingTime(settings, start + 25h).value() <= start + 25h);
        QVERIFY(ageingTime(settings, start + 26h).value() <= start + 26h);
        // The battery was empty: it is 1970, and then it is not.
        for (int i = 0; i < 3; ++i)
            QVERIFY(ageingTime(settings, Timestamp{1min * i / 1ms}).value() <= start);
        QVERIFY(ageingTime(settings, start + 50h).value() >= start + 24h);
        for (const Milliseconds hour : {51h, 52h})
            QVERIFY(ageingTime(settings, start - 24h * 365 + hour).value() <= start);
        QVERIFY(ageingTime(settings, start + 72h).value() >= start + 20h);
        // An absence is made up for.
        Timestamp now = start + 24h * 40;
        for (int day = 0; day < 50; ++day, now = now + 24h)
            QVERIFY(ageingTime(settings, now).value() <= now);
        QVERIFY(ageingTime(settings, now).value() >= now - 48h);
    }
    void aClockThatIsWrongForAnHourForgetsNothing()
    {
        Housekeeping housekeeping(*alice().storage, m_mail->clock());
        housekeeping.start();
        says("two");
        m_mail->clock().advance(25h);
        const std::int64_t kept = m_mail->number(alice(), "SELECT count(*) FROM resend");
        QVERIFY(kept > 0);
        const Timestamp before = m_mail->clock().now();
        m_mail->clock().setWallClock(before + 24h * 365);
        Housekeeping(*alice().storage, m_mail->clock()).start();
        Housekeeping(*alice().storage, m_mail->clock()).start();
        m_mail->clock().setWallClock(before);
        QCOMPARE(m_mail->number(alice(), "SELECT count(*) FROM resend"), kept);
    }
    void T028_oneBadFrameInTheMiddleOfBatches()
    {
        std::vector<wire::Envelope> mail;
        for (int i = 0; i < 401; ++i)
            mail.push_back(says("one of many"));
        // One that its sender got wrong, and one that the relay altered: its tag says so.
        wire::Envelope &bad = mail[200];
        QVERIFY(bad.payload.isEmpty());
        const MessageId id = idOf(bad);
        bad.ciphertext.back() = char(bad.ciphertext.back() ^ 1);
        const auto &key = bob().parts->device.keys.sealing.publicKey;
        bad.sealedSender = *alice().parts->senders.seal(bob().address(), key, {id, bad.ciphertext, std::nullopt});
        mail[300].ciphertext.back() = char(mail[300].ciphertext.back() ^ 1);
        m_mail->give(bob(), mail);
        QCOMPARE(bob().parts->inbox.dropped(), 2);
        QCOMPARE(m_mail->bobSees().count(QStringLiteral("one of many")), 399);
        QCOMPARE(placeholders(), 1);
        QCOMPARE(wanted(), 1);
        QCOMPARE(missing(), 2);
        bobIsOnline();
        const auto asked = bobAsksWithin(5s);
        QVERIFY(asked.has_value());
        QCOMPARE(asked->wanted.size(), std::size_t(1));
        QCOMPARE(asked->wanted.front().message, id);
        aliceAnswers(*asked);
        const auto rest = bobAsksWithin(3min);
        QVERIFY(rest.has_value());
        QCOMPARE(rest->gaps, (std::vector<content::GapRange>{{m_mail->chat(), 302, 302}}));
        aliceAnswers(*rest);
        QCOMPARE(m_mail->bobSees().count(QStringLiteral("one of many")), 401);
        QCOMPARE(placeholders() + wanted() + missing(), 0);
    }
};

SOTTO_TEST(RepairLifeTest)

} // namespace sotto

#include "repair_life_test.moc"
