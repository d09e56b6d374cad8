#include "tests/kit/test_main.h"
#include "tests/unit/core_messaging/mail_fixture.h"

#include "core/sqlite/transaction.h"

#include <QTest>

namespace sotto {

using kit::MailFixture;

/// What we confirm to others: never a message that is not here.
class ReceiptServiceTest : public QObject {
    Q_OBJECT

    struct Missing {
        std::uint64_t first;
        std::uint64_t last;
    };
    /// The receipt that Bob sends for a stream of Alice's up to 300 with gaps.
    static content::StreamReceipt receiptOf(const std::vector<Missing> &gaps)
    {
        MailFixture mail;
        Storage &bobs = *mail.bob().storage;
        const AccountId alice = mail.alice().account();
        const ConversationId chat = directConversation(alice, mail.bob().account());
        auto transaction = Transaction::begin(bobs.database);
        bool kept = transaction && bobs.conversations.ensure(chat, alice)
            && bobs.streams.store(chat, mail.alice().address(), {1, 300, std::nullopt, {}, 0})
            && bobs.reads.store(chat, {mail.alice().address(), {300}, 300, mail.clock().now()});
        for (const Missing &gap : gaps)
            kept = kept && bobs.streams.addGap(chat, mail.alice().address(), gap.first, gap.last, mail.clock().now());
        kept = kept && bobs.receipts.setDue({chat, alice, mail.clock().now()}) && transaction->commit();
        mail.bob().parts->receipts.plan();
        kept = kept && QTest::qWaitFor([&bobs] { return bobs.outbox.count().valueOr(0) == 1; });
        const auto sent = bobs.outbox.dueAfter(0, mail.clock().now(), 10);
        if (!kept || !sent || sent->size() != 1)
            return {mail.alice().address().device, 0, 0, {}};
        const auto body = content::decodeBody(sent->front().content);
        return body ? std::get<content::Receipt>(*body).streams.at(0)
                    : content::StreamReceipt{mail.alice().address().device, 0, 0, {}};
    }

private Q_SLOTS:
    void whatIsMissingIsNamed()
    {
        const auto told = receiptOf({{5, 6}, {200, 200}});
        QCOMPARE(told.deliveredUpTo, 300u);
        QCOMPARE(told.readUpTo, 300u);
        QCOMPARE(told.notDelivered, (std::vector<std::uint64_t>{5, 6, 200}));
    }
    void T088_whatCannotBeNamedIsNotConfirmed()
    {
        // The 65th missing one ends what is confirmed, though a gap behind it would fit.
        const auto told = receiptOf({{1, 100}, {200, 210}});
        QCOMPARE(told.deliveredUpTo, 64u);
        QCOMPARE(told.readUpTo, 64u);
        QCOMPARE(told.notDelivered.size(), std::size_t(64));
        QCOMPARE(told.notDelivered.back(), std::uint64_t(64));
    }
    void T088_moreGapsThanWereLookedAtAreNotConfirmed()
    {
        std::vector<Missing> gaps;
        for (std::uint64_t counter = 2; counter <= 200; counter += 2)
            gaps.push_back({counter, counter});
        const auto told = receiptOf(gaps);
        QCOMPARE(told.notDelivered.size(), std::size_t(64));
        QCOMPARE(told.deliveredUpTo, 128u);
    }
};

SOTTO_TEST(ReceiptServiceTest)

} // namespace sotto

#include "receipt_service_test.moc"
