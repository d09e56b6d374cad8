#include "tests/kit/test_main.h"
#include "tests/unit/core_storage/storage_fixture.h"

#include <QTest>

namespace sotto {

class StreamAndReceiptTest : public QObject {
    Q_OBJECT
    std::unique_ptr<StorageFixture> m_kit;

    StreamRepository &streams() { return m_kit->storage->streams; }
    ReceiptRepository &receipts() { return m_kit->storage->receipts; }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges()
    {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
        const auto gaps = streams().gapsOf(m_kit->chat, m_kit->bob, 100);
        if (gaps) {
            for (const Gap &gap : *gaps)
                found.emplace_back(gap.first, gap.last);
        }
        return found;
    }

private Q_SLOTS:
    void init()
    {
        m_kit = std::make_unique<StorageFixture>();
        m_kit->registerAlice();
    }

    void aDevicesStreamStartsWithTheSmallestCounterItWasSent()
    {
        const ConversationId &chat = m_kit->chat;
        QCOMPARE(streams().startFor(chat, m_kit->bob, 5).value(), 5u);
        QCOMPARE(streams().startFor(chat, m_kit->bob, 6).value(), 5u);
        QCOMPARE(streams().startFor(chat, m_kit->bobsOther, 6).value(), 6u);
        QCOMPARE(streams().startFor(chat, m_kit->bob, 3).value(), 3u); // fitted to the device later than 5
        QCOMPARE(streams().startFor(chat, m_kit->bob, 7).value(), 3u);
    }
    void aStreamKeepsItsStateAndItsReadMark()
    {
        StreamState state{3, 8, idOf<Hash256>('h'), Timestamp{70}, 0};
        QVERIFY(!streams().find(m_kit->chat, m_kit->bob)->has_value());
        QVERIFY(streams().store(m_kit->chat, m_kit->bob, state));
        QCOMPARE((*streams().find(m_kit->chat, m_kit->bob)).value(), state);
        QVERIFY(m_kit->storage->reads.store(m_kit->chat, {m_kit->bob, {8}, 7, Timestamp{1}}));
        state.lastCounter = 9;
        QVERIFY(streams().store(m_kit->chat, m_kit->bob, state));
        state.readTold = 7;
        QCOMPARE((*streams().find(m_kit->chat, m_kit->bob)).value(), state);
        QCOMPARE(streams().streamsOf(m_kit->chat)->size(), 1u);
        QCOMPARE(streams().store(idOf<ConversationId>('X'), m_kit->bob, state).error().code, ErrorCode::NotFound);
    }
    void aCounterThatNoColumnHoldsIsRefused()
    {
        StreamState state;
        state.lastCounter = ~std::uint64_t(0);
        const auto refused = streams().store(m_kit->chat, m_kit->bob, state);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
    }
    void T080_gapsSplitAndClose()
    {
        using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
        QVERIFY(streams().addGap(m_kit->chat, m_kit->bob, 5, 1'000'000'000, Timestamp{10})); // one row, however many
        QVERIFY(streams().closeGap(m_kit->chat, m_kit->bob, 7).valueOr(false));
        QCOMPARE(ranges(), (Ranges{{5, 6}, {8, 1'000'000'000}}));
        QVERIFY(streams().closeGap(m_kit->chat, m_kit->bob, 5).valueOr(false));
        QVERIFY(streams().closeGap(m_kit->chat, m_kit->bob, 6).valueOr(false));
        QCOMPARE(ranges(), (Ranges{{8, 1'000'000'000}}));
        QVERIFY(!streams().closeGap(m_kit->chat, m_kit->bob, 7).valueOr(true));
        QVERIFY(!streams().closeGap(m_kit->chat, m_kit->bobsOther, 9).valueOr(true));
        const auto standing = streams().gapsNoticedBefore(Timestamp{10}, 10);
        QVERIFY(standing);
        QCOMPARE(standing->size(), 1u);
        QVERIFY(streams().setAsked(standing->front(), Timestamp{99}));
        QVERIFY(streams().closeGap(m_kit->chat, m_kit->bob, 100).valueOr(false));
        const auto parts = streams().gapsOf(m_kit->chat, m_kit->bob, 10);
        QVERIFY(parts);
        for (const Gap &part : *parts) {
            QCOMPARE(part.askedAt, std::optional(Timestamp{99}));
            QCOMPARE(part.noticedAt, Timestamp{10});
            QVERIFY(streams().dropGap(part));
        }
        QCOMPARE(ranges(), Ranges{});
        QVERIFY(streams().gapsNoticedBefore(Timestamp{9}, 10)->empty());
        QVERIFY(!streams().addGap(m_kit->chat, m_kit->bob, 3, 2, Timestamp{10}));
    }
    void T080_gapsAreAskedForInParts()
    {
        QVERIFY(streams().addGap(m_kit->chat, m_kit->bob, 5, 20, Timestamp{10}));
        const Gap whole = streams().gapAt(m_kit->chat, m_kit->bob, 6)->value();
        QCOMPARE(streams().setPartAsked(whole, 4, 9, Timestamp{30}).error().code, ErrorCode::InvalidArgument);
        QVERIFY(streams().setPartAsked(whole, 9, 12, Timestamp{30}));
        using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
        QCOMPARE(ranges(), (Ranges{{5, 8}, {9, 12}, {13, 20}}));
        QCOMPARE((*streams().gapAt(m_kit->chat, m_kit->bob, 8))->tries, 0);
        const Gap asked = streams().gapAt(m_kit->chat, m_kit->bob, 12)->value();
        QCOMPARE(asked.tries, 1);
        QCOMPARE(asked.askedAt, std::optional(Timestamp{30}));
        QCOMPARE(asked.noticedAt, Timestamp{10});
        QVERIFY(!streams().gapAt(m_kit->chat, m_kit->bob, 21)->has_value());
        QCOMPARE(streams().countGaps(m_kit->chat, m_kit->bob).valueOr(-1), 3);
        QCOMPARE(streams().countMissing().valueOr(-1), 16);
    }
    void aLostRowStandsForWhatIsStillMissing()
    {
        Message lost = m_kit->text(m_kit->bob, 'l', 0, 50);
        lost.kind = MessageKind::Lost;
        lost.text.clear();
        const auto row = m_kit->storage->messages.insert(lost);
        QVERIFY(row && m_kit->storage->messages.setMissing(*row, 16));
        QCOMPARE((*m_kit->storage->messages.byRow(*row))->missing, 16u);
        QVERIFY(streams().addGap(m_kit->chat, m_kit->bob, 5, 20, Timestamp{10}));
        QCOMPARE(streams().untoldGaps(Timestamp{9}, Timestamp{10}, 5)->size(), std::size_t(1));
        QVERIFY(streams().untoldGaps(Timestamp{10}, Timestamp{20}, 5)->empty());
        QVERIFY(streams().setLost(streams().gapAt(m_kit->chat, m_kit->bob, 5)->value(), *row));
        QVERIFY(streams().untoldGaps(Timestamp{9}, Timestamp{10}, 5)->empty());
        QVERIFY(streams().closeGap(m_kit->chat, m_kit->bob, 7).valueOr(false));
        QCOMPARE(streams().missingUnder(*row).valueOr(-1), 15);
        QVERIFY(m_kit->storage->messages.remove(*row));
        QCOMPARE(streams().missingUnder(*row).valueOr(-1), 0);
        QCOMPARE(streams().countMissing().valueOr(-1), 15);
    }
    void nobodysGapsHideThoseOfOthers()
    {
        for (const std::uint64_t first : {5u, 7u, 9u})
            QVERIFY(streams().addGap(m_kit->chat, m_kit->bob, first, first, Timestamp{10}));
        QVERIFY(streams().addGap(m_kit->chat, m_kit->bobsOther, 3, 3, Timestamp{90}));
        QVERIFY(streams().setAsked(streams().gapAt(m_kit->chat, m_kit->bob, 5)->value(), Timestamp{20}));
        std::vector<std::uint64_t> asked;
        for (const Gap &gap : streams().gapsToAskFor(2).valueOr({}))
            asked.push_back(gap.first);
        QCOMPARE(asked, (std::vector<std::uint64_t>{7, 9, 3}));
    }
    void gapMarksAreKeptUntilTheyAreFilled()
    {
        QVERIFY(streams().addGapMark(Timestamp{1}, Timestamp{2}));
        const auto marks = streams().gapMarks();
        QVERIFY(marks);
        QCOMPARE(marks->size(), 1u);
        QCOMPARE(marks->front().until, Timestamp{2});
        QVERIFY(streams().removeGapMark(marks->front().id));
        QVERIFY(streams().gapMarks()->empty());
    }
    void receiptsOnlyGrow()
    {
        const auto apply = [&](const DeliveryState &state) {
            return receipts().apply(m_kit->chat, m_kit->bob.account, m_kit->alice.device, state, Timestamp{1});
        };
        const auto known = [&] {
            return (*receipts().find(m_kit->chat, m_kit->bob.account, m_kit->alice.device)).value();
        };
        QCOMPARE(apply({5, 2, {3, 4}}).valueOr(false), true);
        QCOMPARE(apply({5, 2, {3, 4}}).valueOr(true), false);
        QCOMPARE(apply({4, 1, {}}).valueOr(false), true); // 3 and 4 have come; the marks do not go back
        QCOMPARE(known(), (DeliveryState{5, 2, {}}));
        QCOMPARE(apply({5, 2, {3}}).valueOr(true), false); // an older receipt takes nothing away
        QCOMPARE(apply({9, 5, {7}}).valueOr(false), true);
        QCOMPARE(known(), (DeliveryState{9, 5, {7}}));
    }
    void T088_aReceiptWithTooManyOrUnsortedExceptionsIsRefused()
    {
        DeliveryState many{1000, 0, {}};
        for (std::uint64_t i = 1; i <= 65; ++i)
            many.notDelivered.push_back(i);
        for (const DeliveryState &bad : {many, DeliveryState{9, 0, {3, 3}}, DeliveryState{9, 0, {4, 3}}}) {
            const auto refused =
                receipts().apply(m_kit->chat, m_kit->bob.account, m_kit->alice.device, bad, Timestamp{1});
            QVERIFY(!refused);
            QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
        }
    }
    void whenReceiptsCameIsKeptForEachMessage()
    {
        const auto comes = [&](const DeliveryState &state, std::int64_t at) {
            QVERIFY(receipts().apply(m_kit->chat, m_kit->bob.account, m_kit->alice.device, state, Timestamp{at}));
        };
        /// "delivered/read", with - for what is not known.
        const auto times = [&](std::uint64_t counter) {
            const auto all = receipts().timesOf(m_kit->chat, m_kit->alice.device, counter);
            if (!all || all->size() != 1 || all->front().reader != m_kit->bob.account)
                return QStringLiteral("?");
            const auto text = [](const std::optional<Timestamp> &at) {
                return at ? QString::number(at->ms) : QStringLiteral("-");
            };
            return text(all->front().deliveredAt) + u'/' + text(all->front().readAt);
        };
        QVERIFY(receipts().timesOf(m_kit->chat, m_kit->alice.device, 1)->empty());
        comes({2, 0, {}}, 100);
        comes({6, 2, {4}}, 200);
        QCOMPARE(times(1), QStringLiteral("100/200"));
        QCOMPARE(times(3), QStringLiteral("200/-"));
        QCOMPARE(times(4), QStringLiteral("-/-"));
        QCOMPARE(times(7), QStringLiteral("-/-"));
        comes({6, 6, {4}}, 300);
        comes({6, 6, {}}, 400); // 4 came after all; its neighbours keep their times
        QCOMPARE(times(3), QStringLiteral("200/300"));
        QCOMPARE(times(4), QStringLiteral("400/400"));
        QCOMPARE(times(5), QStringLiteral("200/300"));
        comes({6, 6, {}}, 500);
        QCOMPARE(times(6), QStringLiteral("200/300"));
        // Exceptions side by side, filled from above and from below, and one that is the mark itself.
        comes({12, 6, {8, 9, 12}}, 600);
        comes({12, 6, {8, 12}}, 700);
        comes({12, 6, {12}}, 800);
        comes({12, 6, {}}, 900);
        const QStringList filled{QStringLiteral("600/-"), QStringLiteral("800/-"), QStringLiteral("700/-"),
                                 QStringLiteral("600/-"), QStringLiteral("900/-")};
        QCOMPARE((QStringList{times(7), times(8), times(9), times(11), times(12)}), filled);
        comes({20, 6, {14, 15}}, 1000);
        comes({20, 6, {15}}, 1100);
        comes({20, 6, {}}, 1200);
        QCOMPARE((QStringList{times(13), times(14), times(15), times(16)}),
                 (QStringList{QStringLiteral("1000/-"), QStringLiteral("1100/-"), QStringLiteral("1200/-"),
                              QStringLiteral("1000/-")}));
    }
    void theTimesOfTheNewestReceiptsAreKept()
    {
        for (std::uint64_t counter = 1; counter <= 1010; ++counter) {
            QVERIFY(receipts().apply(m_kit->chat, m_kit->bob.account, m_kit->alice.device, {counter, 0, {}},
                                     Timestamp{std::int64_t(counter)}));
        }
        const auto deliveredAt = [&](std::uint64_t counter) {
            return receipts().timesOf(m_kit->chat, m_kit->alice.device, counter)->front().deliveredAt;
        };
        QCOMPARE(deliveredAt(1010), Timestamp{1010});
        QCOMPARE(deliveredAt(12), Timestamp{12});
        QVERIFY(!deliveredAt(11)); // perhaps its own, perhaps of one that is gone
        QVERIFY(!deliveredAt(3));
        QCOMPARE(m_kit->database->prepare("SELECT count(*) FROM receipt_step").number().value(), 1000);
    }
    void oneDueReceiptCoversAll()
    {
        QVERIFY(!(*receipts().nextDue()).has_value());
        QVERIFY(receipts().setDue({m_kit->chat, m_kit->bob.account, Timestamp{300}}));
        QVERIFY(receipts().setDue({m_kit->chat, m_kit->bob.account, Timestamp{100}}));
        QVERIFY(receipts().setDue({m_kit->chat, m_kit->bob.account, Timestamp{200}}));
        QCOMPARE((*receipts().nextDue()).value(), Timestamp{100});
        QVERIFY(receipts().dueBefore(Timestamp{99}, 10)->empty());
        QCOMPARE(*receipts().dueBefore(Timestamp{100}, 10),
                 (std::vector<DueReceipt>{{m_kit->chat, m_kit->bob.account, Timestamp{100}}}));
        QVERIFY(receipts().clearDue(m_kit->chat, m_kit->bob.account));
        QVERIFY(receipts().dueBefore(Timestamp{999}, 10)->empty());
    }
    void T082_aCiphertextIsAcceptedOnce()
    {
        DedupeRepository &dedupe = m_kit->storage->dedupe;
        constexpr std::int64_t day = 24 * 3600 * 1000;
        const Hash256 hash = idOf<Hash256>('h');
        QVERIFY(!dedupe.contains(hash).valueOr(true));
        QVERIFY(dedupe.add(hash, Timestamp{10 * day}));
        QVERIFY(dedupe.contains(hash).valueOr(false));
        QCOMPARE(dedupe.add(hash, Timestamp{11 * day}).error().code, ErrorCode::AlreadyExists);
        QCOMPARE(dedupe.pruneBefore(Timestamp{10 * day + 5}).valueOr(-1), 0);
        QCOMPARE(dedupe.pruneBefore(Timestamp{11 * day}).valueOr(-1), 1);
    }
};

SOTTO_TEST(StreamAndReceiptTest)

} // namespace sotto

#include "stream_and_receipt_test.moc"
