#include "server/limits/request_limiter.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto::relay {

using namespace std::chrono_literals;

namespace {
DeviceAddress deviceOf(std::uint8_t account, std::uint32_t device)
{
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = account;
    return {AccountId(bytes), *DeviceId::from(device)};
}
} // namespace

class RequestLimiterTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aBucketTakesItsBurstThenItsRate()
    {
        const Rate rate{2, 5};
        TokenBucket bucket(rate, 0ms);
        for (int i = 0; i < 5; ++i)
            QVERIFY(!bucket.take(rate, 1, 0ms));
        const auto wait = bucket.take(rate, 1, 0ms);
        QVERIFY(wait);
        QVERIFY(*wait >= 500ms && *wait <= 502ms);
        QVERIFY(bucket.take(rate, 1, *wait - 5ms));
        QVERIFY(!bucket.take(rate, 1, *wait));
        QVERIFY(!bucket.isFull(rate, 2s));
        QVERIFY(bucket.isFull(rate, 10s));
        // A refused take costs nothing, and a bucket never holds more than its burst.
        for (int i = 0; i < 5; ++i)
            QVERIFY(!bucket.take(rate, 1, 1h));
        QVERIFY(bucket.take(rate, 1, 1h));
    }
    void aBucketInDebtWaitsLonger()
    {
        const Rate rate{100, 100};
        TokenBucket bucket(rate, 0ms);
        bucket.force(rate, 600, 0ms);
        const Milliseconds wait = bucket.waitFor(rate, 1);
        QVERIFY(wait >= 5s && wait <= 5100ms);
        QVERIFY(bucket.take(rate, 1, 4s));
        QVERIFY(!bucket.take(rate, 1, 6s));
    }
    void timeThatStandsStillOrGoesBackGivesNothing()
    {
        const Rate rate{1, 1};
        TokenBucket bucket(rate, 10s);
        QVERIFY(!bucket.take(rate, 1, 10s));
        QVERIFY(bucket.take(rate, 1, 5s));
        QVERIFY(bucket.take(rate, 1, 10s));
        QVERIFY(!bucket.take(rate, 1, 11s));
    }
    void T069_eachActionOfEachDeviceHasItsOwnLimit()
    {
        kit::FakeClock clock;
        RequestLimiter limiter(clock, RequestLimits{});
        const DeviceAddress alice = deviceOf(1, 1);
        for (int i = 0; i < 400; ++i)
            QVERIFY(!limiter.tooSoon(alice, LimitedAction::Submit));
        const auto wait = limiter.tooSoon(alice, LimitedAction::Submit);
        QVERIFY(wait && *wait <= 51ms);
        QVERIFY(!limiter.tooSoon(deviceOf(1, 2), LimitedAction::Submit));
        QVERIFY(!limiter.tooSoon(deviceOf(2, 1), LimitedAction::Submit));
        QVERIFY(!limiter.tooSoon(alice, LimitedAction::SmallCopies, 4096));
        QVERIFY(limiter.tooSoon(alice, LimitedAction::SmallCopies));
        clock.advance(*wait);
        QVERIFY(!limiter.tooSoon(alice, LimitedAction::Submit));
    }
    void T067_the21stLookupOfAnHourIsRefused()
    {
        kit::FakeClock clock;
        RequestLimiter limiter(clock, RequestLimits{});
        for (int i = 0; i < 20; ++i)
            QVERIFY(!limiter.tooSoon(deviceOf(1, 1), LimitedAction::LookupHandle));
        const auto wait = limiter.tooSoon(deviceOf(1, 1), LimitedAction::LookupHandle);
        QVERIFY(wait);
        QVERIFY(*wait <= 180'001ms);
        clock.advance(3min);
        QVERIFY(!limiter.tooSoon(deviceOf(1, 1), LimitedAction::LookupHandle));
        QVERIFY(limiter.tooSoon(deviceOf(1, 1), LimitedAction::LookupHandle));
    }
    void aTargetsOneTimeKeysAreLimitedWhoeverAsks()
    {
        kit::FakeClock clock;
        RequestLimiter limiter(clock, RequestLimits{});
        for (int i = 0; i < 60; ++i)
            QVERIFY(!limiter.tooManyKeysOf(deviceOf(9, 1)));
        QVERIFY(limiter.tooManyKeysOf(deviceOf(9, 1)));
        QVERIFY(!limiter.tooManyKeysOf(deviceOf(9, 2)));
        for (int i = 0; i < 30; ++i)
            QVERIFY(!limiter.tooManyKeysToStrangers(deviceOf(9, 1)));
        QVERIFY(limiter.tooManyKeysToStrangers(deviceOf(9, 1)));
    }
    void T069_48HoursOfHonestUseMeetNoLimit()
    {
        // A heavy user: a message every two seconds with bursts of 30, receipts, 3 lookups and 40 bundles an hour.
        kit::FakeClock clock;
        RequestLimiter limiter(clock, RequestLimits{});
        const DeviceAddress device = deviceOf(1, 1);
        for (int minute = 0; minute < 48 * 60; ++minute) {
            for (int i = 0; i < 30; ++i) {
                QVERIFY(!limiter.tooSoon(device, LimitedAction::Submit));
                QVERIFY(!limiter.tooSoon(device, LimitedAction::SmallCopies, 10));
                QVERIFY(!limiter.tooSoon(device, LimitedAction::Ephemeral));
            }
            if (minute % 20 == 0)
                QVERIFY(!limiter.tooSoon(device, LimitedAction::LookupHandle));
            if (minute % 3 == 0)
                QVERIFY(!limiter.tooSoon(device, LimitedAction::FetchBundles, 2));
            clock.advance(60s);
        }
    }
    void fullBucketsAreForgotten()
    {
        KeyedBuckets<int> buckets({10, 10});
        for (int i = 0; i < 100'000; ++i)
            QVERIFY(!buckets.take(i, 1, Milliseconds(i)));
        QVERIFY2(buckets.size() < 2100, qPrintable(QString::number(buckets.size())));
    }
};

SOTTO_TEST(RequestLimiterTest)

} // namespace sotto::relay

#include "request_limiter_test.moc"
