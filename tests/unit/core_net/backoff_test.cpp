#include "core/net/backoff.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

namespace sotto {

using namespace std::chrono_literals;

class BackoffTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theCeilingDoublesFromHalfASecondToAMinute()
    {
        kit::SeededRandom random;
        Backoff backoff(random);
        for (const Milliseconds expected :
             {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 32000ms, 60000ms, 60000ms}) {
            QCOMPARE(backoff.ceiling().count(), expected.count());
            QVERIFY(backoff.next() <= expected);
        }
        for (int i = 0; i < 100; ++i)
            QVERIFY(backoff.next() <= 60s);
        backoff.reset();
        QCOMPARE(backoff.ceiling().count(), 500);
    }
    void jitterIsSpreadOverTheWholeRange()
    {
        kit::SeededRandom random(3);
        constexpr int kDraws = 4000;
        int tenths[10] = {};
        for (int i = 0; i < kDraws; ++i) {
            Backoff backoff(random);
            for (int failure = 0; failure < 5; ++failure)
                (void)backoff.next();
            const std::int64_t wait = backoff.next().count(); // 0 to 16,000
            ++tenths[std::min<std::int64_t>(wait / 1600, 9)];
        }
        for (const int count : tenths) // 400 each; seven standard deviations (19) to either side
            QVERIFY2(count > 267 && count < 533, qPrintable(QString::number(count)));
    }
    void withoutRandomnessItWaitsTheLongest()
    {
        kit::SeededRandom random;
        random.failNow();
        Backoff backoff(random);
        QCOMPARE(backoff.next().count(), 500);
        QCOMPARE(backoff.next().count(), 1000);
    }
};

SOTTO_TEST(BackoffTest)

} // namespace sotto

#include "backoff_test.moc"
