#include "tests/kit/test_main.h"
#include "tests/unit/server_queues/queue_fixture.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

/// Memory follows use: who is not asked for leaves it, and nothing is different when they are asked for again.
class IdleQueuesTest : public QObject {
    Q_OBJECT
private:
    static void twoMinutesPass(QueueFixture &relay)
    {
        for (int minute = 0; minute < 3; ++minute) {
            relay.queues->flushCounters();
            relay.settle();
            relay.directory->forgetIdle(0);
        }
    }

private Q_SLOTS:
    void whatIsOnDiskAloneLeavesMemoryAndComesBack()
    {
        QueueFixture relay;
        const DeviceAddress bob = address(2, 21);
        QVERIFY(isAccepted(relay.write(address(1, 11), 2, "first")));
        const auto first = waitFor(relay.queues->read(bob, {}, 10, 100'000));
        QVERIFY(first && first->size() == 1);
        for (const DeviceAddress &device : {bob, address(2, 22)})
            relay.acknowledge(device, {first->front().seq});
        const QueueNumbers before = relay.queues->numbers(bob);
        const FoundAccount found = relay.account(2);
        twoMinutesPass(relay);
        QCOMPARE(relay.directory->size(), std::size_t(0));

        // Who found the account before it was forgotten is asked to try again; no device is left out silently.
        wire::Submit late = relay.compose(address(1, 11), {2}, "late");
        relay.account(1);
        twoMinutesPass(relay);
        const AddressedSubmit stale{address(1, 11), late, {found}};
        QCOMPARE(codeOf(waitFor(relay.queues->submit(stale))), wire::RelayErrorCode::Unavailable);

        relay.account(2);
        const QueueNumbers after = relay.queues->numbers(bob);
        QCOMPARE(after.lastAckedSeq, before.lastAckedSeq);
        QCOMPARE(after.queued, std::uint64_t(0));
        QVERIFY(isAccepted(relay.write(address(1, 11), 2, "second")));
        const auto second = waitFor(relay.queues->read(bob, {}, 10, 100'000));
        QVERIFY(second && second->size() == 1);
        QVERIFY(second->front().seq > first->front().seq); // numbers are never given twice
    }

    void whatIsNeededStays()
    {
        QueueFixture relay;
        relay.queues->connected(address(1, 11), 1);
        QVERIFY(isAccepted(relay.write(address(1, 11), 2, "waits")));
        twoMinutesPass(relay);
        QVERIFY(relay.directory->known(accountId(1)));  // connected
        QVERIFY(relay.directory->known(accountId(2)));  // has mail of this run
        QVERIFY(!relay.directory->known(accountId(3))); // nobody needs her
        QCOMPARE(relay.waiting(address(2, 21)).size(), std::size_t(1));
    }
};

SOTTO_TEST(IdleQueuesTest)
#include "idle_queues_test.moc"
