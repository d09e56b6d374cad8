#include "core/sqlite/database.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_store/scripted_outlet.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

namespace {

std::vector<std::uint64_t> seqs(const std::vector<wire::Envelope> &mail)
{
    std::vector<std::uint64_t> numbers;
    for (const wire::Envelope &envelope : mail)
        numbers.push_back(envelope.seq);
    return numbers;
}

} // namespace

class QueueRowsTest : public QObject {
    Q_OBJECT

    struct Relay : StoreOnDisk {
        Relay()
        {
            store->attach(outlet);
            auto account = makeAccount(*store, 1, 11);
            account = addDevice(*store, account, 12);
            first = account.devices[0].key;
            second = account.devices[1].key;
            accountKey = account.key;
            logVersion = account.logVersion;
        }
        ~Relay() { store.reset(); } // before the outlet
        std::vector<wire::Envelope> read(DeviceKey device, QueuePosition position = {}, int most = 64,
                                         qsizetype bytes = 256 * 1024, Timestamp now = kNow)
        {
            const auto mail = waitFor(store->readMail(device, position, most, bytes, now));
            return mail ? *mail : std::vector<wire::Envelope>();
        }
        DeviceCounters counters(int index)
        {
            return waitFor(store->loadAccount(accountId(1)))->devices[std::size_t(index)].counters;
        }
        ScriptedOutlet outlet;
        DeviceKey first = 0;
        DeviceKey second = 0;
        AccountKey accountKey = 0;
        std::uint64_t logVersion = 0;
    };

    /// The disk is not what it was.
    static void damage(Relay &relay, const char *sql)
    {
        relay.store.reset();
        {
            auto database = Database::open(relay.path(), {});
            if (!database || !(*database)->execute(sql))
                qFatal("the database cannot be damaged");
        }
        relay.restart();
        relay.store->attach(relay.outlet);
    }

private Q_SLOTS:
    void aDamagedRowHoldsUpNothingElse()
    {
        Relay relay;
        MailBatch batch;
        batch.rows = {row(relay.first, 1), row(relay.first, 2)};
        relay.outlet.give(*relay.store, batch);
        QCOMPARE(relay.read(relay.first).size(), std::size_t(2));
        damage(relay, "UPDATE queue SET mail_class = 99 WHERE seq = 1");
        QCOMPARE(seqs(relay.read(relay.first)), std::vector<std::uint64_t>{2});
        MailBatch next;
        next.rows = {row(relay.second, 1)};
        next.acks = {{relay.first, 1}};
        relay.outlet.give(*relay.store, next);
        QCOMPARE(relay.read(relay.second).size(), std::size_t(1));
        QVERIFY(!relay.outlet.lastFailure);
        QCOMPARE(waitFor(relay.store->expireMail(kNow + std::chrono::hours(24), 100))->size(), std::size_t(2));
    }

    void aDamagedAccountIsItsOwnTrouble()
    {
        Relay relay;
        const auto other = makeAccount(*relay.store, 2, 21);
        damage(relay, "UPDATE account SET token_hash = x'00' WHERE id = 1");
        auto broken = relay.store->loadAccount(accountId(1));
        auto writing = relay.store->putProfile(other.key, "profile");
        QCOMPARE(waitFor(std::move(broken)).error().code, ErrorCode::Corrupt);
        QVERIFY(waitFor(std::move(writing))); // in the same batch
        QCOMPARE(*waitFor(relay.store->readProfile(other.key)), Bytes("profile"));
    }

    void callsOvertakeAndStatusGoesLast()
    {
        Relay relay;
        MailBatch batch;
        batch.rows = {row(relay.first, 1, wire::MailClass::Status),
                      row(relay.first, 2),
                      row(relay.first, 3),
                      row(relay.first, 4, wire::MailClass::Call),
                      row(relay.first, 5, wire::MailClass::Receipt),
                      row(relay.second, 1)};
        relay.outlet.give(*relay.store, batch);
        const std::vector<std::uint64_t> expected{4, 2, 3, 5, 1};
        QVERIFY(seqs(relay.read(relay.first)) == expected);
        const std::vector<std::uint64_t> rest{3, 5, 1};
        QVERIFY(seqs(relay.read(relay.first, {4, 2, 0})) == rest);
        const std::vector<std::uint64_t> page{4, 2};
        QVERIFY(seqs(relay.read(relay.first, {}, 2)) == page);
        QCOMPARE(relay.read(relay.first)[1].ciphertext, Bytes("text 2"));
        QCOMPARE(relay.counters(0).rows, 3);
        QCOMPARE(relay.counters(0).smallRows, 2);
    }

    void aPageEndsAtItsBytesButHasOne()
    {
        Relay relay;
        MailBatch batch;
        batch.rows = {row(relay.first, 1), row(relay.first, 2)};
        relay.outlet.give(*relay.store, batch);
        QCOMPARE(relay.read(relay.first, {}, 64, 1).size(), std::size_t(1));
    }

    void expiredMailIsNotRead()
    {
        Relay relay;
        MailBatch batch;
        batch.rows = {row(relay.first, 1)};
        relay.outlet.give(*relay.store, batch);
        QCOMPARE(relay.read(relay.first, {}, 64, 1000, kNow + std::chrono::hours(1)).size(), std::size_t(0));
        const auto freed = waitFor(relay.store->expireMail(kNow + std::chrono::hours(1), 10));
        QVERIFY(freed);
        QCOMPARE(freed->size(), std::size_t(1));
        QCOMPARE(relay.counters(0).rows, 0);
        QCOMPARE(relay.counters(0).bytes, 0);
    }

    void aSharedPayloadGoesWithItsLastCopy()
    {
        Relay relay;
        MailBatch batch;
        batch.payloads = {Bytes(5000, 'P')};
        batch.rows = {row(relay.first, 1, wire::MailClass::Message, 0),
                      row(relay.second, 1, wire::MailClass::Message, 0)};
        relay.outlet.give(*relay.store, batch);
        QCOMPARE(relay.read(relay.first)[0].payload, Bytes(5000, 'P'));
        MailBatch acked;
        acked.acks = {{relay.first, 1}};
        relay.outlet.give(*relay.store, acked);
        QVERIFY(relay.read(relay.first).empty());
        QCOMPARE(relay.read(relay.second)[0].payload, Bytes(5000, 'P'));
        QVERIFY(relay.counters(1).bytes > 5000);
        acked.acks = {{relay.second, 1}, {relay.second, 77}};
        relay.outlet.give(*relay.store, acked);
        QVERIFY(relay.read(relay.second).empty());
        QCOMPARE(relay.counters(1).bytes, 0);
        QCOMPARE(relay.outlet.allFreed.size(), std::size_t(2));
    }

    void T194_acknowledgedMailLeavesNoBytesBehind()
    {
        Relay relay;
        MailBatch batch;
        batch.payloads = {Bytes("MARKER-of-a-payload").repeated(300)};
        batch.rows = {row(relay.first, 1, wire::MailClass::Message, 0)};
        batch.rows[0].envelope.ciphertext = "MARKER-of-a-ciphertext";
        batch.rows[0].envelope.sealedSender = "MARKER-of-a-sender";
        relay.outlet.give(*relay.store, batch);
        QCOMPARE(relay.read(relay.first).size(), std::size_t(1));
        QVERIFY(relay.diskContent().contains("MARKER")); // the search finds what is there
        MailBatch acked;
        acked.acks = {{relay.first, 1}};
        relay.outlet.give(*relay.store, acked);
        QVERIFY(relay.read(relay.first).empty());
        QVERIFY(waitFor(relay.store->scrub()));
        QVERIFY(!relay.diskContent().contains("MARKER"));
    }

    void aRevokedDevicesQueueIsGone()
    {
        Relay relay;
        MailBatch batch;
        batch.payloads = {Bytes(5000, 'P')};
        batch.rows = {row(relay.first, 1, wire::MailClass::Message, 0),
                      row(relay.second, 1, wire::MailClass::Message, 0)};
        relay.outlet.give(*relay.store, batch);
        QVERIFY(waitFor(relay.store->appendLog(
            {relay.accountKey, relay.logVersion, entry("revoke"), std::nullopt, {deviceId(11)}, false, {}}, kNow)));
        QVERIFY(relay.read(relay.first).empty());
        QCOMPARE(relay.read(relay.second)[0].payload, Bytes(5000, 'P'));
        QCOMPARE(relay.counters(0).bytes, 0);
    }

    void repeatedSubmitsAreKnownUntilTheirDayIsOver()
    {
        Relay relay;
        MailBatch batch;
        batch.repeats = {{{100, hash(1)}, kNow, kNow + Milliseconds(5)}};
        relay.outlet.give(*relay.store, batch);
        QVERIFY(relay.read(relay.first).empty());
        const auto found = waitFor(relay.store->findRepeat({{101, hash(1)}, {100, hash(1)}}));
        QVERIFY(found && *found);
        QVERIFY((*found)->keptUntil == kNow + Milliseconds(5));
        QCOMPARE(*waitFor(relay.store->expireRepeats(101, 10)), 1);
        QVERIFY(!*waitFor(relay.store->findRepeat({{100, hash(1)}})));
    }

    void countersSurviveARestart()
    {
        Relay relay;
        MailBatch batch;
        batch.rows = {row(relay.first, 7)};
        batch.devices = {{relay.first, 8, 6, 5, 4, kNow}};
        relay.outlet.give(*relay.store, batch);
        QCOMPARE(relay.read(relay.first).size(), std::size_t(1));
        relay.restart();
        const DeviceCounters counters = relay.counters(0);
        QCOMPARE(counters.nextSeq, 8u);
        QCOMPARE(counters.lastAckedSeq, 6u);
        QCOMPARE(counters.lastSubmitSeq, 5u);
        QCOMPARE(counters.gapBeforeSeq, 4u);
        QCOMPARE(counters.rows, 1);
        QCOMPARE(relay.read(relay.first).size(), std::size_t(1));
    }
};

SOTTO_TEST(QueueRowsTest)
#include "queue_rows_test.moc"
