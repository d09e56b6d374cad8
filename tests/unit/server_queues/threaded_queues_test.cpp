#include "tests/kit/test_main.h"
#include "tests/unit/server_queues/queue_fixture.h"

#include <QTest>
#include <QThread>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

namespace {

/// A device that acknowledges every second message as soon as it gets it, from the sender's own thread.
class HastySink final : public MailSink {
public:
    bool deliver(const DeviceAddress &device, const wire::Envelope &envelope) override
    {
        const std::lock_guard lock(m_mutex);
        if (envelope.seq % 2 == 0)
            m_received[device].push_back(envelope.seq);
        return true;
    }
    std::vector<std::uint64_t> take(const DeviceAddress &device)
    {
        const std::lock_guard lock(m_mutex);
        return std::exchange(m_received[device], {});
    }

private:
    std::mutex m_mutex;
    std::map<DeviceAddress, std::vector<std::uint64_t>> m_received;
};

} // namespace

class ThreadedQueuesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void sendersAndReadersOnManyThreads()
    {
        QueueFixture relay;
        HastySink sink;
        relay.queues = std::make_unique<MailQueues>(*relay.disk.store, relay.clock, relay.random, sink);
        relay.directory = std::make_unique<AccountDirectory>(*relay.disk.store, *relay.queues);
        for (int number = 1; number <= 3; ++number)
            QVERIFY(relay.account(number));
        constexpr int kThreads = 3;
        constexpr int kEach = 200;
        const DeviceAddress reader = address(3, 31);
        std::atomic<int> accepted{0};
        std::vector<std::unique_ptr<QThread>> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back(QThread::create([&, t] {
                QEventLoop loop;
                loop.processEvents();
                const DeviceAddress sender = t == 0 ? address(1, 11) : t == 1 ? address(1, 12) : address(2, 21);
                for (int i = 0; i < kEach; ++i) {
                    wire::Submit submit{
                        std::uint64_t(i + 1), submitId(1000 + t * kEach + i), wire::MailClass::Message, 0, {}, {}};
                    submit.targets.push_back({accountId(3),
                                              1,
                                              QueueFixture::token(3),
                                              {{deviceId(31), wire::CopyKind::Signal, "sealed", "text"}}});
                    AddressedSubmit addressed{sender, submit, {relay.directory->known(accountId(3))}};
                    auto pending = relay.queues->submit(std::move(addressed));
                    relay.queues->acknowledge(reader, sink.take(reader));
                    accepted += isAccepted(waitFor(std::move(pending))) ? 1 : 0;
                }
            }));
            threads.back()->start();
        }
        for (const auto &thread : threads)
            QVERIFY(thread->wait(60'000));
        relay.queues->acknowledge(reader, sink.take(reader));
        QCOMPARE(accepted.load(), kThreads * kEach);
        const auto left = waitFor(relay.queues->read(reader, {}, 10'000, 1 << 30));
        QVERIFY(left);
        QCOMPARE(left->size(), std::size_t(kThreads * kEach / 2));
        for (std::size_t i = 0; i < left->size(); ++i)
            QCOMPARE((*left)[i].seq, std::uint64_t(2 * i + 1));
        QCOMPARE(relay.queues->numbers(reader).queued, std::uint64_t(kThreads * kEach / 2));
        relay.disk.store.reset();
    }
};

SOTTO_TEST(ThreadedQueuesTest)
#include "threaded_queues_test.moc"
