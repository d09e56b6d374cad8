#include "tests/kit/fake_clock.h"
#include "tests/kit/test_main.h"

#include <QCoreApplication>
#include <QSemaphore>
#include <QTest>
#include <QThread>
#include <vector>

namespace sotto::kit {

using namespace std::chrono_literals;

class FakeClockTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void firesInTheOrderOfDueTimesAtTheirOwnMoments()
    {
        FakeClock clock;
        const Timestamp start = clock.now();
        std::vector<std::pair<int, Milliseconds>> seen;
        clock.callAfter(20ms, [&] { seen.emplace_back(2, clock.now() - start); });
        clock.callAfter(10ms, [&] {
            seen.emplace_back(1, clock.now() - start);
            clock.callAfter(5ms, [&] { seen.emplace_back(3, clock.now() - start); });
        });
        clock.callAfter(20ms, [&] { seen.emplace_back(4, clock.now() - start); });
        clock.advance(30ms);
        const std::vector<std::pair<int, Milliseconds>> expected{{1, 10ms}, {3, 15ms}, {2, 20ms}, {4, 20ms}};
        QVERIFY(seen == expected);
        QCOMPARE((clock.now() - start).count(), 30);
        QCOMPARE(clock.pendingCalls(), 0);
    }
    void nothingFiresEarlyOrAfterCancel()
    {
        FakeClock clock;
        int fired = 0;
        const auto handle = clock.callAfter(10ms, [&] { fired += 100; });
        clock.callAfter(10ms, [&] { ++fired; });
        QVERIFY(clock.untilNext() == Milliseconds(10));
        clock.advance(9ms);
        QCOMPARE(fired, 0);
        clock.cancel(handle);
        clock.advance(1ms);
        QCOMPARE(fired, 1);
        QVERIFY(!clock.untilNext());
    }
    void zeroDelayFiresFromTheEventLoop()
    {
        FakeClock clock;
        int fired = 0;
        clock.callAfter(0ms, [&] { ++fired; });
        const auto cancelled = clock.callAfter(0ms, [&] { fired += 100; });
        clock.cancel(cancelled);
        QCOMPARE(fired, 0);
        QTRY_COMPARE(fired, 1);
    }
    void anEventOnItsWayDoesNotOutliveTheClock()
    {
        int fired = 0;
        {
            FakeClock clock;
            clock.callAfter(0ms, [&] { ++fired; });
        }
        QCoreApplication::processEvents();
        QCOMPARE(fired, 0);
    }
    void aJumpingWallClockMovesNoTimer()
    {
        FakeClock clock;
        int fired = 0;
        clock.callAfter(10ms, [&] { ++fired; });
        clock.setWallClock({clock.now().ms + 86'400'000});
        clock.advance(9ms);
        QCOMPARE(fired, 0);
        clock.advance(1ms);
        QCOMPARE(fired, 1);
    }
    void anotherThreadsCallbackRunsOnThatThread()
    {
        FakeClock clock;
        QThread thread;
        thread.start();
        QObject there;
        there.moveToThread(&thread);
        QSemaphore asked;
        QSemaphore fired;
        QThread *ranOn = nullptr;
        QMetaObject::invokeMethod(&there, [&] {
            clock.callAfter(10ms, [&] {
                ranOn = QThread::currentThread();
                fired.release();
            });
            asked.release();
        });
        asked.acquire();
        clock.advance(10ms);
        fired.acquire();
        QCOMPARE(ranOn, &thread);
        thread.quit();
        thread.wait();
    }
};

SOTTO_TEST(FakeClockTest)

} // namespace sotto::kit

#include "fake_clock_test.moc"
