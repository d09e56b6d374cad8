#include "server/presence/presence_hub.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace std::chrono_literals;

namespace {

DeviceAddress device(int account, int number)
{
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = std::uint8_t(account);
    return {AccountId(bytes), *DeviceId::from(std::uint64_t(number))};
}

const Bytes kTopic(32, 't');
const DeviceAddress alice = device(1, 11);
const DeviceAddress alicesLaptop = device(1, 12);
const DeviceAddress bob = device(2, 21);
const DeviceAddress mallory = device(3, 31);

class Told final : public PresenceSink {
public:
    void presenceChanged(const DeviceAddress &watcher, const wire::Presence &presence) override
    {
        changes.emplace_back(watcher, presence);
    }
    std::vector<std::pair<DeviceAddress, wire::Presence>> changes;
};

struct Hub {
    kit::FakeClock clock;
    kit::SeededRandom random;
    Told told;
    PresenceHub presence{clock, random, told};
    /// What was told since the last question: '+' online, '-' offline.
    QByteArray news()
    {
        QByteArray text;
        for (const auto &change : std::exchange(told.changes, {}))
            text += change.second.online ? '+' : '-';
        return text;
    }
};

} // namespace

class PresenceHubTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void watchersLearnWhenSomebodyComes()
    {
        Hub hub;
        hub.presence.watch(bob, {kTopic});
        QCOMPARE(hub.news(), QByteArray());
        hub.presence.publish(alice, kTopic);
        QCOMPARE(hub.told.changes.front().first, bob);
        QCOMPARE(hub.told.changes.front().second.topic, kTopic);
        QCOMPARE(hub.news(), QByteArray("+"));
        hub.presence.publish(alice, kTopic);
        QCOMPARE(hub.news(), QByteArray());
    }

    void whoWatchesLaterLearnsAtOnce()
    {
        Hub hub;
        hub.presence.publish(alice, kTopic);
        hub.presence.watch(bob, {kTopic});
        QCOMPARE(hub.news(), QByteArray("+"));
    }

    void offlineIsToldAfterTenToThirtySeconds()
    {
        Hub hub;
        hub.presence.watch(bob, {kTopic});
        hub.presence.publish(alice, kTopic);
        hub.news();
        const Timestamp left = hub.clock.now();
        hub.clock.advance(12s);
        hub.presence.left(alice);
        hub.clock.advance(9999ms);
        QCOMPARE(hub.news(), QByteArray());
        hub.clock.advance(20s);
        QCOMPARE(hub.told.changes.size(), std::size_t(1));
        QVERIFY(!hub.told.changes[0].second.online);
        QCOMPARE(hub.told.changes[0].second.lastSeen.ms, left.ms - left.ms % 60'000);
    }

    void aShortAbsenceIsNotTold()
    {
        Hub hub;
        hub.presence.watch(bob, {kTopic});
        hub.presence.publish(alice, kTopic);
        hub.news();
        hub.presence.left(alice);
        hub.clock.advance(5s);
        hub.presence.publish(alice, kTopic);
        hub.clock.advance(60s);
        QCOMPARE(hub.news(), QByteArray());
    }

    void theDevicesOfAnAccountAreOne()
    {
        Hub hub;
        hub.presence.watch(bob, {kTopic});
        hub.presence.publish(alice, kTopic);
        hub.presence.publish(alicesLaptop, kTopic);
        hub.presence.left(alice);
        hub.clock.advance(60s);
        QCOMPARE(hub.news(), QByteArray("+"));
        hub.presence.left(alicesLaptop);
        hub.clock.advance(60s);
        QCOMPARE(hub.news(), QByteArray("-"));
    }

    void whoBecomesInvisibleGoesOffline()
    {
        Hub hub;
        hub.presence.watch(bob, {kTopic});
        hub.presence.publish(alice, kTopic);
        hub.presence.publish(alice, std::nullopt);
        hub.clock.advance(60s);
        QCOMPARE(hub.news(), QByteArray("+-"));
    }

    void aTopicOfTwoAccountsSaysNothing()
    {
        Hub hub;
        hub.presence.watch(bob, {kTopic});
        hub.presence.publish(alice, kTopic);
        QCOMPARE(hub.news(), QByteArray("+"));
        hub.presence.publish(mallory, kTopic);
        QCOMPARE(hub.told.changes.size(), std::size_t(1));
        QCOMPARE(hub.told.changes[0].second.lastSeen.ms, 0);
        QCOMPARE(hub.news(), QByteArray("-"));
        hub.presence.left(mallory);
        QCOMPARE(hub.news(), QByteArray("+"));
    }

    void whoPublishedATopicFirstDoesNotKeepIt()
    {
        Hub hub;
        hub.presence.publish(mallory, kTopic);
        hub.presence.publish(mallory, std::nullopt);
        hub.clock.advance(31s);
        hub.presence.watch(bob, {kTopic});
        hub.news();
        hub.presence.publish(alice, kTopic);
        QCOMPARE(hub.news(), QByteArray("+"));
    }

    void fewTopicsOfAnAccountAreRemembered()
    {
        Hub hub;
        for (int i = 0; i < 10'000; ++i) {
            hub.presence.publish(alice, Bytes(28, 't') + Bytes(1, char(i)) + Bytes(1, char(i / 256)));
            hub.clock.advance(1s);
        }
        QVERIFY2(hub.presence.topics() <= 5, qPrintable(QString::number(hub.presence.topics())));
        // One that somebody watches stays for them, but says no more.
        hub.presence.publish(alice, kTopic);
        hub.presence.watch(bob, {kTopic});
        QCOMPARE(hub.news(), QByteArray("+"));
        for (int i = 0; i < 10; ++i)
            hub.presence.publish(alice, Bytes(32, char(i)));
        QCOMPARE(hub.news(), QByteArray("-"));
    }

    void whoStopsWatchingIsNotTold()
    {
        Hub hub;
        hub.presence.watch(bob, {kTopic});
        hub.presence.watch(bob, {});
        hub.presence.publish(alice, kTopic);
        QCOMPARE(hub.news(), QByteArray());
        hub.presence.watch(bob, {kTopic});
        hub.presence.left(bob);
        hub.news();
        hub.presence.left(alice);
        hub.clock.advance(60s);
        QCOMPARE(hub.news(), QByteArray());
    }

    void lastSeenIsForgottenWithItsTopic()
    {
        Hub hub;
        hub.presence.publish(alice, kTopic);
        hub.presence.left(alice);
        hub.clock.advance(60s);
        hub.clock.advance(24h * 7);
        hub.presence.prune();
        hub.presence.watch(bob, {kTopic});
        QCOMPARE(hub.news(), QByteArray("-"));
        hub.presence.watch(bob, {});
        hub.clock.advance(24h * 2);
        hub.presence.prune();
        hub.presence.watch(bob, {kTopic});
        QCOMPARE(hub.news(), QByteArray());
    }
};

SOTTO_TEST(PresenceHubTest)
#include "presence_hub_test.moc"
