#include "core/client/housekeeping.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/ledger/signature.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"

#include <QTest>

namespace sotto {

using kit::MailFixture;

class HousekeepingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatHasServedItsTimeIsForgottenDaily()
    {
        MailFixture mail;
        Storage &storage = *mail.bob().storage;
        Housekeeping housekeeping(storage, mail.clock());
        housekeeping.start();
        const Hash256 hash = *Hash256::fromBytes(Bytes(32, 'h'));
        const MessageId message = *MessageId::fromBytes(Bytes(16, 'm'));
        const InviteSecret invite = *InviteSecret::fromBytes(Bytes(16, 's'));
        const Timestamp now = mail.clock().now();
        auto transaction = Transaction::begin(*mail.bob().database);
        QVERIFY(storage.dedupe.add(hash, now));
        const ConversationId chat = directConversation(mail.alice().account(), mail.bob().account());
        QVERIFY(storage.conversations.ensure(chat, mail.alice().account()));
        QVERIFY(storage.outbox.addResend({.innerId = message,
                                          .conversation = chat,
                                          .counter = 1,
                                          .hash = hash,
                                          .clientTime = now,
                                          .devices = {mail.bob().address()},
                                          .sentAt = now}));
        QVERIFY(storage.invites.add(invite, now + std::chrono::hours(24 * 14)));
        QVERIFY(transaction->commit());
        for (int day = 0; day < 37; ++day)
            mail.clock().advance(std::chrono::hours(24));
        QVERIFY(storage.dedupe.contains(hash).value());
        QVERIFY(*storage.outbox.findResend(message));
        QVERIFY(!storage.invites.redeem(invite, now).value());
        for (int day = 0; day < 4; ++day)
            mail.clock().advance(std::chrono::hours(24));
        QVERIFY(!*storage.outbox.findResend(message));
        for (int day = 0; day < 48; ++day)
            mail.clock().advance(std::chrono::hours(24));
        QVERIFY(storage.dedupe.contains(hash).value());
        for (int day = 0; day < 4; ++day)
            mail.clock().advance(std::chrono::hours(24));
        QVERIFY(!storage.dedupe.contains(hash).value());
    }
    void aGapIsNotedOnceAndABundleFollows()
    {
        MailFixture mail;
        Storage &storage = *mail.bob().storage;
        Housekeeping housekeeping(storage, mail.clock());
        QVERIFY(Settings(storage.settings).set(kBundlePublished, true));
        const Timestamp before = mail.clock().now();
        QCOMPARE(housekeeping.noteConnected(wire::Welcome{}).value(), false);
        QVERIFY(storage.streams.gapMarks()->empty());
        mail.clock().advance(std::chrono::hours(24 * 31));
        wire::Welcome welcome;
        welcome.gapBeforeSeq = 9;
        QCOMPARE(housekeeping.noteConnected(welcome).value(), true);
        QCOMPARE(housekeeping.noteConnected(welcome).value(), false);
        const auto marks = storage.streams.gapMarks();
        QCOMPARE(marks->size(), std::size_t(1));
        QCOMPARE(marks->front().from.ms, before.ms);
        QCOMPARE(marks->front().until.ms, mail.clock().now().ms);
        QCOMPARE(Settings(storage.settings).get(kBundlePublished).value(), false);
    }
    void aBlockNotesItsNewTokenInItsOwnCommit()
    {
        MailFixture mail;
        QVERIFY(Settings(mail.bob().storage->settings).set(kProfilePublished, true));
        QVERIFY(mail.bob().parts->contacts.block(mail.alice().account())); // nobody listens to its signals here
        QCOMPARE(Settings(mail.bob().storage->settings).get(kProfilePublished).value(), false);
    }
    void T091_aBlockOnAnotherDesktopIsNotLostToAClockThatIsAhead()
    {
        MailFixture mail;
        const AccountId alice = mail.alice().account();
        const Timestamp now = mail.clock().now();
        ContactMail &contacts = mail.bob().parts->contacts;
        Arrival arrival{
            {mail.bob().address(), true, mail.bob().account(), mail.header(mail.bob(), mail.bob(), 1), now}, {}, {}};
        InboxNews news;
        const auto sync = [&](ContactState state, Timestamp changed) {
            auto transaction = Transaction::begin(*mail.bob().database);
            const content::ContactSync said{alice, state, QString(), QString(), std::nullopt, changed};
            return contacts.takeSync(arrival, said, news) && transaction->commit();
        };
        QVERIFY(sync(ContactState::Accepted, now + std::chrono::hours(24)));
        QVERIFY(sync(ContactState::Blocked, now));
        QCOMPARE(mail.stateOf(mail.bob(), alice), ContactState::Blocked);
        QVERIFY(sync(ContactState::Accepted, now + std::chrono::hours(48)));
        QCOMPARE(mail.stateOf(mail.bob(), alice), ContactState::Blocked);
    }
};

SOTTO_TEST(HousekeepingTest)

} // namespace sotto

#include "housekeeping_test.moc"
