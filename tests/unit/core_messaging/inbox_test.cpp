#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/ledger/signature.h"
#include "core/sqlite/transaction.h"
#include "core/wire/limits.h"

#include <QSignalSpy>
#include <QTest>

namespace sotto {

using content::Text;
using kit::MailFixture;

namespace {
const QString kHello = QStringLiteral("Hello");
}

class InboxTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void honestMailIsStoredOnce()
    {
        MailFixture mail;
        const auto envelope = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        mail.deliver(envelope);
        QCOMPARE(mail.bobSees(), QStringList{kHello});
        QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
    }
    void T082_aFrameThatComesAgainAndAgainIsShownOnce()
    {
        MailFixture mail;
        const auto envelope = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        for (int i = 0; i < 5; ++i)
            mail.deliver(envelope);
        mail.clock().advance(std::chrono::hours(24 * 40));
        mail.deliver(envelope);
        QCOMPARE(mail.bobSees(), QStringList{kHello});
    }
    void T010_aDuplicateWithAnAlteredMacChangesNothing()
    {
        MailFixture mail;
        const auto header = mail.header(mail.alice(), mail.bob(), 1);
        const auto envelope = mail.post(header, Text{kHello});
        mail.deliver(envelope);
        Storage &storage = *mail.bob().storage;
        QVERIFY(storage.receipts.clearDue(header.conversation, mail.alice().account()));
        // Alice's own client alters it: the tag is right, the code inside is not.
        auto altered = envelope;
        altered.seq = 2;
        altered.ciphertext.back() = char(altered.ciphertext.back() ^ 1);
        altered.sealedSender = *mail.alice().parts->senders.seal(
            mail.bob().address(), mail.bob().parts->device.keys.sealing.publicKey,
            {*MessageId::fromBytes(Bytes(16, 'n')), altered.ciphertext, std::nullopt});
        QSignalSpy changed(&mail.bob().parts->inbox, &Inbox::changed);
        mail.deliver(altered);
        for (const auto &told : changed) {
            const auto news = told.front().value<InboxNews>();
            QVERIFY(news.stored.empty() && news.delivered.empty() && news.conversations.empty());
        }
        QCOMPARE(mail.bobSees(), QStringList{kHello});
        QVERIFY(!storage.receipts.nextDue()->has_value());
    }
    void T083_aFrameWithAnAlteredCiphertextOrSenderIsRefusedAndTheOriginalOpens()
    {
        MailFixture mail;
        const auto envelope = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        auto altered = envelope;
        altered.ciphertext[20] = char(altered.ciphertext[20] ^ 1);
        mail.deliver(altered);
        altered = envelope;
        altered.sealedSender[40] = char(altered.sealedSender[40] ^ 1);
        mail.deliver(altered);
        QCOMPARE(mail.bobSees(), QStringList());
        QCOMPARE(mail.bob().parts->inbox.dropped(), 2);
        mail.deliver(envelope);
        QCOMPARE(mail.bobSees(), QStringList{kHello});
    }
    void mailOfADeviceThatCannotBeLookedUpNowStaysAtTheRelay()
    {
        MailFixture mail;
        auto envelope = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello});
        // A desktop that Alice may have added since Bob saw her log last.
        kit::SeededRandom random(9);
        SealedSender added({mail.alice().account(), *DeviceId::from(7)}, x25519FromPrivate(Bytes(32, 's')), random);
        const Bytes bobsKey = mail.bob().parts->device.keys.sealing.publicKey;
        envelope.sealedSender =
            added.seal(mail.bob().address(), bobsKey, {MessageId({1}), envelope.ciphertext, std::nullopt}).value();
        QSignalSpy idle(&mail.bob().parts->inbox, &Inbox::becameIdle);
        mail.deliver(envelope);
        QTRY_COMPARE(idle.size(), 1);
        QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
    }
    void T083_aHeaderOfAnotherDeviceIsRefused()
    {
        MailFixture mail;
        auto header = mail.header(mail.alice(), mail.bob(), 1);
        header.senderDevice = *DeviceId::from(header.senderDevice.number() == 1 ? 2 : 1);
        mail.deliver(mail.post(header, Text{kHello}));
        QCOMPARE(mail.bobSees(), QStringList());
    }
    void T083_aHeaderWithAnotherMessageIdThanTheSealedSenderIsRefused()
    {
        MailFixture mail;
        const auto header = mail.header(mail.alice(), mail.bob(), 1);
        mail.deliver(mail.post(header, Text{kHello}, *MessageId::fromBytes(Bytes(16, 'z'))));
        QCOMPARE(mail.bobSees(), QStringList());
    }
    void T084_aMessageMovedToAnotherConversationIsRefused()
    {
        MailFixture mail;
        auto header = mail.header(mail.alice(), mail.bob(), 1);
        header.conversation = directConversation(mail.bob().account(), mail.bob().account());
        mail.deliver(mail.post(header, Text{kHello}));
        const auto all = mail.bob().storage->messages.count();
        QCOMPARE(all.value(), 0);
    }
    void aRefusedFrameLeavesTheRestOfItsBatchAndNothingOfItself()
    {
        MailFixture mail;
        auto moved = mail.header(mail.alice(), mail.bob(), 2);
        moved.conversation = directConversation(mail.bob().account(), mail.bob().account());
        const auto first = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{QStringLiteral("one")});
        const auto refused = mail.post(moved, Text{kHello});
        const auto last = mail.post(mail.header(mail.alice(), mail.bob(), 2), Text{QStringLiteral("two")});
        QSignalSpy told(&mail.bob().parts->inbox, &Inbox::changed);
        mail.bob().parts->inbox.take({{first, refused, last}});
        QCOMPARE(mail.bobSees(), (QStringList{QStringLiteral("one"), QStringLiteral("two")}));
        QCOMPARE(mail.bob().parts->inbox.dropped(), 1);
        QCOMPARE(told.size(), 1);
        QCOMPARE(told.first().first().value<InboxNews>().stored.size(), 2);
        // Its ratchet step was undone: it is decrypted, and refused for its header, again.
        mail.deliver(refused);
        QCOMPARE(mail.bob().parts->inbox.dropped(), 2);
    }
    void aBatchThatGoesTwiceUsesUpOneBigJump()
    {
        MailFixture mail;
        const auto first = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{QStringLiteral("one")});
        mail.deliver(first);
        for (std::uint64_t counter = 2; counter < 100; ++counter)
            mail.post(mail.header(mail.alice(), mail.bob(), counter), Text{kHello});
        const auto far = mail.post(mail.header(mail.alice(), mail.bob(), 100), Text{QStringLiteral("far")});
        auto moved = mail.header(mail.alice(), mail.bob(), 101);
        moved.conversation = directConversation(mail.bob().account(), mail.bob().account());
        const auto refused = mail.post(moved, Text{kHello});
        mail.bob().parts->inbox.take({{far, refused}});
        QCOMPARE(mail.bobSees(), (QStringList{QStringLiteral("one"), QStringLiteral("far")}));
    }
    void aCopyForOwnDesktopsFromSomebodyElseIsRefused()
    {
        MailFixture mail;
        auto header = mail.header(mail.alice(), mail.bob(), 1);
        header.peerAccount = mail.alice().account();
        mail.deliver(mail.post(header, Text{kHello}));
        QCOMPARE(mail.bobSees(), QStringList());
    }
    void aBlockedPersonIsNotHeard()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Blocked);
        mail.deliver(
            mail.post(mail.header(mail.alice(), mail.bob(), 1),
                      content::ContactRequest{QStringLiteral("Alice"), QString(), Bytes(32, 'k'), std::nullopt}));
        QCOMPARE(mail.stateOf(mail.bob(), mail.alice().account()), ContactState::Blocked);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2), Text{kHello}));
        QCOMPARE(mail.bobSees(), QStringList());
        QVERIFY(!mail.bob().storage->receipts.nextDue()->has_value());
    }
    void whoAsksMayWriteThreeMessages()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Asking);
        for (std::uint64_t counter = 1; counter <= 6; ++counter)
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), counter), Text{kHello}));
        QCOMPARE(mail.bobSees().size(), 3);
    }
    void T096_aDeletedRequestGivesNoFurtherMessages()
    {
        MailFixture mail;
        const AccountId alice = mail.alice().account();
        mail.setState(mail.bob(), alice, ContactState::Asking);
        for (std::uint64_t counter = 1; counter <= 3; ++counter)
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), counter), Text{kHello}));
        QCOMPARE(mail.bobSees().size(), 3);
        QVERIFY(mail.bob().parts->contacts.deleteRequest(alice));
        QCOMPARE(mail.bobSees().size(), 0);
        const auto forgotten = mail.bob().storage->contacts.find(alice);
        QVERIFY(forgotten && *forgotten == (Contact{alice, QString(), QString(), ContactState::Stranger, false}));
        mail.deliver(
            mail.post(mail.header(mail.alice(), mail.bob(), 4),
                      content::ContactRequest{QStringLiteral("Alice"), QString(), Bytes(32, 'k'), std::nullopt}));
        QCOMPARE(mail.stateOf(mail.bob(), alice), ContactState::Asking);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 5), Text{kHello}));
        QCOMPARE(mail.bobSees().size(), 0);
    }
    void aTextWithoutACounterIsRefused()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 0), Text{kHello}));
        QCOMPARE(mail.bobSees(), QStringList());
    }
    void aCounterIsGoodForOneMessage()
    {
        MailFixture mail;
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello}));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{QStringLiteral("Other")}));
        QCOMPARE(mail.bobSees(), QStringList{kHello});
    }
    void aMessageWithAnIdOfOursIsRefused()
    {
        MailFixture mail;
        const auto ours = mail.bob().parts->composer.writeText(mail.alice().account(), QStringLiteral("Ours"));
        QVERIFY(ours);
        auto header = mail.header(mail.alice(), mail.bob(), 1);
        header.messageId = ours->id;
        mail.deliver(mail.post(header, Text{kHello}));
        mail.deliver(mail.post(header, Text{kHello}));
        QCOMPARE(mail.bobSees(), QStringList{QStringLiteral("Ours")});
        // Not as a placeholder for what this version cannot read either.
        mail.deliver(mail.postRaw(header, Bytes::fromHex("7a00")));
        QCOMPARE(mail.bobSees(), QStringList{QStringLiteral("Ours")});
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{kHello}));
        QCOMPARE(mail.bobSees().size(), 2);
    }
    void aSkippedCounterMayComeLater()
    {
        MailFixture mail;
        const auto first = mail.post(mail.header(mail.alice(), mail.bob(), 1), Text{QStringLiteral("one")});
        const auto second = mail.post(mail.header(mail.alice(), mail.bob(), 2), Text{QStringLiteral("two")});
        const auto third = mail.post(mail.header(mail.alice(), mail.bob(), 3), Text{QStringLiteral("three")});
        mail.deliver(first);
        mail.deliver(third);
        mail.deliver(second);
        QCOMPARE(mail.bobSees().size(), 3);
    }
    void onlyContactsConfirmReading()
    {
        MailFixture mail;
        giveOut(mail, 1);
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Asked);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 0), receipt(mail, 1)));
        QVERIFY(!confirmed(mail));
    }
    void T088_aReceiptForWhatWasNeverSentIsRefused()
    {
        MailFixture mail;
        giveOut(mail, 1);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 0), receipt(mail, 5)));
        QVERIFY(!confirmed(mail));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 0), receipt(mail, 1)));
        QVERIFY(confirmed(mail));
    }
    void aReceiptMayCoverWhatThisDesktopMissed()
    {
        MailFixture mail;
        giveOut(mail, 1);
        const ConversationId chat = directConversation(mail.alice().account(), mail.bob().account());
        const DeviceId other = *DeviceId::from(77), unknown = *DeviceId::from(78);
        Storage &storage = *mail.bob().storage;
        QVERIFY(storage.streams.store(chat, {mail.bob().account(), other}, {1, 1, std::nullopt, {}, 0}));
        const content::Receipt receipt{{{other, 5, 0, {}}, {unknown, 9, 0, {}}}};
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 0), receipt));
        const auto known = storage.receipts.find(chat, mail.alice().account(), other);
        QVERIFY(known && *known);
        QCOMPARE((*known)->deliveredUpTo, 5u);
        QVERIFY(!storage.receipts.find(chat, mail.alice().account(), unknown)->has_value());
    }
    void nobodyAcceptsWhoWasNotAsked()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Stranger);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1),
                               content::ContactAccept{QStringLiteral("Alice"), Bytes(32, 'k')}));
        QCOMPARE(mail.stateOf(mail.bob(), mail.alice().account()), ContactState::Stranger);
    }
    void T092_contactsOfOursAreOursToChange()
    {
        MailFixture mail;
        const AccountId third = *AccountId::fromBytes(Bytes(32, 't'));
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1),
                               content::ContactSync{third, ContactState::Accepted, QString(), QString(), std::nullopt,
                                                    mail.clock().now()}));
        QCOMPARE(mail.stateOf(mail.bob(), third), ContactState::Stranger);
    }
    void aProfileKeyIsTakenFromNoStranger()
    {
        MailFixture mail;
        mail.setState(mail.bob(), mail.alice().account(), ContactState::Stranger);
        mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1), content::ProfileKey{Bytes(32, 'k'), {}}));
        const auto key = mail.bob().storage->contacts.profileKey(mail.alice().account());
        QVERIFY(key && !*key);
    }
    void aProfileKeyThatComesBeforeTheAcceptanceStands()
    {
        for (const ContactState state : {ContactState::Asked, ContactState::Asking}) {
            MailFixture mail;
            mail.setState(mail.bob(), mail.alice().account(), state);
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 1),
                                   content::ProfileKey{Bytes(32, 'b'), Timestamp{20}}));
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), 2),
                                   content::ContactAccept{QStringLiteral("Alice"), Bytes(32, 'a'), Timestamp{10}}));
            const auto kept = mail.bob().storage->contacts.profileKey(mail.alice().account());
            QCOMPARE((*kept)->view().toByteArray(), Bytes(32, 'b'));
            QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
            QCOMPARE(mail.stateOf(mail.bob(), mail.alice().account()) == ContactState::Accepted,
                     state == ContactState::Asked);
        }
    }
    void aProfileKeyOfTheFarFutureIsReplacedAllTheSame()
    {
        MailFixture mail;
        const auto arrives = [&](std::uint64_t counter, char key, Timestamp made) {
            mail.deliver(
                mail.post(mail.header(mail.alice(), mail.bob(), counter), content::ProfileKey{Bytes(32, key), made}));
            const auto kept = mail.bob().storage->contacts.profileKey(mail.alice().account());
            return (*kept)->view().toByteArray().front();
        };
        QCOMPARE(arrives(1, 'z', Timestamp{wire::kMaxTimeMs}), 'z');
        mail.clock().advance(std::chrono::days(2));
        QCOMPARE(arrives(2, 'a', mail.clock().now()), 'a');
    }
    void T091_anOlderProfileKeyIsNotPutBack()
    {
        MailFixture mail;
        std::uint64_t counter = 0;
        const auto arrives = [&](char key, std::int64_t made) {
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), ++counter),
                                   content::ProfileKey{Bytes(32, key), Timestamp{made}}));
            const auto kept = mail.bob().storage->contacts.profileKey(mail.alice().account());
            return (*kept)->view().toByteArray().front();
        };
        QCOMPARE(arrives('b', 20), 'b');
        QCOMPARE(arrives('c', 10), 'b');
        QCOMPARE(arrives('a', 20), 'b'); // two desktops made one at the same moment: they agree upon the greater
        QCOMPARE(arrives('c', 20), 'c');
        QCOMPARE(arrives('a', 21), 'a');
        QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
    }
    void T091_anOlderNameIsNotPutBack()
    {
        MailFixture mail;
        std::uint64_t counter = 0;
        const auto arrives = [&](const char *name, std::int64_t made) {
            mail.deliver(mail.post(mail.header(mail.alice(), mail.bob(), ++counter),
                                   content::ContactAccept{QString::fromLatin1(name), Bytes(32, 'k'), Timestamp{made}}));
            return (*mail.bob().storage->contacts.find(mail.alice().account()))->name;
        };
        QCOMPARE(arrives("Alice", 20), QStringLiteral("Alice"));
        QCOMPARE(arrives("Alicia", 10), QStringLiteral("Alice"));
        QCOMPARE(arrives("Ally", 21), QStringLiteral("Ally"));
        QCOMPARE(mail.bob().parts->inbox.dropped(), 0);
    }
    void contentOfANewerVersionIsKeptAsAPlaceholder()
    {
        MailFixture mail;
        // Body kind 15 is critical and unknown: encode by hand through a raw Inner body.
        auto header = mail.header(mail.alice(), mail.bob(), 1);
        const auto envelope = mail.postRaw(header, Bytes::fromHex("7a00"));
        mail.deliver(envelope);
        QCOMPARE(mail.bob().storage->messages.countOfKind(MessageKind::UpdateNeeded).value(), 1);
    }

private:
    /// Bob has written `counter` messages to Alice.
    static void giveOut(MailFixture &mail, std::uint64_t counter)
    {
        const ConversationId chat = directConversation(mail.alice().account(), mail.bob().account());
        auto transaction = Transaction::begin(*mail.bob().database);
        QVERIFY(transaction && mail.bob().storage->conversations.ensure(chat, mail.alice().account()));
        QVERIFY(mail.bob().storage->streams.store(chat, mail.bob().address(), {1, counter, std::nullopt, {}, 0}));
        QVERIFY(transaction->commit());
    }
    static content::Receipt receipt(MailFixture &mail, std::uint64_t upTo)
    {
        return {{{mail.bob().address().device, upTo, upTo, {}}}};
    }
    static bool confirmed(MailFixture &mail)
    {
        const ConversationId chat = directConversation(mail.alice().account(), mail.bob().account());
        const auto state = mail.bob().storage->receipts.find(chat, mail.alice().account(), mail.bob().address().device);
        return state && *state && (*state)->deliveredUpTo > 0;
    }
};

SOTTO_TEST(InboxTest)

} // namespace sotto

#include "inbox_test.moc"
