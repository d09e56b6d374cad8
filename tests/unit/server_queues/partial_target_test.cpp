// Repairs for one device of several (protocol.md 3).
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
const DeviceAddress alicesLaptop = address(1, 12);
const DeviceAddress bob = address(2, 21);
const DeviceAddress bobsLaptop = address(2, 22);

/// One copy of `text` from Alice for one device.
wire::Submit repair(QueueFixture &relay, const DeviceAddress &to, const Bytes &text)
{
    const int account = to.account == alice.account ? 1 : 2;
    wire::Submit submit = relay.compose(alice, {account}, text);
    submit.mailClass = wire::MailClass::Keys;
    wire::Target &target = submit.targets.front();
    target.partial = true;
    wire::Copy copy = target.copies.front();
    copy.device = to.device;
    target.copies = {copy};
    return submit;
}

Code codeOfRepair(QueueFixture &relay, const wire::Submit &submit) { return codeOf(relay.sendAndWait(alice, submit)); }
} // namespace

class PartialTargetTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void T069_aRepairReachesOneDeviceAndNoOtherIsSkipped()
    {
        QueueFixture relay;
        relay.queues->connected(bob, 1);
        relay.clock.advance(hours(24 * 32)); // Bob's laptop is dormant
        const auto reply = relay.sendAndWait(alice, repair(relay, bob, "again"));
        QVERIFY(isAccepted(reply));
        QVERIFY(std::get<wire::Accepted>(reply).dormant.empty());
        QCOMPARE(relay.waiting(bob), std::vector{Bytes("again")});
        QCOMPARE(relay.waiting(bobsLaptop).size(), std::size_t(0));
        QCOMPARE(relay.queues->numbers(bobsLaptop).gapBeforeSeq, 0u);
    }
    void aRepairSubmittedAgainIsAnsweredLikeTheFirst()
    {
        QueueFixture relay;
        const wire::Submit submit = repair(relay, bobsLaptop, "again");
        QVERIFY(isAccepted(relay.sendAndWait(alice, submit)));
        QVERIFY(isAccepted(relay.sendAndWait(alice, submit)));
        QCOMPARE(relay.waiting(bobsLaptop), std::vector{Bytes("again")});
    }
    void sealedCopiesTravelInRepairsOnly()
    {
        QueueFixture relay;
        wire::Submit submit = repair(relay, bob, "asks");
        submit.targets[0].copies[0].kind = wire::CopyKind::Sealed;
        QVERIFY(isAccepted(relay.sendAndWait(alice, submit)));
        submit = relay.compose(alice, {2}, "hello");
        submit.targets[0].copies[1].kind = wire::CopyKind::Sealed;
        QCOMPARE(codeOfRepair(relay, submit), Code::Malformed);
    }
    void whatIsNoRepairOfOneDeviceIsRefused()
    {
        QueueFixture relay;
        wire::Submit submit = repair(relay, bob, "again");
        submit.mailClass = wire::MailClass::Message;
        QCOMPARE(codeOfRepair(relay, submit), Code::Malformed);
        submit = relay.compose(alice, {2}, "again");
        submit.mailClass = wire::MailClass::Keys;
        submit.targets[0].partial = true; // two copies
        QCOMPARE(codeOfRepair(relay, submit), Code::Malformed);
        submit.targets[0].copies.clear();
        QCOMPARE(codeOfRepair(relay, submit), Code::Malformed);
        submit = relay.compose(alice, {2, 1}, "again");
        submit.mailClass = wire::MailClass::Keys;
        submit.targets[0].partial = true;
        submit.targets[0].copies.pop_back();
        QCOMPARE(codeOfRepair(relay, submit), Code::Malformed);
        QCOMPARE(codeOfRepair(relay, repair(relay, alice, "to itself")), Code::Malformed);
        QCOMPARE(relay.waiting(bob).size(), std::size_t(0));
    }
    void aDeviceThatIsNoneIsNamed()
    {
        QueueFixture relay;
        const auto reply = relay.sendAndWait(alice, repair(relay, address(2, 99), "again"));
        QVERIFY(std::holds_alternative<wire::StaleDevices>(reply));
        const auto &stale = std::get<wire::StaleDevices>(reply).accounts.front();
        QVERIFY(stale.missing.empty());
        QVERIFY(stale.extra == std::vector{deviceId(99)});
    }
    void aDormantDeviceIsAway()
    {
        QueueFixture relay;
        relay.queues->connected(bob, 1);
        relay.clock.advance(hours(24 * 32));
        QCOMPARE(codeOfRepair(relay, repair(relay, bobsLaptop, "again")), Code::RecipientAway);
        QCOMPARE(codeOfRepair(relay, repair(relay, alicesLaptop, "again")), Code::RecipientAway);
        QCOMPARE(relay.queues->numbers(bobsLaptop).gapBeforeSeq, 0u);
    }
    void T192_aFullQueueTakesNoRepairEvenOfOnesOwn()
    {
        QueueLimits limits;
        limits.smallRows = 2;
        limits.rows = 2;
        limits.pairRows = 100;
        limits.pairSmallRows = 100;
        QueueFixture relay(limits);
        for (const DeviceAddress &device : {bob, alicesLaptop}) {
            for (int i = 0; i < 2; ++i)
                QVERIFY(isAccepted(relay.sendAndWait(alice, repair(relay, device, "again"))));
            QCOMPARE(codeOfRepair(relay, repair(relay, device, "too many")), Code::QueueFull);
            QCOMPARE(relay.waiting(device).size(), std::size_t(2));
        }
    }
};

SOTTO_TEST(PartialTargetTest)
#include "partial_target_test.moc"
