#include "tests/kit/test_main.h"
#include "tests/unit/server_queues/queue_fixture.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

/// T194 for the store and the queues: what somebody who takes the relay's disk away finds.
class SeizedDiskTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void T194_noSubmitIdAndNoSenderOfWaitingMail()
    {
        QueueFixture relay;
        const DeviceAddress mallory = address(3, 31);
        auto submit = relay.compose(mallory, {2}, "ciphertext");
        submit.submitId = submitId(4242); // no beginning of any account's id
        QVERIFY(isAccepted(relay.sendAndWait(mallory, submit)));
        relay.settle();
        const Bytes disk = relay.disk.diskContent();
        QVERIFY(disk.contains("ciphertext")); // it waits for Bob
        QVERIFY(!disk.contains(submit.submitId.toBytes()));
        // The sender's account stands on the disk as an account only, nowhere beside the mail.
        relay.disk.store.reset(); // folds the write-ahead log into the file
        const Bytes closed = relay.disk.diskContent();
        QCOMPARE(closed.count(accountId(3).toBytes()), qsizetype(2)); // the row and its unique index
        QVERIFY(!closed.contains(relay.token(2)));
    }

    void T194_deliveredMailLeavesNoTrace()
    {
        QueueFixture relay;
        const DeviceAddress bob = address(2, 21);
        const DeviceAddress laptop = address(2, 22);
        relay.sink.connected = {bob, laptop};
        auto submit = relay.compose(address(3, 31), {2}, "MARKER-ciphertext");
        submit.payload = Bytes("MARKER-payload").repeated(100);
        QVERIFY(isAccepted(relay.sendAndWait(address(3, 31), submit)));
        for (const DeviceAddress &device : {bob, laptop})
            relay.acknowledge(device, {relay.sink.delivered[device][0].seq});
        relay.settle();
        QVERIFY(waitFor(relay.disk.store->scrub()));
        QVERIFY(!relay.disk.diskContent().contains("MARKER"));
    }
};

SOTTO_TEST(SeizedDiskTest)
#include "seized_disk_test.moc"
