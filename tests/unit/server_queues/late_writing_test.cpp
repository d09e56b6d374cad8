#include "core/primitives/hash.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_queues/queue_fixture.h"

#include <QTest>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

namespace {

/// A store whose thread is the test: it takes mail and commits when told.
class HandCrankedStore final : public MailStore {
public:
    void attach(MailOutlet &given) override { outlet = &given; }
    void mailWaits(int items, qsizetype) override { waiting += items; }
    Task<Result<std::vector<wire::Envelope>>> readMail(DeviceKey, QueuePosition, int, qsizetype, Timestamp) override
    {
        return Task<Result<std::vector<wire::Envelope>>>::finished(std::vector<wire::Envelope>());
    }
    Task<Result<std::optional<RepeatRow>>> findRepeat(std::vector<RepeatKey> keys) override
    {
        ++repeatsAsked;
        for (const RepeatRow &row : knownRepeats) {
            for (const RepeatKey &key : keys) {
                if (key.hash == row.key.hash)
                    return Task<Result<std::optional<RepeatRow>>>::finished(std::optional(row));
            }
        }
        return Task<Result<std::optional<RepeatRow>>>::finished(std::optional<RepeatRow>());
    }
    Task<Result<std::vector<FreedMail>>> expireMail(Timestamp, int) override
    {
        return Task<Result<std::vector<FreedMail>>>::finished(std::vector<FreedMail>());
    }
    Task<Result<int>> expireRepeats(std::int64_t, int) override { return Task<Result<int>>::finished(0); }
    Task<Result<Done>> scrub() override { return Task<Result<Done>>::finished(Done{}); }

    MailOutlet *outlet = nullptr;
    int waiting = 0;
    int repeatsAsked = 0;
    std::vector<RepeatRow> knownRepeats;
};

struct Bench {
    Bench() : queues(store, clock, random, sink)
    {
        AccountRecord record{accountId(2), 2, false, 1, sha256(Bytes(16, 't')), std::nullopt, {}, {}};
        record.devices = {{deviceId(21), 21, true, Bytes(32, 'k'), clock.now(), {}},
                          {deviceId(22), 22, true, Bytes(32, 'k'), clock.now(), {}}};
        AccountRecord own{accountId(1), 1, false, 1, hash(1), std::nullopt, {}, {}};
        own.devices = {{deviceId(11), 11, true, Bytes(32, 'k'), clock.now(), {}}};
        queues.accountKnown(record);
        queues.accountKnown(own);
        bob = std::make_shared<const AccountRecord>(record);
    }
    Task<wire::SubmitReply> send(int number, Bytes token = Bytes(16, 't'))
    {
        wire::Submit submit{std::uint64_t(number), submitId(number), wire::MailClass::Message, 0, {}, {}};
        submit.targets.push_back({accountId(2),
                                  1,
                                  token,
                                  {{deviceId(21), wire::CopyKind::Signal, "sealed", "one"},
                                   {deviceId(22), wire::CopyKind::Signal, "sealed", "two"}}});
        return queues.submit({address(1, 11), submit, {bob}});
    }
    HandCrankedStore store;
    kit::FakeClock clock;
    kit::SeededRandom random;
    RecordingSink sink;
    MailQueues queues;
    FoundAccount bob;
};

void letAnswersLand() { QCoreApplication::processEvents(); }

} // namespace

class LateWritingTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsAcknowledgedBeforeItsBatchIsNeverWritten()
    {
        Bench bench;
        auto pending = bench.send(1);
        letAnswersLand();
        QVERIFY(!pending.isFinished());
        bench.queues.acknowledge(address(2, 21), std::vector<std::uint64_t>{1});
        letAnswersLand();
        QVERIFY(!pending.isFinished()); // the other copy is neither durable nor acknowledged
        bench.queues.acknowledge(address(2, 22), std::vector<std::uint64_t>{1});
        QTRY_VERIFY(pending.isFinished());
        QVERIFY(isAccepted(pending.result())); // before any commit
        const MailBatch batch = bench.store.outlet->takeMail();
        QVERIFY(batch.rows.empty());
        QVERIFY(batch.acks.empty());
        QVERIFY(batch.payloads.empty());
        bench.store.outlet->mailEnded(std::nullopt, {});
        QCOMPARE(bench.queues.numbers(address(2, 21)).lastAckedSeq, 1u);
    }

    void oneCopyIsWrittenAndTheAnswerWaitsForIt()
    {
        Bench bench;
        auto pending = bench.send(1);
        bench.queues.acknowledge(address(2, 21), std::vector<std::uint64_t>{1});
        const MailBatch batch = bench.store.outlet->takeMail();
        QCOMPARE(batch.rows.size(), std::size_t(1));
        QCOMPARE(batch.rows[0].device, DeviceKey(22));
        letAnswersLand();
        QVERIFY(!pending.isFinished());
        bench.store.outlet->mailEnded(std::nullopt, {});
        QTRY_VERIFY(pending.isFinished());
        QVERIFY(isAccepted(pending.result()));
    }

    void anAcknowledgementDuringTheWriteDeletesInTheNextBatch()
    {
        Bench bench;
        auto pending = bench.send(1);
        QCOMPARE(bench.store.outlet->takeMail().rows.size(), std::size_t(2));
        for (const int device : {21, 22})
            bench.queues.acknowledge(address(2, device), std::vector<std::uint64_t>{1});
        QTRY_VERIFY(pending.isFinished()); // acknowledged by all: no need to wait for the disk
        QVERIFY(isAccepted(pending.result()));
        bench.store.outlet->mailEnded(std::nullopt, {});
        const MailBatch next = bench.store.outlet->takeMail();
        QVERIFY(next.rows.empty());
        QCOMPARE(next.acks.size(), std::size_t(2));
        bench.store.outlet->mailEnded(std::nullopt, {{21, 1, wire::MailClass::Message, 9}});
        QCOMPARE(bench.queues.numbers(address(2, 21)).queued, 0u);
    }

    void aRefusalOfTheDiskIsNotCountedAgainstAStranger()
    {
        Bench bench;
        const Bytes noToken(16, 'x');
        for (int number = 1; number <= 6; ++number) {
            auto pending = bench.send(number, noToken);
            (void)bench.store.outlet->takeMail();
            bench.store.outlet->mailEnded(Error(ErrorCode::DiskFull), {});
            QTRY_VERIFY(pending.isFinished());
            QCOMPARE(codeOf(pending.result()), wire::RelayErrorCode::Unavailable);
        }
        for (int number = 11; number <= 13; ++number) {
            auto pending = bench.send(number, noToken);
            (void)bench.store.outlet->takeMail();
            bench.store.outlet->mailEnded(std::nullopt, {});
            QTRY_VERIFY(pending.isFinished());
            QVERIFY(isAccepted(pending.result()));
        }
        auto fourth = bench.send(14, noToken);
        QTRY_VERIFY(fourth.isFinished());
        QCOMPARE(codeOf(fourth.result()), wire::RelayErrorCode::RateLimited);
    }

    void T022_whenTheDiskRefusesNothingIsAcceptedAndARetryWorks()
    {
        Bench bench;
        auto pending = bench.send(1);
        (void)bench.store.outlet->takeMail();
        bench.store.outlet->mailEnded(Error(ErrorCode::DiskFull), {});
        QTRY_VERIFY(pending.isFinished());
        QVERIFY(codeOf(pending.result()) == wire::RelayErrorCode::Unavailable);
        QCOMPARE(bench.queues.numbers(address(2, 21)).queued, 0u);
        auto again = bench.send(1);
        QCOMPARE(bench.store.outlet->takeMail().rows.size(), std::size_t(2));
        bench.store.outlet->mailEnded(std::nullopt, {});
        QTRY_VERIFY(again.isFinished());
        QVERIFY(isAccepted(again.result()));
    }

    void acknowledgementsSurviveADiskThatRefuses()
    {
        Bench bench;
        auto pending = bench.send(1);
        (void)bench.store.outlet->takeMail();
        bench.store.outlet->mailEnded(std::nullopt, {});
        bench.queues.acknowledge(address(2, 21), std::vector<std::uint64_t>{1});
        QCOMPARE(bench.store.outlet->takeMail().acks.size(), std::size_t(1));
        bench.store.outlet->mailEnded(Error(ErrorCode::InputOutput), {});
        QCOMPARE(bench.store.outlet->takeMail().acks.size(), std::size_t(1));
    }

    void anOldSubmitIsLookedUpOnDiskANewOneIsNot()
    {
        Bench bench;
        auto newer = bench.send(5);
        QCOMPARE(bench.store.repeatsAsked, 0);
        const MailBatch batch = bench.store.outlet->takeMail();
        bench.store.outlet->mailEnded(std::nullopt, {});
        QTRY_VERIFY(newer.isFinished());
        QCOMPARE(batch.repeats.size(), std::size_t(1));
        auto older = bench.send(4);
        QCOMPARE(bench.store.repeatsAsked, 1);
        bench.store.knownRepeats = batch.repeats;
        auto same = bench.send(5);
        QTRY_VERIFY(same.isFinished()); // from memory
        QCOMPARE(bench.store.repeatsAsked, 1);
    }

    void aPayloadIsWrittenOnceForAllItsCopies()
    {
        Bench bench;
        wire::Submit submit{1, submitId(1), wire::MailClass::Message, 0, Bytes(2000, 'p'), {}};
        submit.targets.push_back({accountId(2),
                                  1,
                                  Bytes(16, 't'),
                                  {{deviceId(21), wire::CopyKind::Signal, "sealed", "one"},
                                   {deviceId(22), wire::CopyKind::Signal, "sealed", "two"}}});
        auto pending = bench.queues.submit({address(1, 11), submit, {bench.bob}});
        const MailBatch batch = bench.store.outlet->takeMail();
        QCOMPARE(batch.payloads.size(), std::size_t(1));
        QCOMPARE(batch.rows.size(), std::size_t(2));
        QCOMPARE(batch.rows[0].payload, 0);
        QCOMPARE(batch.rows[1].payload, 0);
        QVERIFY(batch.rows[0].envelope.payload.isEmpty());
        bench.store.outlet->mailEnded(std::nullopt, {});
    }

    void T194_theLastSubmitNumberIsWrittenOnlyByTheFlush()
    {
        Bench bench;
        auto pending = bench.send(7);
        for (const DeviceUpdate &device : bench.store.outlet->takeMail().devices) {
            QVERIFY(device.device != 11); // nothing of the sender in the transaction of its mail
            QCOMPARE(device.lastSubmitSeq, 0u);
        }
        bench.store.outlet->mailEnded(std::nullopt, {});
        bench.queues.flushCounters();
        const MailBatch flushed = bench.store.outlet->takeMail();
        QCOMPARE(flushed.devices.size(), std::size_t(1));
        QCOMPARE(flushed.devices[0].device, DeviceKey(11));
        QCOMPARE(flushed.devices[0].lastSubmitSeq, 7u);
        bench.store.outlet->mailEnded(std::nullopt, {});
    }
};

SOTTO_TEST(LateWritingTest)
#include "late_writing_test.moc"
