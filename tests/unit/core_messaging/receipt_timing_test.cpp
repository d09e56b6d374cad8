#include "core/messaging/receipts/receipt_timing.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

class ReceiptTimingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void T090_aReceiptWaitsOneToFiveSeconds()
    {
        kit::SeededRandom random(7);
        Milliseconds least = kLongestReceiptWait;
        Milliseconds most = kShortestReceiptWait;
        for (int i = 0; i < 2000; ++i) {
            const Milliseconds wait = receiptJitter(random).value();
            least = std::min(least, wait);
            most = std::max(most, wait);
        }
        QVERIFY(least >= Milliseconds(1000) && least < Milliseconds(1100));
        QVERIFY(most <= Milliseconds(5000) && most > Milliseconds(4900));
    }
    void T014_withoutRandomnessThereIsNoReceipt()
    {
        kit::SeededRandom random(7);
        random.failNow();
        QCOMPARE(receiptJitter(random).error().code, ErrorCode::RandomFailed);
    }
};

SOTTO_TEST(ReceiptTimingTest)

} // namespace sotto

#include "receipt_timing_test.moc"
