// What a person does with messages that are there, and what becomes of it on the way out.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/reference_fixture.h"

#include "core/ledger/signature.h"
#include "core/sqlite/transaction.h"

#include <QCoreApplication>
#include <QSignalSpy>
#include <QTest>

namespace sotto {

using kit::chatOf;
using kit::MailFixture;
using kit::sentText;
using kit::shown;
using namespace std::chrono_literals;

namespace {

const wire::RelayError kRefusal{wire::RelayErrorCode::NotPermitted, {}, 0};

} // namespace

class ReferenceWritingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatIsTooLateIsRefusedBeforeItIsQueued()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        Composer &composer = mail.alice().parts->composer;
        QVERIFY(composer.editText(chatOf(mail), text.id, QStringLiteral("second")));
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("second edited v0=first v1=second"));
        QCOMPARE(mail.alice().storage->outbox.count().value(), 1);
        mail.clock().advance(24h + 1s);
        QVERIFY(!composer.editText(chatOf(mail), text.id, QStringLiteral("third")));
        mail.clock().advance(24h);
        QVERIFY(!composer.takeBack(chatOf(mail), text.id));
        QVERIFY(!composer.react(chatOf(mail), {text.sender, text.id}, QStringLiteral("a b")));
        QVERIFY(composer.react(chatOf(mail), {text.sender, text.id}, QStringLiteral("+")));
        QCOMPARE(mail.alice().storage->outbox.count().value(), 2);
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("second edited v0=first v1=second [+]"));
    }
    /// Somebody who has not accepted would refuse it: it must not look done here.
    void T094_nothingIsChangedForSomebodyWhoHasNotAccepted()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        mail.setState(mail.alice(), mail.bob().account(), ContactState::Asked);
        Composer &composer = mail.alice().parts->composer;
        const auto refused = [](const Result<InboxNews> &result) {
            return !result && result.error().code == ErrorCode::NotPermitted;
        };
        QVERIFY(refused(composer.editText(chatOf(mail), text.id, QStringLiteral("second"))));
        QVERIFY(refused(composer.takeBack(chatOf(mail), text.id)));
        QVERIFY(refused(composer.react(chatOf(mail), {text.sender, text.id}, QStringLiteral("+"))));
        QCOMPARE(mail.alice().storage->outbox.count().value(), 0);
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("first"));
        const auto unsent = composer.writeText(mail.bob().account(), QStringLiteral("unsent"));
        QVERIFY(unsent && composer.takeBack(chatOf(mail), unsent->id));
        QCOMPARE(shown(mail, mail.alice(), unsent->id), QStringLiteral("nothing"));
        QCOMPARE(mail.alice().storage->outbox.count().value(), 0);
    }
    void onesNotesCanBeChanged()
    {
        MailFixture mail;
        const AccountId self = mail.alice().account();
        const ConversationId notes = directConversation(self, self);
        Composer &composer = mail.alice().parts->composer;
        const auto note = composer.writeText(self, QStringLiteral("first"));
        QVERIFY(composer.editText(notes, note->id, QStringLiteral("second")));
        QVERIFY(composer.react(notes, {self, note->id}, QStringLiteral("+")));
        QCOMPARE(mail.alice().storage->messages.find(notes, self, note->id)->value().text, QStringLiteral("second"));
    }
    void aTextThatFailedCanBeDeleted()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        auto transaction = Transaction::begin(*mail.alice().database);
        QVERIFY(mail.alice().storage->messages.setDelivery(text.row, Delivery::Failed));
        QVERIFY(transaction->commit());
        Composer &composer = mail.alice().parts->composer;
        QVERIFY(!composer.editText(chatOf(mail), text.id, QStringLiteral("second")));
        QVERIFY(composer.takeBack(chatOf(mail), text.id));
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("nothing"));
        QCOMPARE(mail.alice().storage->outbox.count().value(), 0);
    }
    /// After so long no session is left, and perhaps no bundle to make one.
    void anEditThatWaitedFor73DaysIsTakenOutWithoutASession()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        QVERIFY(mail.alice().parts->composer.editText(chatOf(mail), text.id, QStringLiteral("second")));
        mail.clock().advance(73 * 24h);
        QSignalSpy told(&mail.alice().parts->pump, &OutboxPump::notSent);
        mail.relay().onRequest = [](const wire::RequestBody &) { return std::nullopt; };
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
        QCOMPARE(mail.relay().asked<wire::FetchBundles>().size(), std::size_t(0));
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("first"));
        QTRY_COMPARE(told.count(), 1);
        QCOMPARE(told.front().at(2).value<ReferenceKind>(), ReferenceKind::Edit);
    }
    void T172_aDeleteThatIsRefusedForGoodIsTold()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        QVERIFY(mail.alice().parts->composer.takeBack(chatOf(mail), text.id));
        std::optional<MessageId> about;
        connect(&mail.alice().parts->pump, &OutboxPump::notSent, this,
                [&about](const ConversationId &, const MessageId &message, ReferenceKind) { about = message; });
        QSignalSpy told(&mail.alice().parts->pump, &OutboxPump::notSent);
        mail.relaySays(kRefusal);
        mail.goOnline(mail.alice());
        QTRY_COMPARE(told.count(), 1);
        QCOMPARE(told.front().at(2).value<ReferenceKind>(), ReferenceKind::Delete);
        QCOMPARE(about, text.id);
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("deleted:"));
    }
    void anEditThatIsRefusedForGoodIsTakenOut()
    {
        for (const qsizetype size : {qsizetype(10), qsizetype(5000)}) { // inside the frame, and as payload
            MailFixture mail;
            const Message text = sentText(mail, QStringLiteral("first"));
            QVERIFY(mail.alice().parts->composer.editText(chatOf(mail), text.id, QString(size, u'x')));
            QSignalSpy told(&mail.alice().parts->pump, &OutboxPump::notSent);
            mail.relaySays(kRefusal);
            mail.goOnline(mail.alice());
            QTRY_COMPARE(told.count(), 1);
            QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("first"));
        }
    }
    void anEditThatIsNeverSentIsTakenOut()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        QVERIFY(mail.alice().parts->composer.editText(chatOf(mail), text.id, QStringLiteral("second")));
        auto transaction = Transaction::begin(*mail.alice().database);
        QVERIFY(mail.alice().storage->messages.setDelivery(text.row, Delivery::Failed)); // the relay did not take it
        QVERIFY(transaction->commit());
        mail.relay().onRequest = [](const wire::RequestBody &) { return std::nullopt; };
        mail.goOnline(mail.alice());
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
        QCOMPARE(mail.relay().asked<wire::Submit>().size(), std::size_t(0));
        QCOMPARE(shown(mail, mail.alice(), text.id), QStringLiteral("first"));
    }
    void T172_whatNeverLeftGoesAsIfItWasNeverWritten()
    {
        MailFixture mail;
        Composer &composer = mail.alice().parts->composer;
        const auto text = composer.writeText(mail.bob().account(), QStringLiteral("first"));
        QVERIFY(composer.editText(chatOf(mail), text->id, QStringLiteral("second")));
        QVERIFY(composer.react(chatOf(mail), {text->sender, text->id}, QStringLiteral("+")));
        const auto gone = composer.takeBack(chatOf(mail), text->id);
        QVERIFY(gone && gone->isAnythingWiped && gone->removed.size() == 1);
        QCOMPARE(mail.alice().storage->outbox.count().value(), 0);
        QCOMPARE(shown(mail, mail.alice(), text->id), QStringLiteral("nothing"));
    }
    void T172_takingBackDropsEditsThatWait()
    {
        MailFixture mail;
        const Message text = sentText(mail, QStringLiteral("first"));
        Composer &composer = mail.alice().parts->composer;
        QVERIFY(composer.editText(chatOf(mail), text.id, QStringLiteral("second")));
        QVERIFY(composer.takeBack(chatOf(mail), text.id));
        QCOMPARE(mail.alice().storage->outbox.count().value(), 1); // the Delete alone
        QVERIFY(!composer.editText(chatOf(mail), text.id, QStringLiteral("third")));
        QVERIFY(!composer.takeBack(chatOf(mail), text.id));
    }
    /// Nobody has a text that was refused: taking it back is done without being sent.
    void T172_aTextThatIsRefusedAfterItWasTakenBackIsNotToldAgain()
    {
        MailFixture mail;
        const auto text = mail.alice().parts->composer.writeText(mail.bob().account(), QStringLiteral("first"));
        QSignalSpy failed(&mail.alice().parts->pump, &OutboxPump::failed);
        QSignalSpy told(&mail.alice().parts->pump, &OutboxPump::notSent);
        mail.relay().onRequest = [&](const wire::RequestBody &) -> std::optional<wire::ResponseBody> {
            // The person is faster than the relay: what is under way is taken back by a Delete.
            if (mail.relay().asked<wire::Submit>().size() == 1)
                Q_ASSERT(mail.alice().parts->composer.takeBack(chatOf(mail), text->id));
            return kRefusal;
        };
        mail.goOnline(mail.alice());
        QTRY_COMPARE(failed.count(), 1);
        QTRY_COMPARE(mail.alice().storage->outbox.count().value(), 0);
        for (int turn = 0; turn < 20; ++turn) // it would be told in one of these
            QCoreApplication::processEvents();
        QCOMPARE(told.count(), 0);
        QCOMPARE(shown(mail, mail.alice(), text->id), QStringLiteral("deleted:"));
    }
};

SOTTO_TEST(ReferenceWritingTest)

} // namespace sotto

#include "reference_writing_test.moc"
