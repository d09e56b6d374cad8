#include "app/platform/network_watch.h"
#include "app/platform/reachability_source.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/test_main.h"

#include <QNetworkInformation>
#include <QSignalSpy>
#include <QTest>

namespace sotto {

namespace {

/// A network that changes when the test says so.
class PlayedNetwork final : public NetworkSource {
public:
    void change() { Q_EMIT changed(); }
};

/// A watch on a played network and a computer that sleeps when the test says so.
struct Watched {
    kit::FakeClock clock;
    Milliseconds slept{123'456}; // from before the start: no news
    PlayedNetwork *network = new PlayedNetwork;
    NetworkWatch watch{clock, std::unique_ptr<NetworkSource>(network), [this] { return slept; }};
    QSignalSpy said{&watch, &NetworkWatch::mayBeBack};
};

} // namespace

class NetworkWatchTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void isSilentWhileNothingHappens()
    {
        Watched watched;
        watched.clock.advance(std::chrono::hours(1));
        QCOMPARE(watched.said.count(), 0);
        QCOMPARE(watched.clock.pendingCalls(), 1); // one coarse timer, nothing else
        QVERIFY(NetworkWatch::kLook >= std::chrono::seconds(5));
    }
    void aChangeIsToldOnceWhenItHasSettled()
    {
        Watched watched;
        for (int i = 0; i < 20; ++i)
            watched.network->change();
        QCOMPARE(watched.said.count(), 0);
        watched.clock.advance(NetworkWatch::kSettle);
        QCOMPARE(watched.said.count(), 1);
        watched.clock.advance(std::chrono::minutes(1));
        QCOMPARE(watched.said.count(), 1);
    }
    void aNetworkThatFlapsLeavesTriesTheirTime()
    {
        Watched watched;
        const Milliseconds step{100};
        const Milliseconds flapping = 10 * NetworkWatch::kPause;
        for (Milliseconds passed{0}; passed < flapping; passed += step) {
            watched.network->change();
            watched.clock.advance(step);
        }
        QCOMPARE(watched.said.count(), 10); // and not hundreds, nor none
    }
    void wakingUpIsSeen()
    {
        Watched watched;
        watched.slept += std::chrono::hours(8);
        watched.clock.advance(NetworkWatch::kLook + NetworkWatch::kSettle);
        QCOMPARE(watched.said.count(), 1);
        watched.clock.advance(std::chrono::minutes(1));
        QCOMPARE(watched.said.count(), 1);
        watched.slept += std::chrono::minutes(1);
        watched.clock.advance(NetworkWatch::kLook + NetworkWatch::kSettle);
        QCOMPARE(watched.said.count(), 2);
    }
    void clocksThatAreReadApartAreNoSleep()
    {
        Watched watched;
        for (int i = 0; i < 100; ++i) {
            watched.slept += Milliseconds(i % 2 == 0 ? 300 : -300);
            watched.clock.advance(NetworkWatch::kLook);
        }
        QCOMPARE(watched.said.count(), 0);
    }
    void missingPartsAreNoFault()
    {
        kit::FakeClock clock;
        NetworkWatch watch(clock, nullptr, {});
        QCOMPARE(clock.pendingCalls(), 0);
    }
    void theSystemHasClocksAndASource()
    {
        const auto asleep = sleepOfSystem();
        QVERIFY(asleep);
        const Milliseconds before = asleep();
        const Milliseconds after = asleep();
        QVERIFY(before > Milliseconds(-100)); // a computer that never slept
        QVERIFY(after - before < NetworkWatch::kShortestSleep);
        RealClock clock;
        QVERIFY(NetworkWatch::ofSystem(clock));
        // Qt's own source is there exactly where Qt has a backend.
        const auto reachability = ReachabilitySource::open();
        QCOMPARE(reachability != nullptr, QNetworkInformation::instance() != nullptr);
    }
};

SOTTO_TEST(NetworkWatchTest)

} // namespace sotto

#include "network_watch_test.moc"
