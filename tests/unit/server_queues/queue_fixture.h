#pragma once
#include "server/queues/mail_queues.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/seeded_random.h"
#include "tests/unit/server_store/store_fixtures.h"

#include <set>

namespace sotto::relay::test {

/// What reached connected devices.
class RecordingSink final : public MailSink {
public:
    bool deliver(const DeviceAddress &device, const wire::Envelope &envelope) override
    {
        const std::lock_guard lock(m_mutex);
        if (!connected.contains(device))
            return false;
        delivered[device].push_back(envelope);
        return true;
    }
    std::set<DeviceAddress> connected;
    std::map<DeviceAddress, std::vector<wire::Envelope>> delivered;

private:
    std::mutex m_mutex;
};

/// Queues over a store on disk. Accounts 1 (devices 11, 12), 2 (21, 22) and 3 (31) exist; everybody's delivery token is
/// token(account).
struct QueueFixture {
    explicit QueueFixture(QueueLimits limits = QueueLimits());
    ~QueueFixture();
    /// The relay dies and starts again: memory is gone, the disk stays.
    void restart();
    void open();
    FoundAccount account(int number);

    static Bytes token(int account);
    /// A submit of `text` to all of `targets` with one copy for each device but the sender's; tokens are right.
    wire::Submit compose(const DeviceAddress &sender, std::vector<int> accounts, const Bytes &text);
    Task<wire::SubmitReply> send(DeviceAddress sender, wire::Submit submit);
    wire::SubmitReply sendAndWait(const DeviceAddress &sender, const wire::Submit &submit);
    wire::SubmitReply write(const DeviceAddress &sender, int to, const Bytes &text);
    /// All texts that wait for a device, in delivery order.
    std::vector<Bytes> waiting(const DeviceAddress &device);
    void acknowledge(const DeviceAddress &device, std::vector<std::uint64_t> seqs);
    /// Waits until nothing is on its way to the disk.
    void settle();

    QueueLimits limits;
    kit::FakeClock clock;
    kit::SeededRandom random;
    RecordingSink sink;
    StoreOnDisk disk;
    std::unique_ptr<MailQueues> queues;
    std::unique_ptr<AccountDirectory> directory;
    std::uint64_t nextSubmit = 1;
};

bool isAccepted(const wire::SubmitReply &reply);
/// The refusal's code; Unspecified when it was accepted.
wire::RelayErrorCode codeOf(const wire::SubmitReply &reply);

} // namespace sotto::relay::test
