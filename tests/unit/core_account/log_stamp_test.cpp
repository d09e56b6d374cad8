#include "core/account/log_stamp.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

using namespace std::chrono_literals;

/// The time in an entry of a device log (decision 0110).
class LogStampTest : public QObject {
    Q_OBJECT

    static constexpr Timestamp kNow{1'700'000'000'000};

private Q_SLOTS:
    void itIsTheRelaysTime()
    {
        QCOMPARE(logStamp(kNow, kNow + 3min, std::nullopt)->ms, kNow.ms);
        QCOMPARE(logStamp(kNow, kNow - 23h, kNow - 9h)->ms, kNow.ms);
        QCOMPARE(logStamp(kNow, kNow + 24h, kNow)->ms, kNow.ms);
    }
    void itNeverGoesBackWithinALog()
    {
        QCOMPARE(logStamp(kNow, kNow, kNow + 5min)->ms, (kNow + 5min).ms);
        QCOMPARE(logStamp(kNow, kNow, kNow + 24h)->ms, (kNow + 24h).ms);
        // A thief's entry from the next century does not drag the owner's along.
        QCOMPARE(logStamp(kNow, kNow, kNow + 24h * 36500)->ms, (kNow + 24h).ms);
    }
    void clocksADayApartSignNothing()
    {
        for (const Milliseconds off : {Milliseconds(24h + 1ms), Milliseconds(-24h - 1ms), Milliseconds(24h * 3650)}) {
            const auto stamp = logStamp(kNow + off, kNow, std::nullopt);
            QVERIFY(!stamp);
            QCOMPARE(stamp.error().code, ErrorCode::Refused);
            QVERIFY(stamp.error().detail.contains(QStringLiteral("clock")));
        }
    }
};

SOTTO_TEST(LogStampTest)

} // namespace sotto

#include "log_stamp_test.moc"
