// What messages say of device logs, against what the relay shows.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/account/prekey_upload.h"
#include "core/ledger/log_builder.h"
#include "core/ledger/signature.h"
#include "core/sqlite/transaction.h"

#include <QCoreApplication>
#include <QTest>

namespace sotto {

using content::Text;
using kit::Desk;
using kit::MailFixture;
using namespace std::chrono_literals;

namespace {

const QString kHello = QStringLiteral("Hello");

content::LogHead headOf(const DeviceLog &log)
{
    const LogPin pin = log.head();
    return {pin.epoch, pin.version, pin.hash};
}

content::LogHead headOf(std::uint64_t version) { return {1, version, *Hash256::fromBytes(Bytes(32, 'h'))}; }

} // namespace

class LogHeadsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_mail = std::make_unique<MailFixture>();
        m_shown = 1;
        m_grown.reset();
        m_mail->buildSession(bob(), alice());
        grow();
        m_mail->relay().onRequest = [this](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
            if (std::holds_alternative<wire::Submit>(asked))
                return wire::Accepted{m_mail->clock().now(), {}, m_mail->clock().now()};
            const auto *fetch = std::get_if<wire::FetchLog>(&asked);
            if (!fetch)
                return wire::Bundles{};
            if (fetch->account != alice().account())
                return wire::Log{{}, 1};
            wire::Log log{{}, m_shown};
            for (std::uint64_t version = fetch->fromVersion; version <= m_shown; ++version)
                log.entries.push_back(m_grown->entries().at(std::size_t(version) - 1).entry);
            return log;
        };
    }
    void cleanup() { m_mail.reset(); }

    void sameHeadsAreNoNews()
    {
        arrives(m_mail->header(alice(), bob(), 1));
        QVERIFY(alarmsAboutAlice().empty());
        QVERIFY(!isHeld());
        QVERIFY(m_mail->relay().asked<wire::FetchLog>().empty());
    }
    void T042_aForkIsToldAndMovesNothing()
    {
        content::Header header = m_mail->header(alice(), bob(), 1);
        header.ownHead = headOf(1);
        arrives(header);
        QCOMPARE(alarmsAboutAlice(), std::vector{AlarmKind::Fork});
        QVERIFY(!isHeld());
        QCOMPARE((*bob().parts->directory.find(alice().account()))->version(), std::uint64_t(1));
        QCOMPARE(m_mail->bobSees(), QStringList{kHello}); // the words are genuine all the same
    }
    void T043_aNewerHeadHoldsMailUntilTheLogIsThere()
    {
        m_mail->goOnline(bob());
        arrives(newerHeader(1));
        QVERIFY(isHeld());
        writesToAlice();
        QTRY_COMPARE(asked(alice().account()), std::size_t(1));
        turn();
        QVERIFY(m_mail->relay().asked<wire::Submit>().empty());
        QCOMPARE(bob().storage->outbox.dueAfter(0, m_mail->clock().now(), 10)->size(), std::size_t(0));
        QVERIFY(!*bob().storage->outbox.nextAttempt(Timestamp{0}));
        m_shown = 2;
        aMinutePasses();
        QTRY_COMPARE(submitted(wire::MailClass::Message), std::size_t(1));
        QCOMPARE(m_mail->relay().asked<wire::Submit>().front().targets.front().logVersion, std::uint64_t(2));
        QVERIFY(!isHeld());
        QVERIFY(alarmsAboutAlice().empty());
    }
    void T043_aRelayThatFreezesALogIsFoundOut()
    {
        m_mail->goOnline(bob());
        arrives(newerHeader(1));
        writesToAlice();
        for (std::size_t answers = 1; answers <= 3; ++answers) {
            QTRY_COMPARE(asked(alice().account()), answers);
            turn();
            QCOMPARE(alarmsAboutAlice().size(), std::size_t(answers < 3 ? 0 : 1));
            aMinutePasses();
        }
        QCOMPARE(alarmsAboutAlice(), std::vector{AlarmKind::Frozen});
        QVERIFY(m_mail->relay().asked<wire::Submit>().empty());
        // The person decides to write to the devices that are known; that version does not stop them again.
        QVERIFY(bob().parts->heads.waive(alice().account()));
        QTRY_COMPARE(submitted(wire::MailClass::Message), std::size_t(1));
        arrives(newerHeader(2));
        QVERIFY(!isHeld());
        arrives(headerOf(headOf(3), 3));
        QVERIFY(isHeld());
        QVERIFY(bob().parts->heads.waive(alice().account()));
        QCOMPARE(bob().parts->heads.waive(alice().account()).error().code, ErrorCode::NotFound);
        // Until the log grows: then its claims hold again.
        m_shown = 2;
        QVERIFY(fetches());
        arrives(headerOf(headOf(3), 4));
        QVERIFY(isHeld());
    }
    void aClaimOfTheHighestVersionSilencesNoLaterAlarm()
    {
        m_mail->goOnline(bob());
        const auto freezes = [this](const content::LogHead &claimed, std::uint64_t counter) {
            arrives(headerOf(claimed, counter));
            for (int answer = 0; answer < 3; ++answer)
                aMinutePasses();
            return bob().storage->alarms.open()->size();
        };
        QCOMPARE(freezes(headOf(kMaxLogEntries), 1), std::size_t(1));
        auto transaction = Transaction::begin(*bob().database);
        QCOMPARE(*bob().storage->alarms.acknowledge(alice().account()), 1);
        QVERIFY(transaction->commit());
        QVERIFY(bob().parts->heads.waive(alice().account()));
        m_shown = 2;
        QVERIFY(fetches());
        QCOMPARE(freezes(headOf(3), 2), std::size_t(1));
    }
    void anAnswerToOneDeviceAnswersNoOther()
    {
        m_mail->goOnline(bob());
        arrives(headerOf(headOf(kMaxLogEntries), 1)); // the device may be stolen
        QVERIFY(bob().parts->heads.waive(alice().account()));
        QVERIFY(!isHeld());
        arrives(headerOf(headOf(5), 2));
        QVERIFY(!isHeld());
        ArrivalPlace place{{alice().account(), *DeviceId::from(4711)},
                           false,
                           alice().account(),
                           newerHeader(3),
                           m_mail->clock().now()};
        auto transaction = Transaction::begin(*bob().database);
        QVERIFY(bob().parts->heads.note(place));
        QVERIFY(transaction->commit());
        QVERIFY(isHeld());
    }
    void aSecondFreezeIsToldAgain()
    {
        m_mail->goOnline(bob());
        const auto freezes = [this](std::uint64_t version, std::uint64_t counter) {
            arrives(headerOf(headOf(version), counter));
            for (int answer = 0; answer < 3; ++answer)
                aMinutePasses();
            return bob().storage->alarms.open()->size();
        };
        QCOMPARE(freezes(2, 1), std::size_t(1));
        QVERIFY(bob().parts->heads.waive(alice().account()));
        QVERIFY(bob().storage->alarms.open()->empty());
        QCOMPARE(freezes(3, 2), std::size_t(1));
    }
    void receiptsWaitWhereTheyMergeWhileAPersonIsOnHold()
    {
        m_mail->goOnline(bob());
        for (std::uint64_t counter = 1; counter <= 3; ++counter) {
            arrives(newerHeader(counter));
            aMinutePasses();
        }
        QCOMPARE(bob().storage->outbox.count().value(), 0);
        QVERIFY(!*bob().storage->receipts.nextDue());
        QVERIFY(bob().parts->heads.waive(alice().account()));
        QVERIFY((*bob().storage->receipts.nextDue()).has_value());
        aMinutePasses();
        QTRY_COMPARE(submitted(wire::MailClass::Receipt), std::size_t(1));
    }
    void aLogIsNotLongerUntilWhatFollowsFromItIsStored()
    {
        m_mail->goOnline(bob());
        arrives(newerHeader(1));
        m_shown = 2;
        bob().parts->directory.onExtension(
            [](const DeviceLog &, const std::vector<LogChange> &) -> Result<Done> { return ErrorCode::DiskFull; });
        QVERIFY(!fetches());
        QCOMPARE((*bob().parts->directory.find(alice().account()))->version(), std::uint64_t(1));
        QVERIFY(isHeld());
    }
    void aLogThatIsNotTheClaimedOneIsAFork()
    {
        m_mail->goOnline(bob());
        m_shown = 2;
        arrives(headerOf(headOf(2), 1));
        QTRY_COMPARE(alarmsAboutAlice(), std::vector{AlarmKind::Fork});
        QVERIFY(!isHeld());
    }
    void aHeadThatCannotBeHoldsNothing()
    {
        arrives(headerOf(headOf(kMaxLogEntries + 1), 1));
        QVERIFY(!isHeld());
        arrives(headerOf(headOf(kMaxLogEntries), 2));
        QVERIFY(isHeld());
    }
    void T089_strangersHoldAndAskNothing()
    {
        m_mail->setState(bob(), alice().account(), ContactState::Asking);
        m_mail->goOnline(bob());
        arrives(newerHeader(1));
        turn();
        QVERIFY(!isHeld());
        QCOMPARE(asked(alice().account()), std::size_t(0));
    }
    void aRelayThatHidesOurOwnLogIsFoundOut()
    {
        m_mail->goOnline(bob());
        content::Header header = m_mail->header(alice(), bob(), 1);
        header.peerHead.version = 2;
        arrives(header);
        QTRY_COMPARE(alarmsAboutAlice(), std::vector{AlarmKind::OwnLogHidden});
        QVERIFY(!isHeld());
        header = m_mail->header(alice(), bob(), 2);
        header.peerHead = headOf(1);
        arrives(header);
        QCOMPARE(alarmsAboutAlice(), (std::vector{AlarmKind::OwnLogHidden, AlarmKind::OwnLogForked}));
    }
    void T055_aNewSafetyNumberHoldsMailUntilThePersonDecides()
    {
        setNewKit();
        verifies();
        m_mail->goOnline(bob());
        m_shown = 2;
        QVERIFY(fetches());
        QVERIFY(!isHeld()); // its time has not come
        threeDaysPass();
        QTRY_VERIFY(isHeld());
        QCOMPARE(alarmsAboutAlice(), std::vector{AlarmKind::RootChanged});
        QVERIFY(!*bob().storage->pins.isVerified(alice().account()));
        writesToAlice();
        turn();
        QCOMPARE(submitted(wire::MailClass::Message), std::size_t(0));
        threeDaysPass(); // it is told once
        QCOMPARE(bob().storage->alarms.about(alice().account())->front().count, 1);
        QVERIFY(bob().parts->heads.waive(alice().account()));
        QVERIFY(!isHeld());
        QVERIFY(alarmsAboutAlice().empty()); // it was answered
        QTRY_COMPARE(submitted(wire::MailClass::Message), std::size_t(1));
        threeDaysPass();
        QVERIFY(!isHeld());
    }
    void aSafetyNumberThatIsComparedEndsItsHoldOnly()
    {
        setNewKit();
        m_mail->goOnline(bob());
        m_shown = 2;
        QVERIFY(fetches());
        threeDaysPass();
        QTRY_VERIFY(isHeld());
        arrives(headerOf(headOf(9), 1)); // and there is said to be a newer list
        QVERIFY(bob().parts->heads.acceptRoot(alice().account()));
        QVERIFY(!*bob().storage->pins.isHeldForRoot(alice().account()));
        const auto left = alarmsAboutAlice();
        QVERIFY(std::ranges::find(left, AlarmKind::RootChanged) == left.end());
        QVERIFY(isHeld());
        QVERIFY(bob().parts->heads.waive(alice().account()));
        QVERIFY(!isHeld());
        QCOMPARE(bob().parts->heads.waive(alice().account()).error().code, ErrorCode::NotFound);
    }
    void T040_anEntryThatDoesNotVerifyIsToldAndHoldsNothing()
    {
        m_mail->goOnline(bob());
        m_mail->relay().onRequest = [this](const wire::RequestBody &) -> std::optional<wire::ResponseBody> {
            wire::Log log{{m_grown->entries().at(1).entry}, 2};
            log.entries.front().signature[0] = char(log.entries.front().signature[0] ^ 1);
            return log;
        };
        QVERIFY(!fetches());
        QCOMPARE(alarmsAboutAlice(), std::vector{AlarmKind::BadLog});
        QVERIFY(!isHeld());
    }
    void sessionsGoWithTheDevices()
    {
        const auto ghost = *DeviceId::from(4711);
        // A device that was revoked meanwhile: the log that is fetched does not name it.
        auto transaction = Transaction::begin(*bob().database);
        QVERIFY(bob().parts->keyStore.storeSession({alice().account(), ghost}, Bytes(10, 's'), m_mail->clock().now()));
        QVERIFY(transaction->commit());
        m_mail->goOnline(bob());
        m_shown = 2;
        QVERIFY(fetches());
        QCOMPARE(*bob().parts->keyStore.sessionDevices(alice().account()), std::vector{alice().address().device});
    }
    void alarmsComeBackWithANewerListOnly()
    {
        AlarmRepository &alarms = bob().storage->alarms;
        auto transaction = Transaction::begin(*bob().database);
        const AccountId account = alice().account();
        const auto raise = [&](std::uint64_t version) {
            return bool(alarms.raise(account, AlarmKind::BadLog, version, m_mail->clock().now()));
        };
        QVERIFY(raise(2));
        QCOMPARE(*alarms.acknowledge(account), 1);
        QVERIFY(raise(2) && raise(1));
        QVERIFY(alarms.open()->empty());
        QCOMPARE(alarms.about(account)->front().count, 1);
        m_mail->clock().advance(AlarmRepository::kCountEvery);
        QVERIFY(raise(1));
        QVERIFY(alarms.open()->empty());
        QCOMPARE(alarms.about(account)->front().count, 2);
        QVERIFY(raise(3));
        QCOMPARE(alarms.open()->size(), std::size_t(1));
        QCOMPARE(alarms.open()->front().version, std::uint64_t(3));
        QVERIFY(transaction->commit());
    }

private:
    Desk &alice() { return m_mail->alice(); }
    Desk &bob() { return m_mail->bob(); }
    /// Alice's log with a second device, that Bob has not seen.
    void grow()
    {
        const auto keys = DeviceKeys::make(m_mail->random());
        const auto number = makeDeviceId(m_mail->random());
        QVERIFY(keys && number);
        const X25519KeyPair identity = keys->identity.x25519();
        const DeviceKeyPairs pairs{*number, identity, keys->signing, keys->sealing};
        DeviceLog log = **alice().parts->directory.find(alice().account());
        const auto claim = makeClaim(alice().account(), log.head().hash, pairs, m_mail->random());
        QVERIFY(bool(claim));
        const auto entry = makeAddDevice(log, {alice().address().device, alice().parts->device.keys.signing}, *claim,
                                         m_mail->clock().now());
        QVERIFY(bool(log.append(entry, m_mail->clock().now())));
        m_grown.emplace(std::move(log));
    }
    /// In place of the second device: Alice announces a new recovery kit.
    void setNewKit()
    {
        DeviceLog log = **alice().parts->directory.find(alice().account());
        const auto root = makeX25519KeyPair(m_mail->random());
        QVERIFY(bool(root));
        const auto entry =
            makeSetRecovery(log, {alice().address().device, alice().parts->device.keys.signing}, *root,
                            log.recoveryWrap(m_mail->clock().now()), m_mail->clock().now(), m_mail->random());
        QVERIFY(entry && log.append(*entry, m_mail->clock().now()));
        m_grown.emplace(std::move(log));
    }
    void verifies()
    {
        auto transaction = Transaction::begin(*bob().database);
        QVERIFY(bob().storage->pins.setVerified(alice().account(), true) && transaction->commit());
    }
    void threeDaysPass()
    {
        for (int day = 0; day < 4; ++day) {
            m_mail->clock().advance(LogHeads::kRootsEvery);
            turn();
        }
    }
    content::Header headerOf(const content::LogHead &head, std::uint64_t counter)
    {
        content::Header header = m_mail->header(alice(), bob(), counter);
        header.ownHead = head;
        return header;
    }
    content::Header newerHeader(std::uint64_t counter) { return headerOf(headOf(*m_grown), counter); }
    void arrives(const content::Header &header)
    {
        m_mail->deliver(m_mail->post(header, Text{.text = kHello}));
        QTRY_VERIFY(bob().parts->inbox.isIdle());
    }
    void writesToAlice()
    {
        QVERIFY(bob().parts->composer.writeText(alice().account(), kHello));
        bob().parts->pump.wake();
    }
    bool fetches()
    {
        auto task = bob().parts->directory.refresh(alice().account());
        return QTest::qWaitFor([&task] { return task.isFinished(); }) && bool(task.result());
    }
    bool isHeld() { return *bob().storage->pins.isHeld(alice().account()); }
    std::vector<AlarmKind> alarmsAboutAlice()
    {
        std::vector<AlarmKind> kinds;
        const auto alarms = bob().storage->alarms.about(alice().account());
        for (const Alarm &alarm : alarms.value())
            kinds.push_back(alarm.kind);
        return kinds;
    }
    std::size_t asked(const AccountId &account)
    {
        const auto all = m_mail->relay().asked<wire::FetchLog>();
        return std::size_t(std::ranges::count(all, account, &wire::FetchLog::account));
    }
    std::size_t submitted(wire::MailClass mailClass)
    {
        const auto all = m_mail->relay().asked<wire::Submit>();
        return std::size_t(std::ranges::count(all, mailClass, &wire::Submit::mailClass));
    }
    /// In steps, so that the line stays alive.
    void aMinutePasses()
    {
        for (int step = 0; step < 31; ++step) {
            m_mail->clock().advance(2s);
            turn();
        }
    }
    /// Whatever is under way arrives.
    static void turn()
    {
        for (int i = 0; i < 20; ++i)
            QCoreApplication::processEvents();
    }

    std::unique_ptr<MailFixture> m_mail;
    std::optional<DeviceLog> m_grown;
    std::uint64_t m_shown = 1; ///< how much of Alice's log the relay shows
};

SOTTO_TEST(LogHeadsTest)

} // namespace sotto

#include "log_heads_test.moc"
