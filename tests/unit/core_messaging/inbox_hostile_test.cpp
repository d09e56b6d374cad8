// What the inbox makes of senders, relays and disks that want it to stop or to lose mail.
#include "tests/kit/fault_vfs.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/ledger/signature.h"
#include "core/sqlite/transaction.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using content::Text;
using kit::Desk;
using kit::MailFixture;

namespace {

const QString kHello = QStringLiteral("Hello");
constexpr std::uint64_t kTooHigh = std::uint64_t(1) << 63;
const Bytes kNewerBody = Bytes::fromHex("7a00"); ///< body kind 15: critical and unknown

bool isAcknowledged(MailFixture &mail, const wire::Envelope &envelope)
{
    return std::ranges::find(mail.relay().acknowledged(), envelope.seq) != mail.relay().acknowledged().end();
}

/// Somebody with a session with Bob, of whom he has never heard.
Desk newcomer(MailFixture &mail, const QString &name)
{
    Desk desk = mail.makeDesk(name);
    mail.introduce(mail.bob(), desk);
    mail.buildSession(desk, mail.bob());
    return desk;
}

content::ContactRequest request() { return {QStringLiteral("Carol"), QString(), Bytes(32, 'k'), std::nullopt}; }

} // namespace

class InboxHostileTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aCounterThatCannotBeStoredHoldsUpNobody()
    {
        MailFixture mail;
        mail.goOnline(mail.bob());
        Desk carol = newcomer(mail, QStringLiteral("Carol"));
        mail.introduce(carol, mail.bob());
        auto header = mail.header(carol, mail.bob(), kTooHigh);
        header.streamStart = kTooHigh;
        const auto poison = mail.postFrom(carol, header, content::encode(content::Body(content::Void{})));
        const auto honest = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        mail.bob().parts->inbox.take({{poison, honest}});
        QCOMPARE(mail.bobSees(), QStringList{kHello});
        QTRY_VERIFY(isAcknowledged(mail, poison) && isAcknowledged(mail, honest));
    }
    void aVoidOfAStrangerLeavesNothing()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Stranger);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 7), content::Void{}));
        const auto chat = directConversation(mail.alice().account(), mail.bob().account());
        QVERIFY(!*mail.bob().storage->streams.find(chat, mail.alice().address()));
        QVERIFY(!*mail.bob().storage->conversations.find(chat));
    }
    void aRowThatIsBrokenHoldsUpNobodyElse()
    {
        MailFixture mail;
        mail.goOnline(mail.bob());
        Desk carol = newcomer(mail, QStringLiteral("Carol"));
        mail.introduce(carol, mail.bob());
        mail.setState(mail.bob(), carol.account(), ContactState::Accepted);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{QStringLiteral("one")}));
        QVERIFY(mail.bob().database->prepare("UPDATE session SET hash = x'00'").run());
        const auto lost = mail.post(mail.header(mail.alice(), mail.bob(), 2), Text{kHello});
        const auto good =
            mail.postFrom(carol, mail.header(carol, mail.bob(), 1), content::encode(content::Body(Text{kHello})));
        mail.bob().parts->inbox.take({{lost, good}});
        const auto chat = directConversation(carol.account(), mail.bob().account());
        QCOMPARE(mail.bob().storage->messages.page(chat, std::nullopt, 10)->size(), std::size_t(1));
        QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::Undecryptable).value(), 1);
        QTRY_VERIFY(isAcknowledged(mail, lost) && isAcknowledged(mail, good));
        // The broken record is gone: a new session can be built.
        mail.buildSession(mail.alice(), mail.bob());
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 3), Text{QStringLiteral("three")}));
        QVERIFY(mail.bobSees().contains(QStringLiteral("three")));
    }
    void aLogThatIsNotToBeHadNowCostsNoMail()
    {
        MailFixture mail;
        bool answers = false;
        Desk carol = newcomer(mail, QStringLiteral("Carol"));
        mail.relay().onRequest = [&](const wire::RequestBody &) -> std::optional<wire::ResponseBody> {
            if (!answers)
                return wire::RelayError{wire::RelayErrorCode::Unavailable, {}, 0};
            return mail.logOf(carol);
        };
        mail.goOnline(mail.bob());
        const auto asks =
            mail.postFrom(carol, mail.header(carol, mail.bob(), 1), content::encode(content::Body(request())));
        const auto honest = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        mail.bob().parts->inbox.take({{asks, honest}});
        QTRY_COMPARE(mail.bobSees(), QStringList{kHello});
        QTRY_VERIFY(isAcknowledged(mail, honest));
        QVERIFY(!isAcknowledged(mail, asks));
        answers = true;
        mail.clock().advance(Inbox::kFirstRetry);
        QTRY_COMPARE(mail.stateOf(mail.bob(), carol.account()), ContactState::Asking);
        QTRY_VERIFY(isAcknowledged(mail, asks));
    }
    void forgedClaimsDoNotPushOutAnHonestNewcomer()
    {
        MailFixture mail;
        Desk carol = newcomer(mail, QStringLiteral("Carol"));
        mail.relay().onRequest = [&](const wire::RequestBody &asked) -> std::optional<wire::ResponseBody> {
            const auto *log = std::get_if<wire::FetchLog>(&asked);
            if (log && log->account == carol.account())
                return mail.logOf(carol);
            return wire::RelayError{wire::RelayErrorCode::NotFound, {}, 0};
        };
        mail.goOnline(mail.bob());
        wire::Deliver batch;
        for (char i = 0; i < 20; ++i) {
            SealedSender nobody(
                {*AccountId::fromBytes(Bytes(32, i)), *DeviceId::from(1)},
                {carol.parts->device.keys.sealing.publicKey, carol.parts->device.keys.sealing.privateKey.clone()},
                mail.random());
            auto forged =
                mail.postFrom(carol, mail.header(carol, mail.bob(), 1), content::encode(content::Body(request())));
            forged.sealedSender = *nobody.seal(mail.bob().address(), mail.bob().parts->device.keys.sealing.publicKey,
                                               {*mail.random().id<MessageId>(), forged.ciphertext, std::nullopt});
            batch.envelopes.push_back(forged);
        }
        const auto asks =
            mail.postFrom(carol, mail.header(carol, mail.bob(), 1), content::encode(content::Body(request())));
        batch.envelopes.push_back(asks);
        mail.bob().parts->inbox.take(batch);
        QTRY_COMPARE(mail.stateOf(mail.bob(), carol.account()), ContactState::Asking);
        QTRY_VERIFY(isAcknowledged(mail, batch.envelopes.front()) && isAcknowledged(mail, asks));
        QCOMPARE(mail.bob().parts->inbox.dropped(), 20);
    }
    void T091_contentOfANewerVersionFromABlockedPersonLeavesNothing()
    {
        MailFixture mail;
        for (const ContactState state : {ContactState::Blocked, ContactState::Stranger}) {
            mail.setState(mail.bob(), mail.alice().account(), state);
            const auto header = mail.header(mail.alice(), mail.bob(), 1);
            mail.deliver(mail.postRaw(header, kNewerBody));
            mail.deliver(mail.postInner(mail.alice(), header.messageId, kNewerBody));
        }
        QCOMPARE(mail.bob().storage->messages.count().value(), 0);
        QCOMPARE(mail.bob().storage->conversations.all()->size(), std::size_t(0));
        // Behind the header of somebody blocked it takes its counter; all else is refused.
        QCOMPARE(mail.bob().parts->inbox.ignored(), 1);
        QCOMPARE(mail.bob().parts->inbox.dropped(), 3);
    }
    void T096_contentOfANewerVersionIsKeptOfContactsOnly()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Asking);
        const auto header = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.postRaw(header, kNewerBody));
        mail.deliver(mail.postInner(mail.alice(), header.messageId, kNewerBody));
        QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::UpdateNeeded).value(), 0);
        QVERIFY(!*mail.bob().storage->streams.find(header.conversation, mail.alice().address()));
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Accepted);
        mail.deliver(mail.postRaw(mail.header(mail.alice(), mail.bob(), 1), kNewerBody));
        QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::UpdateNeeded).value(), 1);
    }
    void aSecretForTypingIsNotLearntFromStrangers()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Blocked);
        const auto header = mail.header(mail.alice(), mail.bob(), 1);
        const content::Inner inner{header, content::encode(content::Body(Text{kHello})), Bytes(32, 'e')};
        mail.deliver(mail.postInner(mail.alice(), header.messageId, content::encode(inner)));
        QCOMPARE(mail.bob().database->prepare("SELECT count(*) FROM peer_ephemeral_secret").number().value(), 0);
    }
    void aReceiptForDevicesThatHaveWrittenNothingLeavesNothing()
    {
        MailFixture mail;
        content::Receipt receipt;
        for (std::uint32_t device = 1; device <= 20; ++device) {
            if (*DeviceId::from(device) != mail.bob().address().device)
                receipt.streams.push_back({*DeviceId::from(device), 0, 0, {}});
        }
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 0), receipt));
        QCOMPARE(mail.bob().database->prepare("SELECT count(*) FROM delivery").number().value(), 0);
    }
    void aStoreThatFailsOnceIsTriedAgainWithoutANewConnection()
    {
        kit::FaultVfs disk("Bob");
        MailFixture mail;
        mail.goOnline(mail.bob());
        QSignalSpy told(&mail.bob().parts->inbox, &Inbox::storeFailed);
        // A jump over 64 is allowed once a minute: it must not count while it is not stored (M2 of the review).
        const auto first = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{QStringLiteral("one")});
        mail.deliver(first);
        for (std::uint64_t counter = 2; counter < 70; ++counter)
            mail.post(mail.header(mail.alice(), mail.bob(), counter), Text{kHello});
        const auto far = mail.post(mail.header(mail.alice(), mail.bob(), 70), Text{QStringLiteral("far")});
        disk.failWriteAfter(1, kit::Fault::DiskFull);
        mail.deliver(far);
        QCOMPARE(told.size(), 1);
        QVERIFY(!mail.bob().parts->inbox.isIdle());
        disk.repair();
        mail.clock().advance(Inbox::kFirstRetry);
        QTRY_COMPARE(mail.bobSees(), (QStringList{QStringLiteral("one"), QStringLiteral("far")}));
        QTRY_VERIFY(isAcknowledged(mail, far));
        QVERIFY(mail.bob().parts->inbox.isIdle());
    }
    void T014_withoutRandomnessMailWaits()
    {
        MailFixture mail;
        mail.goOnline(mail.bob());
        const auto envelope = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        mail.random().failNow();
        mail.deliver(envelope);
        mail.random().failNever();
        QVERIFY(!isAcknowledged(mail, envelope));
        QCOMPARE(mail.bob().storage->messages.count().value(), 0);
        mail.clock().advance(Inbox::kFirstRetry);
        QTRY_COMPARE(mail.bobSees(), QStringList{kHello});
    }
    void T006_aFirstMessageThatComesAgainLeavesNoPlaceholder()
    {
        MailFixture mail;
        mail.goOnline(mail.bob());
        const auto envelope = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        QCOMPARE(envelope.kind, wire::CopyKind::PreKey);
        mail.deliver(envelope);
        // Hash and session are forgotten, as after a year and a repair.
        QVERIFY(mail.bob().database->execute("DELETE FROM seen_ciphertext; DELETE FROM session"));
        auto again = envelope;
        again.seq = 77;
        mail.deliver(again);
        QTRY_VERIFY(isAcknowledged(mail, again));
        QCOMPARE(mail.bobSees(), QStringList{kHello});
        QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::Undecryptable).value(), 0);
    }
    void whatCameUnreadBeforeItsSessionWasLostIsNotTakenForAReplay()
    {
        MailFixture mail;
        mail.goOnline(mail.bob());
        const auto first = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        const auto second = mail.post(mail.header(mail.alice(), mail.bob(), 2), Text{kHello});
        QCOMPARE(second.kind, wire::CopyKind::PreKey);
        mail.deliver(first);
        // The key it starts from was used, and still nobody has read it.
        QVERIFY(mail.bob().database->execute("DELETE FROM session"));
        mail.deliver(second);
        QTRY_VERIFY(isAcknowledged(mail, second));
        QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::Undecryptable).value(), 1);
    }
    void T010_aDuplicateBehindARightTagIsAcknowledgedAndNotShown()
    {
        MailFixture mail;
        mail.goOnline(mail.bob());
        const auto envelope = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        mail.deliver(envelope);
        // Its hash is forgotten: only the ratchet knows that it came before.
        QVERIFY(mail.bob().database->prepare("DELETE FROM seen_ciphertext").run());
        auto again = envelope;
        again.seq = 77;
        mail.deliver(again);
        QTRY_VERIFY(isAcknowledged(mail, again));
        // Whoever cannot make the tag gets no answer out of the ratchet: the frame is refused before it.
        QCOMPARE(mail.bob().parts->inbox.dropped(), 1);
        QCOMPARE(mail.bobSees(), QStringList{kHello});
    }
};

SOTTO_TEST(InboxHostileTest)

} // namespace sotto

#include "inbox_hostile_test.moc"
