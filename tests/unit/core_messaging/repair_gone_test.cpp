// What was deleted for oneself, or has disappeared, is neither brought back by repair nor sent again.
#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/repair_fixture.h"

#include "core/sqlite/transaction.h"

#include <QTest>

namespace sotto {

using kit::Desk;
using kit::RepairFixture;
using namespace std::chrono_literals;

namespace {

const Bytes kNewerInner = Bytes::fromHex("7a00"); ///< kind 15: critical and unknown

} // namespace

class RepairGoneTest : public QObject {
    Q_OBJECT
    std::unique_ptr<RepairFixture> m_mail;

    Desk &alice() { return m_mail->alice(); }
    Desk &bob() { return m_mail->bob(); }
    std::int64_t wanted() { return *bob().storage->repairs.count(); }
    std::int64_t missing() { return *bob().storage->streams.countMissing(); }
    int unread() { return int((*bob().storage->conversations.find(m_mail->chat()))->unread); }
    /// One of Alice's messages that Bob cannot read, and his session in order again.
    MessageId unreadable(const char *text)
    {
        const auto envelope = m_mail->says(QString::fromLatin1(text));
        const bool isAway = bool(bob().database->prepare("UPDATE session SET device = device + 1").run());
        m_mail->give(bob(), {envelope});
        const bool isBack = bool(bob().database->prepare("UPDATE session SET device = device - 1").run());
        Q_ASSERT(isAway && isBack);
        return bob().parts->senders.open(envelope.sealedSender)->messageId;
    }
    /// Bob asks Alice for one message, and she answers.
    void asksFor(const MessageId &id)
    {
        m_mail->give(alice(), {m_mail->request({{{id, Bytes()}}, {}})});
        m_mail->clock().advance(5s);
        m_mail->give(bob(), m_mail->sendsAll(alice(), bob(), OutboxPurpose::Resend));
    }
    /// What Alice writes from now on disappears after a minute.
    void aliceSetsATimer()
    {
        auto transaction = Transaction::begin(*alice().database);
        QVERIFY(alice().storage->conversations.setTimer(m_mail->chat(), {60, 1}));
        QVERIFY(transaction->commit());
    }

private Q_SLOTS:
    void init() { m_mail = std::make_unique<RepairFixture>(); }

    void T172_aPlaceholderThatWasDeletedIsRepairedWithoutARow()
    {
        const MessageId id = unreadable("two");
        const int before = unread();
        QVERIFY(bob().parts->registers.deleteForMe(m_mail->chat(), {alice().account(), id}));
        QCOMPARE(m_mail->bobHas().size(), std::size_t(2));
        QCOMPARE(unread(), before - 1);
        QCOMPARE(wanted(), 1); // others may have to know that it came
        asksFor(id);
        QCOMPARE(m_mail->bobHas().size(), std::size_t(2));
        QCOMPARE(unread(), before - 1);
        QCOMPARE(wanted() + missing(), 0);
        QCOMPARE(bob().parts->inbox.dropped(), 1); // what did not open
        m_mail->give(bob(), {m_mail->says(QStringLiteral("three"))});
        QCOMPARE(m_mail->bobSees().back(), QStringLiteral("three"));
    }
    /// The sibling deleted it before anything of it came here.
    void T172_whatWasDeletedElsewhereIsRepairedWithoutARow()
    {
        const auto lost = m_mail->says(QStringLiteral("two"));
        const MessageId id = bob().parts->senders.open(lost.sealedSender)->messageId;
        InboxNews news;
        auto transaction = Transaction::begin(*bob().database);
        const content::SyncDelete deleted{m_mail->chat(), {{alice().account(), id}}};
        QVERIFY(bob().parts->registers.take({{{m_mail->clock().now(), deleted}}}, *DeviceId::from(9), news));
        QVERIFY(transaction->commit());
        m_mail->give(bob(), {m_mail->says(QStringLiteral("three"))});
        QCOMPARE(missing(), 1);
        asksFor(id);
        QCOMPARE(m_mail->bobHas().size(), std::size_t(3));
        QCOMPARE(wanted() + missing(), 0);
    }
    /// It comes again as something that this version cannot read.
    void T172_aDeletedPlaceholderIsNotFilledByANewerMessage()
    {
        const MessageId id = unreadable("two");
        QVERIFY(bob().parts->registers.deleteForMe(m_mail->chat(), {alice().account(), id}));
        m_mail->give(bob(), {m_mail->postInner(alice(), id, kNewerInner)});
        QCOMPARE(m_mail->bobHas().size(), std::size_t(2));
        QCOMPARE(wanted(), 0);
    }
    void T172_whatItsAuthorDeletedForHimselfIsNotSentAgain()
    {
        const MessageId id = unreadable("two");
        const ConversationId chat = m_mail->chat();
        QVERIFY(bool(alice().parts->composer.editText(chat, id, QStringLiteral("other words"))));
        m_mail->sendsAll(alice(), bob(), OutboxPurpose::Content); // the edit is lost
        QCOMPARE(m_mail->number(alice(), "SELECT count(*) FROM resend WHERE body IS NULL"), 0);
        QVERIFY(alice().parts->registers.deleteForMe(chat, {alice().account(), id}));
        QCOMPARE(m_mail->number(alice(), "SELECT count(*) FROM resend WHERE body IS NULL"), 2);
        asksFor(id);
        QCOMPARE(m_mail->bobHas().back().kind, MessageKind::Lost);
        QVERIFY(m_mail->bobHas().back().text.isEmpty());
        QCOMPARE(wanted(), 0);
    }
    void T173_whatHasDisappearedIsNotSentAgain()
    {
        aliceSetsATimer();
        const MessageId id = unreadable("two");
        const auto row = alice().storage->messages.find(m_mail->chat(), alice().account(), id);
        auto transaction = Transaction::begin(*alice().database);
        QVERIFY(alice().storage->expiry.start((*row)->row, m_mail->clock().now())); // as the acceptance does
        QVERIFY(transaction->commit());
        m_mail->goOnline(alice());
        alice().parts->expiry.sweep();
        QVERIFY(alice().parts->credible.isKnown());
        alice().parts->pump.setOnline(false);
        m_mail->clock().advance(61s);
        alice().parts->expiry.sweep();
        QVERIFY(!alice().storage->messages.find(m_mail->chat(), alice().account(), id)->has_value());
        asksFor(id);
        QCOMPARE(m_mail->bobHas().back().kind, MessageKind::Lost);
        QCOMPARE(wanted() + missing(), 0);
        QCOMPARE(m_mail->number(bob(), "SELECT count(*) FROM expiry"), 0);
    }
    void T173_whatIsRepairedDisappearsToo()
    {
        aliceSetsATimer();
        const MessageId id = unreadable("two");
        asksFor(id);
        const Message repaired = m_mail->bobHas().back();
        QCOMPARE(repaired.text, QStringLiteral("two"));
        QCOMPARE(repaired.timerSeconds, 60u);
        QCOMPARE(repaired.expiresAt, std::optional(m_mail->clock().now() + ExpiryService::kUnread));
        QCOMPARE(bob().storage->conversations.timer(m_mail->chat()).value(), (ChatTimer{60, 1}));
    }
};

SOTTO_TEST(RepairGoneTest)

} // namespace sotto

#include "repair_gone_test.moc"
