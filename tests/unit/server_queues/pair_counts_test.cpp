#include "server/queues/pair_counts.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_store/store_fixtures.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

class PairCountsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsAreCountedUntilReleased()
    {
        PairCounts counts;
        const AccountPair pair{accountId(1), accountId(2)};
        PairCounts::Entry *const first = counts.add(pair, false, 100);
        PairCounts::Entry *const second = counts.add(pair, true, 10);
        QCOMPARE(counts.use(pair).rows, 1);
        QCOMPARE(counts.use(pair).smallRows, 1);
        QCOMPARE(counts.use(pair).bytes, 110);
        QCOMPARE(counts.use({accountId(2), accountId(1)}).rows, 0);
        counts.release(first, false, 100);
        QCOMPARE(counts.use(pair).rows, 0);
        counts.release(second, true, 10);
        QCOMPARE(counts.use(pair).bytes, 0);
    }

    void strangersAreCountedByTheDay()
    {
        PairCounts counts;
        const AccountPair pair{accountId(1), accountId(2)};
        counts.addStrangerSubmit(pair, kNow);
        counts.addStrangerSubmit(pair, kNow);
        QCOMPARE(counts.strangerSubmits(pair, kNow), 2);
        QCOMPARE(counts.strangerSubmits(pair, kNow + std::chrono::hours(24)), 0);
    }
};

SOTTO_TEST(PairCountsTest)
#include "pair_counts_test.moc"
