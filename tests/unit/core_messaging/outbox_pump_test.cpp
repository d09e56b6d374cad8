// What the outbox makes of relays and recipients that do not play along.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/account/prekey_upload.h"
#include "core/ledger/log_builder.h"
#include "core/ledger/signature.h"
#include "core/messaging/sending/outgoing.h"
#include "core/sqlite/transaction.h"

#include <QCoreApplication>
#include <QSignalSpy>
#include <QTest>

#include <limits>

namespace sotto {

using content::Text;
using kit::Desk;
using kit::MailFixture;
using Code = wire::RelayErrorCode;

namespace {

const QString kHello = QStringLiteral("Hello");

wire::ResponseBody refusal(Code code) { return wire::RelayError{code, {}, 0}; }

wire::ResponseBody accepted(MailFixture &mail) { return wire::Accepted{mail.clock().now(), {}, mail.clock().now()}; }

std::vector<AccountId> recipients(const std::vector<wire::Submit> &submits)
{
    std::vector<AccountId> all;
    for (const wire::Submit &submit : submits)
        all.push_back(submit.targets.front().account);
    return all;
}

/// A further device of somebody's, that Alice has heard of and that has no bundle.
void giveAnotherDevice(MailFixture &mail, Desk &owner)
{
    const auto keys = DeviceKeys::make(mail.random());
    const auto number = makeDeviceId(mail.random());
    QVERIFY(keys && number);
    const X25519KeyPair identity = keys->identity.x25519();
    const DeviceKeyPairs pairs{*number, identity, keys->signing, keys->sealing};
    DeviceLog log = **owner.parts->directory.find(owner.account());
    const auto claim = makeClaim(owner.account(), log.head().hash, pairs, mail.random());
    QVERIFY(bool(claim));
    const auto entry =
        makeAddDevice(log, {owner.address().device, owner.parts->device.keys.signing}, *claim, mail.clock().now());
    QVERIFY(bool(log.append(entry, mail.clock().now())));
    auto transaction = Transaction::begin(*mail.alice().database);
    QVERIFY(transaction && mail.alice().parts->directory.adopt(log) && transaction->commit());
}

void giveBobAnotherDevice(MailFixture &mail) { giveAnotherDevice(mail, mail.bob()); }

/// Alice has encrypted a text to Bob and submitted it once; the relay takes it the next time.
void submitsInVain(MailFixture &mail)
{
    mail.relay().onRequest = [&mail](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
        if (!std::holds_alternative<wire::Submit>(asked))
            return wire::Bundles{};
        return mail.relay().asked<wire::Submit>().size() == 1 ? refusal(Code::Unavailable) : accepted(mail);
    };
    QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
    mail.goOnline(mail.alice());
    QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(1));
    for (int turn = 0; turn < 20; ++turn)
        QCoreApplication::processEvents();
}

} // namespace

class OutboxPumpTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whoIsNoContactAnyMoreGetsNoAnswers()
    {
        MailFixture mail;
        for (const OutboxPurpose purpose : {OutboxPurpose::Resend, OutboxPurpose::Retry}) {
            QVERIFY(mail.alice().storage->outbox.add({.recipient = mail.bob().account(),
                                                      .mailClass = std::uint32_t(wire::MailClass::Keys),
                                                      .submitId = *mail.random().id<SubmitId>(),
                                                      .innerId = *mail.random().id<MessageId>(),
                                                      .content = Bytes(""),
                                                      .createdAt = mail.clock().now(),
                                                      .nextAttempt = mail.clock().now(),
                                                      .purpose = purpose,
                                                      .onlyDevice = mail.bob().address().device}));
        }
        // Removed between the request and its answer; this relay knows no partial targets, so that nothing goes anyway.
        mail.setState(mail.alice(), mail.bob().account(), ContactState::Stranger);
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
    }
    void aRecipientWithoutBundlesHoldsUpNobodyElse()
    {
        for (const Code code : {Code::RateLimited, Code::NotFound, Code::Unavailable}) {
            MailFixture mail;
            Desk carol = mail.makeDesk(QStringLiteral("Carol"));
            mail.introduce(carol, mail.alice());
            mail.setState(mail.alice(), carol.account(), ContactState::Accepted);
            mail.relay().onRequest = [&](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
                if (std::holds_alternative<wire::Submit>(asked))
                    return accepted(mail);
                return refusal(code);
            };
            QVERIFY(mail.alice().parts->composer.writeText(carol.account(), kHello));
            QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
            mail.goOnline(mail.alice());
            QTRY_COMPARE(recipients(mail.relay().asked<wire::Submit>()), std::vector{mail.bob().account()});
            const std::size_t asked = mail.relay().asked<wire::FetchBundles>().size();
            QVERIFY(asked >= 1);
            mail.clock().advance(std::chrono::seconds(11)); // nobody wakes it
            QTRY_VERIFY(mail.relay().asked<wire::FetchBundles>().size() > asked);
        }
    }
    void aDeviceThatHasBeenAwayForWeeksKeepsNobodyFromWriting()
    {
        MailFixture mail;
        giveBobAnotherDevice(mail);
        mail.relayAccepts();
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(1));
        const wire::Submit submit = mail.relay().asked<wire::Submit>().front();
        QCOMPARE(submit.targets.front().copies.size(), std::size_t(1));
        QCOMPARE(submit.targets.front().copies.front().device, mail.bob().address().device);
    }
    void aDeviceWithoutABundleIsAskedForOnceAnHour()
    {
        MailFixture mail;
        giveBobAnotherDevice(mail);
        mail.relayAccepts();
        mail.goOnline(mail.alice());
        const auto writes = [&mail](std::size_t texts) {
            QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
            mail.alice().parts->pump.wake();
            QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), texts);
        };
        writes(1);
        writes(2);
        QCOMPARE(mail.relay().asked<wire::FetchBundles>().size(), std::size_t(1));
        mail.alice().parts->sessionMaker.askAgain(mail.bob().account());
        writes(3);
        QCOMPARE(mail.relay().asked<wire::FetchBundles>().size(), std::size_t(2));
    }
    void whoHasNoDeviceToSealForWaitsWithoutHoldingUpOthers()
    {
        MailFixture mail;
        Desk carol = mail.makeDesk(QStringLiteral("Carol")); // no session, and no bundle to be had
        mail.introduce(carol, mail.alice());
        mail.setState(mail.alice(), carol.account(), ContactState::Accepted);
        mail.relayAccepts();
        QVERIFY(mail.alice().parts->composer.writeText(carol.account(), kHello));
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        mail.goOnline(mail.alice());
        QTRY_COMPARE(recipients(mail.relay().asked<wire::Submit>()), std::vector{mail.bob().account()});
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 1);
        const auto waiting = mail.alice().storage->outbox.dueAfter(0, mail.clock().now() + std::chrono::hours(1), 10);
        QCOMPARE(waiting->front().recipient, carol.account());
        QCOMPARE(waiting->front().attempts, 1);
        QVERIFY(waiting->front().nextAttempt > mail.clock().now());
    }
    void aDeviceThatCannotBeReachedIsAskedForSlowly()
    {
        MailFixture mail;
        giveBobAnotherDevice(mail);
        Desk carol = mail.makeDesk(QStringLiteral("Carol"));
        mail.introduce(carol, mail.alice());
        mail.buildSession(mail.alice(), carol);
        mail.setState(mail.alice(), carol.account(), ContactState::Accepted);
        mail.relay().onRequest = [&](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
            const auto *submit = std::get_if<wire::Submit>(&asked);
            if (submit && submit->targets.front().account == mail.bob().account())
                return wire::StaleDevices{{{mail.bob().account(), 2, {*DeviceId::from(9)}, {}}}};
            if (submit)
                return accepted(mail);
            if (std::holds_alternative<wire::FetchLog>(asked))
                return wire::Log{{}, 2};
            return wire::Bundles{};
        };
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        mail.goOnline(mail.alice());
        QTRY_VERIFY(!mail.relay().asked<wire::FetchLog>().empty());
        QVERIFY(mail.alice().parts->composer.writeText(carol.account(), kHello));
        mail.alice().parts->pump.wake();
        const std::vector<AccountId> once{mail.bob().account(), carol.account()};
        QTRY_COMPARE(recipients(mail.relay().asked<wire::Submit>()), once);
        // A loop would go round in these: the relay answers each question with the next turn.
        for (int turn = 0; turn < 100; ++turn)
            QCoreApplication::processEvents();
        QCOMPARE(recipients(mail.relay().asked<wire::Submit>()), once);
        mail.clock().advance(std::chrono::seconds(11));
        QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(3));
    }
    void whatIsGivenUpLeavesNoHole()
    {
        MailFixture mail;
        int submits = 0;
        mail.relay().onRequest = [&](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
            const auto *submit = std::get_if<wire::Submit>(&asked);
            if (!submit)
                return refusal(Code::Unsupported);
            if (++submits == 1)
                return refusal(Code::NotPermitted);
            const wire::Copy &copy = submit->targets.front().copies.front();
            mail.deliver({std::uint64_t(submits), mail.clock().now(), submit->mailClass, copy.kind, copy.sealedSender,
                          copy.ciphertext, submit->payload});
            return accepted(mail);
        };
        QSignalSpy failed(&mail.alice().parts->pump, &OutboxPump::failed);
        mail.goOnline(mail.alice());
        const auto first = mail.alice().parts->composer.writeText(mail.bob().account(), kHello);
        QVERIFY(first);
        mail.alice().parts->pump.wake();
        QTRY_COMPARE(failed.size(), 1);
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), QStringLiteral("two")));
        mail.alice().parts->pump.wake();
        QTRY_COMPARE(mail.bobSees(), QStringList{QStringLiteral("two")});
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
        const auto chat = directConversation(mail.alice().account(), mail.bob().account());
        QVERIFY(mail.bob().storage->streams.gapsOf(chat, mail.alice().address(), 10)->empty());
        const auto row = mail.alice().storage->messages.find(chat, mail.alice().account(), first->id);
        QCOMPARE((*row)->delivery, Delivery::Failed);
    }
    void aRelaysTimeIsNotBelievedBeyondNow()
    {
        MailFixture mail;
        mail.relay().onRequest = [&](const wire::RequestBody &) -> std::optional<wire::ResponseBody> {
            return wire::Accepted{{std::numeric_limits<qint64>::max()}, {}, mail.clock().now()};
        };
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        QSignalSpy sent(&mail.alice().parts->pump, &OutboxPump::accepted);
        mail.goOnline(mail.alice());
        QTRY_COMPARE(sent.size(), 1);
        const auto chat = directConversation(mail.alice().account(), mail.bob().account());
        const auto page = mail.alice().storage->messages.page(chat, std::nullopt, 10);
        QVERIFY(page->front().sortTime <= mail.clock().now());
        QVERIFY((*mail.alice().storage->streams.find(chat, mail.alice().address()))->lastSortTime
                <= mail.clock().now());
    }
    void T043_nothingIsSealedForAnAccountThatIsHeldMeanwhile()
    {
        MailFixture mail;
        giveBobAnotherDevice(mail);
        mail.relay().onRequest = [&](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
            if (std::holds_alternative<wire::Submit>(asked))
                return accepted(mail);
            // While the bundles are fetched a message of Bob's comes that names a newer log.
            auto transaction = Transaction::begin(*mail.alice().database);
            const HeadClaim claim{3, *Hash256::fromBytes(Bytes(32, 'h')), mail.bob().address().device, {1}};
            const bool isHeld = transaction && mail.alice().storage->pins.setClaim(mail.bob().account(), claim)
                && transaction->commit();
            return isHeld ? std::optional<wire::ResponseBody>(wire::Bundles{}) : std::nullopt;
        };
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.relay().asked<wire::FetchBundles>().size(), std::size_t(1));
        for (int turn = 0; turn < 20; ++turn)
            QCoreApplication::processEvents();
        QVERIFY(mail.relay().asked<wire::Submit>().empty());
        QCOMPARE(mail.alice().storage->outbox.byId(1)->value().attempts, 0);
    }
    void T043_whatWasSealedForAnOlderLogIsFittedFirst()
    {
        MailFixture mail;
        submitsInVain(mail);
        giveBobAnotherDevice(mail);
        mail.clock().advance(std::chrono::seconds(11));
        QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(2));
        const auto submits = mail.relay().asked<wire::Submit>();
        QCOMPARE(submits.front().targets.front().logVersion, std::uint64_t(1));
        QCOMPARE(submits.back().targets.front().logVersion, std::uint64_t(2));
        QCOMPARE(submits.back().targets.front().copies, submits.front().targets.front().copies);
    }
    void whatIsSealedStaysGoodWhenItsSessionIsGone()
    {
        MailFixture mail;
        submitsInVain(mail);
        giveBobAnotherDevice(mail);
        auto removing = Transaction::begin(*mail.alice().database);
        QVERIFY(mail.alice().parts->sessions.remove(mail.bob().address()) && removing->commit());
        mail.clock().advance(std::chrono::seconds(11));
        QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(2));
        const auto submits = mail.relay().asked<wire::Submit>();
        QCOMPARE(submits.back().targets.front().logVersion, std::uint64_t(2));
        QCOMPARE(submits.back().targets.front().copies, submits.front().targets.front().copies);
    }
    void theRelayHearsOfOurDesktopsThatGetNoCopy()
    {
        MailFixture mail;
        giveAnotherDevice(mail, mail.alice());
        mail.relayAccepts();
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(1));
        const wire::Submit submit = mail.relay().asked<wire::Submit>().front();
        QCOMPARE(submit.targets.size(), std::size_t(2));
        QCOMPARE(submit.targets.back().account, mail.alice().account());
        QVERIFY(submit.targets.back().copies.empty());
    }
    void whatWasSealedByAnOnlyDesktopIsFittedForTheSecond()
    {
        MailFixture mail;
        submitsInVain(mail);
        QCOMPARE(mail.relay().asked<wire::Submit>().front().targets.size(), std::size_t(1));
        giveAnotherDevice(mail, mail.alice());
        mail.clock().advance(std::chrono::seconds(11));
        QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(2));
        QCOMPARE(mail.relay().asked<wire::Submit>().back().targets.size(), std::size_t(2));
    }
    void aRelayThatOnlySaysItGoesDownIsNotAskedAtLineSpeed()
    {
        MailFixture mail;
        mail.relay().onRequest = [](const wire::RequestBody &) { return std::optional(refusal(Code::GoingDown)); };
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(1));
        for (int turn = 0; turn < 100; ++turn)
            QCoreApplication::processEvents();
        QCOMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(1));
        mail.clock().advance(std::chrono::seconds(11));
        QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(2));
    }
    void receiptsThatCannotBeEncryptedBecomeOneThatIsOwed()
    {
        MailFixture mail;
        Desk carol = mail.makeDesk(QStringLiteral("Carol"));
        mail.introduce(carol, mail.alice());
        mail.setState(mail.alice(), carol.account(), ContactState::Accepted);
        Storage &storage = *mail.alice().storage;
        const ConversationId chat = directConversation(mail.alice().account(), carol.account());
        auto transaction = Transaction::begin(*mail.alice().database);
        QVERIFY(storage.conversations.ensure(chat, carol.account()));
        const content::Receipt receipt{{{carol.address().device, 1, 0, {}}}};
        for (int i = 0; i < 3; ++i) {
            QVERIFY(enqueue(storage, mail.random(), mail.clock().now(),
                            {carol.account(), receipt, wire::MailClass::Receipt, {}, {}, {}}));
        }
        QVERIFY(transaction->commit());
        mail.relay().onRequest = [](const wire::RequestBody &) { return std::optional(refusal(Code::RateLimited)); };
        QSignalSpy owed(&mail.alice().parts->pump, &OutboxPump::receiptsOwed);
        mail.goOnline(mail.alice());
        QTRY_COMPARE(owed.size(), 1);
        QCOMPARE(storage.outbox.count().value(), 0);
        QVERIFY(storage.receipts.dueBefore(mail.clock().now(), 10)->empty());
        const Timestamp later = mail.clock().now() + OutboxPump::kReceiptAgainAfter;
        QCOMPARE(storage.receipts.dueBefore(later, 10)->size(), std::size_t(1));
    }
    void anAcceptanceThatCannotBeStoredUndoesNoOther()
    {
        MailFixture mail;
        mail.relay().onRequest = [&](const wire::RequestBody &) { return std::optional(accepted(mail)); };
        QVERIFY(mail.alice().database->execute("CREATE TRIGGER stuck BEFORE DELETE ON outbox WHEN old.id = 1"
                                               " BEGIN SELECT raise(ABORT, 'stuck'); END"));
        for (const char *text : {"one", "two", "three"})
            QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), QString::fromLatin1(text)));
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 1);
        // It goes out again under its id, but not as fast as the line lets it.
        for (int turn = 0; turn < 200; ++turn)
            QCoreApplication::processEvents();
        const std::size_t before = mail.relay().asked<wire::Submit>().size();
        QVERIFY2(before <= 5, QByteArray::number(qulonglong(before)).constData());
        QVERIFY(mail.alice().database->execute("DROP TRIGGER stuck"));
        mail.clock().advance(std::chrono::seconds(11));
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
        const auto submits = mail.relay().asked<wire::Submit>();
        QCOMPARE(submits.back().submitId, submits.front().submitId);
    }
    void whatWaitsForAPersonBlockedMeanwhileIsNotSent()
    {
        MailFixture mail;
        mail.relay().onRequest = [&](const wire::RequestBody &) { return std::optional(accepted(mail)); };
        QSignalSpy failed(&mail.alice().parts->pump, &OutboxPump::failed);
        QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
        QVERIFY(mail.alice().parts->contacts.block(mail.bob().account()));
        mail.goOnline(mail.alice());
        QTRY_COMPARE(failed.size(), 1);
        QCOMPARE(mail.alice().storage->outbox.count().value(), 0);
        QVERIFY(mail.relay().asked<wire::Submit>().empty());
    }
    void theSecretForTypingIsForContacts()
    {
        for (const ContactState state : {ContactState::Asked, ContactState::Accepted}) {
            MailFixture mail;
            mail.setState(mail.alice(), mail.bob().account(), state);
            auto renewing = Transaction::begin(*mail.alice().database);
            QVERIFY(mail.alice().storage->ephemeralSecrets.renew(Bytes(32, 'e'), mail.clock().now()));
            QVERIFY(renewing->commit());
            mail.relay().onRequest = [&](const wire::RequestBody &) { return std::optional(accepted(mail)); };
            QVERIFY(mail.alice().parts->composer.writeText(mail.bob().account(), kHello));
            mail.goOnline(mail.alice());
            QTRY_COMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(1));
            const bool isGiven = *mail.alice().storage->ephemeralSecrets.hasCurrent(mail.bob().address());
            QCOMPARE(isGiven, state == ContactState::Accepted);
        }
    }
};

SOTTO_TEST(OutboxPumpTest)

} // namespace sotto

#include "outbox_pump_test.moc"
