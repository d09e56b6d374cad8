#include "tests/kit/fault_vfs.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_store/scripted_outlet.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;
using kit::Fault;
using kit::FaultVfs;

/// A disk that fails at every point of a write: all of a batch or none, an error for whoever asked, and a retry that
/// works without a restart.
class StoreFaultTest : public QObject {
    Q_OBJECT

    static MailBatch oneMessage(const AccountRecord &account)
    {
        MailBatch batch;
        batch.payloads = {Bytes(3000, 'P')};
        batch.rows = {row(account.devices[0].key, 1, wire::MailClass::Message, 0),
                      row(account.devices[1].key, 1, wire::MailClass::Message, 0)};
        batch.repeats = {{{100, hash(1)}, kNow, kNow}};
        return batch;
    }
    static std::size_t waiting(EmbeddedStore &store, const AccountRecord &account, std::size_t device)
    {
        const auto mail = waitFor(store.readMail(account.devices[device].key, {}, 64, 1 << 20, kNow));
        return mail ? mail->size() : 99;
    }

    /// Fails the `n`-th write point of a mail batch; false when the batch needs fewer.
    static bool playMail(int n, Fault fault)
    {
        FaultVfs disk;
        StoreOnDisk relay;
        ScriptedOutlet outlet;
        relay.store->attach(outlet);
        const AccountRecord account = addDevice(*relay.store, makeAccount(*relay.store, 1, 11), 12);
        disk.failWriteAfter(n, fault);
        outlet.give(*relay.store, oneMessage(account));
        if (!QTest::qWaitFor([&outlet] { return outlet.ended != 0; }, 5000))
            qFatal("the batch never ended");
        const bool failed = disk.hasFailed();
        disk.repair();
        const bool wasWritten = !outlet.lastFailure;
        const std::size_t expected = wasWritten ? 1 : 0;
        if (waiting(*relay.store, account, 0) != expected || waiting(*relay.store, account, 1) != expected)
            qFatal("a message was written in part");
        if (!wasWritten) {
            outlet.give(*relay.store, oneMessage(account)); // the retry
            if (waiting(*relay.store, account, 0) != 1 || waiting(*relay.store, account, 1) != 1)
                qFatal("the retry was not written");
        }
        relay.restart();
        relay.store->attach(outlet);
        if (waiting(*relay.store, account, 0) != 1 || waiting(*relay.store, account, 1) != 1)
            qFatal("what was accepted is gone after a restart");
        relay.store.reset();
        return failed;
    }

    static bool playRegistration(int n, Fault fault)
    {
        FaultVfs disk;
        StoreOnDisk relay;
        if (!waitFor(relay.store->createInvites({hash(5)}, kNow + Milliseconds(1000))))
            qFatal("no invite");
        NewDevice device{deviceId(11), Bytes(32, 'k'), entry("bundle"), {entry("prekey")}};
        const NewAccount account{accountId(1), hash(5), entry("genesis"), device, QStringLiteral("alice"), hash(6)};
        disk.failWriteAfter(n, fault);
        const auto first = waitFor(relay.store->createAccount(account, kNow));
        const bool failed = disk.hasFailed();
        disk.repair();
        if (!first) {
            const auto again = waitFor(relay.store->createAccount(account, kNow));
            if (!again || !std::holds_alternative<AccountRecord>(*again))
                qFatal("the invite or the handle was used up by a registration that failed");
        }
        relay.restart();
        if (waitFor(relay.store->counts())->accounts != 1)
            qFatal("an account that was made is gone");
        return failed;
    }

private Q_SLOTS:
    void T020_aMessageIsWrittenWholeOrNotAtAll_data()
    {
        QTest::addColumn<int>("fault");
        QTest::newRow("full") << int(Fault::DiskFull);
        QTest::newRow("i/o error") << int(Fault::InputOutput);
    }
    void T020_aMessageIsWrittenWholeOrNotAtAll()
    {
        QFETCH(int, fault);
        int n = 1;
        while (playMail(n, Fault(fault)))
            ++n;
        QVERIFY2(n > 5, qPrintable(QString::number(n)));
    }

    void T022_aRegistrationThatFailsUsesNothingUp()
    {
        int n = 1;
        while (playRegistration(n, Fault::DiskFull))
            ++n;
        QVERIFY2(n > 5, qPrintable(QString::number(n)));
    }
};

SOTTO_TEST(StoreFaultTest)
#include "store_fault_test.moc"
