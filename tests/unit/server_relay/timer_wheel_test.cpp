#include "server/relay/timer_wheel.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/test_main.h"

#include <QTest>

#include <vector>

namespace sotto::relay {

using namespace std::chrono_literals;

class TimerWheelTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void firesBetweenTheDelayAndATickLater_data()
    {
        QTest::addColumn<int>("delayMs");
        for (const int delay : {0, 1, 250, 999, 10'000, 64'000, 64'250, 720'000})
            QTest::addRow("%d", delay) << delay;
    }
    void firesBetweenTheDelayAndATickLater()
    {
        QFETCH(int, delayMs);
        for (const int offset : {0, 1, 100, 249}) {
            kit::FakeClock clock;
            TimerWheel wheel(clock);
            clock.advance(Milliseconds(offset));
            const Milliseconds start = clock.monotonic();
            std::optional<Milliseconds> firedAfter;
            TimerWheel::Entry entry(wheel, [&] { firedAfter = clock.monotonic() - start; });
            entry.start(Milliseconds(delayMs));
            QVERIFY(entry.isActive());
            clock.advance(Milliseconds(delayMs) + 2 * TimerWheel::kTick);
            QVERIFY(firedAfter);
            QVERIFY(*firedAfter >= Milliseconds(delayMs));
            QVERIFY(*firedAfter <= Milliseconds(delayMs) + 2 * TimerWheel::kTick);
            QVERIFY(!entry.isActive());
        }
    }
    void restartingMovesAndStoppingSilences()
    {
        kit::FakeClock clock;
        TimerWheel wheel(clock);
        int fired = 0;
        TimerWheel::Entry moved(wheel, [&] { ++fired; });
        TimerWheel::Entry stopped(wheel, [&] { fired += 100; });
        moved.start(10s);
        stopped.start(10s);
        clock.advance(9s);
        moved.start(10s);
        stopped.stop();
        clock.advance(5s);
        QCOMPARE(fired, 0);
        clock.advance(6s);
        QCOMPARE(fired, 1);
    }
    void anIdleWheelAsksNothingOfTheClock()
    {
        kit::FakeClock clock;
        TimerWheel wheel(clock);
        QCOMPARE(clock.pendingCalls(), 0);
        {
            TimerWheel::Entry entry(wheel, [] {});
            entry.start(1s);
            QCOMPARE(clock.pendingCalls(), 1);
            clock.advance(2s);
            QCOMPARE(clock.pendingCalls(), 0);
            entry.start(1s);
        }
        QCOMPARE(clock.pendingCalls(), 0);
    }
    void callbacksMayStartStopAndDestroyEntries()
    {
        kit::FakeClock clock;
        TimerWheel wheel(clock);
        int fired = 0;
        std::unique_ptr<TimerWheel::Entry> victim;
        std::unique_ptr<TimerWheel::Entry> suicide;
        TimerWheel::Entry killer(wheel, [&] { victim.reset(); });
        victim = std::make_unique<TimerWheel::Entry>(wheel, [&] { fired += 1000; });
        suicide = std::make_unique<TimerWheel::Entry>(wheel, [&] {
            suicide.reset();
            ++fired;
        });
        TimerWheel::Entry *again = nullptr;
        TimerWheel::Entry repeating(wheel, [&] {
            ++fired;
            again->start(1s);
        });
        again = &repeating;
        killer.start(1s);
        victim->start(1s);
        suicide->start(1s);
        repeating.start(1s);
        clock.advance(1s + 2 * TimerWheel::kTick);
        QCOMPARE(fired, 2);
        QVERIFY(!victim);
        QVERIFY(repeating.isActive());
    }
    void aJumpOverManyTurnsFiresEverythingOnce()
    {
        kit::FakeClock clock;
        TimerWheel wheel(clock);
        std::vector<int> fired(1000, 0);
        std::vector<std::unique_ptr<TimerWheel::Entry>> entries;
        for (int i = 0; i < 1000; ++i) {
            entries.push_back(std::make_unique<TimerWheel::Entry>(wheel, [&fired, i] { ++fired[std::size_t(i)]; }));
            entries.back()->start(Milliseconds(i * 700));
        }
        clock.advance(1h);
        QCOMPARE(std::count(fired.begin(), fired.end(), 1), 1000);
    }
};

SOTTO_TEST(TimerWheelTest)

} // namespace sotto::relay

#include "timer_wheel_test.moc"
