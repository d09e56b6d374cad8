#include "tests/kit/test_main.h"
#include "tests/unit/server_queues/queue_fixture.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;
using Code = wire::RelayErrorCode;
using std::chrono::hours;

namespace {
const DeviceAddress alice = address(1, 11);
const DeviceAddress bob = address(2, 21);
const DeviceAddress bobsLaptop = address(2, 22);
const DeviceAddress mallory = address(3, 31);
} // namespace

class DormancyTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aDeviceThatDoesNotComeForAMonthIsSkippedAndTold()
    {
        QueueFixture relay;
        relay.queues->connected(bob, 1);
        relay.clock.advance(hours(24 * 32));
        auto submit = relay.compose(alice, {2}, "hello");
        submit.targets[0].copies.pop_back(); // no copy for the laptop
        const auto reply = relay.sendAndWait(alice, submit);
        QVERIFY(isAccepted(reply));
        QVERIFY(std::get<wire::Accepted>(reply).dormant == std::vector{bobsLaptop});
        QCOMPARE(relay.waiting(bobsLaptop).size(), std::size_t(0));
        const auto gap = relay.queues->numbers(bobsLaptop).gapBeforeSeq;
        QVERIFY(gap != 0);
        relay.restart();
        QCOMPARE(relay.queues->numbers(bobsLaptop).gapBeforeSeq, gap);
        // It comes back: copies are demanded again, and the mark stands until it has newer mail.
        relay.queues->connected(bobsLaptop, 2);
        relay.queues->connected(bob, 3);
        auto next = relay.compose(alice, {2}, "again");
        next.targets[0].copies.pop_back();
        QVERIFY(std::holds_alternative<wire::StaleDevices>(relay.sendAndWait(alice, next)));
        relay.sink.connected = {bobsLaptop};
        QVERIFY(isAccepted(relay.write(alice, 2, "news")));
        QCOMPARE(relay.queues->numbers(bobsLaptop).gapBeforeSeq, gap);
        relay.acknowledge(bobsLaptop, {relay.sink.delivered[bobsLaptop].back().seq});
        QCOMPARE(relay.queues->numbers(bobsLaptop).gapBeforeSeq, 0u);
    }

    void aCopyForADormantDeviceIsNoError()
    {
        QueueFixture relay;
        relay.queues->connected(bob, 1);
        relay.clock.advance(hours(24 * 32));
        const auto reply = relay.write(alice, 2, "hello");
        QVERIFY(isAccepted(reply));
        QCOMPARE(std::get<wire::Accepted>(reply).dormant.size(), std::size_t(1));
    }

    void aConnectedDeviceIsAwakeHoweverLong()
    {
        QueueFixture relay;
        relay.queues->connected(bob, 1);
        relay.queues->connected(bobsLaptop, 2);
        relay.queues->disconnected(bob, 99); // a session that was replaced long ago
        relay.clock.advance(hours(24 * 365));
        const auto reply = relay.write(alice, 2, "hello");
        QVERIFY(isAccepted(reply));
        QVERIFY(std::get<wire::Accepted>(reply).dormant.empty());
    }

    void whenAllDevicesAreDormantTheRecipientIsAway()
    {
        QueueFixture relay;
        relay.clock.advance(hours(24 * 32));
        QVERIFY(codeOf(relay.write(alice, 2, "hello")) == Code::RecipientAway);
        QCOMPARE(relay.queues->numbers(bob).gapBeforeSeq, 0u); // nothing was accepted, nothing is missing
    }

    void onesOwnAbsentDesktopKeepsNobodyFromWriting()
    {
        QueueFixture relay;
        relay.queues->connected(bob, 1);
        relay.queues->connected(bobsLaptop, 2);
        relay.clock.advance(hours(24 * 32));
        const auto reply = relay.sendAndWait(alice, relay.compose(alice, {2, 1}, "hello"));
        QVERIFY(isAccepted(reply));
        QVERIFY(std::get<wire::Accepted>(reply).dormant == std::vector{address(1, 12)});
    }

    void aFullDeviceIsSkippedWhileAnotherTakesTheMail()
    {
        QueueLimits limits;
        limits.rows = 2;
        QueueFixture relay(limits);
        relay.sink.connected = {bob};
        for (int i = 0; i < 4; ++i) {
            const auto reply = relay.write(alice, 2, "hello");
            QVERIFY(isAccepted(reply));
            QCOMPARE(std::get<wire::Accepted>(reply).dormant.empty(), i < 2);
            relay.acknowledge(bob, {relay.sink.delivered[bob].back().seq});
        }
        QCOMPARE(relay.waiting(bobsLaptop).size(), std::size_t(2));
        QVERIFY(relay.queues->numbers(bobsLaptop).gapBeforeSeq != 0);
    }

    void aFullQueueForAWeekIsDormant()
    {
        QueueLimits limits;
        limits.rows = 1;
        QueueFixture relay(limits);
        QVERIFY(isAccepted(relay.write(alice, 3, "one")));
        QVERIFY(codeOf(relay.write(alice, 3, "two")) == Code::QueueFull);
        relay.clock.advance(hours(24 * 9));
        QVERIFY(codeOf(relay.write(alice, 3, "three")) == Code::RecipientAway);
        QCOMPARE(relay.waiting(mallory).size(), std::size_t(1)); // what was accepted is still there
    }

    void whoStaysConnectedIsNotTakenForAwayWhenTheRelayDies()
    {
        QueueFixture relay;
        relay.queues->connected(bob, 1);
        relay.queues->connected(bobsLaptop, 2);
        for (int day = 0; day < 31; ++day) {
            relay.clock.advance(hours(24));
            relay.queues->flushCounters();
        }
        relay.restart(); // nobody was reported disconnected
        auto submit = relay.compose(alice, {2}, "hello");
        submit.targets[0].copies.pop_back();
        QVERIFY(std::holds_alternative<wire::StaleDevices>(relay.sendAndWait(alice, submit)));
    }

    void aRelayThatWasAwayItselfKeepsCopiesForAnHour()
    {
        QueueFixture relay;
        relay.queues->connected(bob, 1);
        relay.queues->flushCounters();
        relay.clock.advance(hours(24 * 40)); // the relay is off
        relay.restart();
        QVERIFY(isAccepted(relay.write(alice, 2, "early")));
        QCOMPARE(relay.waiting(bobsLaptop).size(), std::size_t(1));
        relay.clock.advance(hours(1));
        QVERIFY(codeOf(relay.write(alice, 2, "late")) == Code::RecipientAway);
    }

    void theDayOfTheLastConnectionSurvivesARestart()
    {
        QueueFixture relay;
        relay.clock.advance(hours(24 * 20));
        relay.queues->connected(mallory, 1);
        relay.queues->disconnected(mallory, 1);
        relay.queues->flushCounters();
        relay.restart();
        relay.clock.advance(hours(24 * 20));
        QVERIFY(isAccepted(relay.write(alice, 3, "still awake")));
        relay.clock.advance(hours(24 * 12));
        QVERIFY(codeOf(relay.write(alice, 3, "away now")) == Code::RecipientAway);
    }
};

SOTTO_TEST(DormancyTest)
#include "dormancy_test.moc"
