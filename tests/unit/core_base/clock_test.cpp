#include "core/base/clock.h"
#include "tests/kit/test_main.h"

#include <QEventLoop>
#include <QTest>

namespace sotto {

using namespace std::chrono_literals;

class ClockTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void callsBackOnceAndNotAfterCancel()
    {
        RealClock clock;
        QEventLoop loop;
        int cancelled = 0;
        const Clock::Handle handle = clock.callAfter(0ms, [&] { ++cancelled; });
        clock.cancel(handle);
        clock.callAfter(1ms, [&] { loop.quit(); });
        loop.exec();
        QCOMPARE(cancelled, 0);
    }
    void aTimerStopsWithItsOwnerAndMayRestartItself()
    {
        RealClock clock;
        QEventLoop loop;
        int fired = 0;
        {
            Timer dead(clock, [&] { fired += 100; });
            dead.start(0ms);
        }
        Timer *self = nullptr;
        Timer timer(clock, [&] {
            if (++fired < 3)
                self->start(0ms);
            else
                loop.quit();
        });
        self = &timer;
        timer.start(0ms);
        loop.exec();
        QCOMPARE(fired, 3);
        QVERIFY(!timer.isActive());
    }
};

SOTTO_TEST(ClockTest)

} // namespace sotto

#include "clock_test.moc"
