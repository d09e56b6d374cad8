#include "tests/unit/server_queues/queue_fixture.h"

#include "core/primitives/hash.h"

namespace sotto::relay::test {

QueueFixture::QueueFixture(QueueLimits given) : limits(given)
{
    const auto withTokens = [this](const AccountRecord &record, int number) {
        const auto set = waitFor(disk.store->setTokenHash(record.account, sha256(token(number)), kNow));
        if (!set)
            qFatal("no token");
    };
    withTokens(addDevice(*disk.store, makeAccount(*disk.store, 1, 11), 12), 1);
    withTokens(addDevice(*disk.store, makeAccount(*disk.store, 2, 21), 22), 2);
    withTokens(makeAccount(*disk.store, 3, 31), 3);
    open();
}

QueueFixture::~QueueFixture()
{
    disk.store.reset(); // asks the queues for their last mail
}

void QueueFixture::open()
{
    queues = std::make_unique<MailQueues>(*disk.store, clock, random, sink, limits);
    directory = std::make_unique<AccountDirectory>(*disk.store, *queues);
    for (int number = 1; number <= 3; ++number)
        account(number);
}

void QueueFixture::restart()
{
    settle();
    disk.store.reset();
    directory.reset();
    queues.reset();
    disk.restart();
    open();
}

FoundAccount QueueFixture::account(int number)
{
    const auto found = waitFor(directory->find(accountId(number)));
    return found ? *found : FoundAccount();
}

Bytes QueueFixture::token(int account) { return Bytes(16, char('a' + account)); }

wire::Submit QueueFixture::compose(const DeviceAddress &sender, std::vector<int> accounts, const Bytes &text)
{
    wire::Submit submit{nextSubmit, submitId(int(nextSubmit)), wire::MailClass::Message, 0, {}, {}};
    ++nextSubmit;
    for (const int number : accounts) {
        wire::Target target{accountId(number), 1, token(number), {}};
        for (const DeviceRecord &device : account(number)->devices) {
            if (device.active && DeviceAddress{accountId(number), device.device} != sender)
                target.copies.push_back({device.device, wire::CopyKind::Signal, "sealed", text});
        }
        submit.targets.push_back(target);
    }
    return submit;
}

Task<wire::SubmitReply> QueueFixture::send(DeviceAddress sender, wire::Submit submit)
{
    AddressedSubmit addressed{sender, submit, {}};
    for (const wire::Target &target : submit.targets)
        addressed.accounts.push_back(directory->known(target.account));
    return queues->submit(std::move(addressed));
}

wire::SubmitReply QueueFixture::sendAndWait(const DeviceAddress &sender, const wire::Submit &submit)
{
    return waitFor(send(sender, submit));
}

wire::SubmitReply QueueFixture::write(const DeviceAddress &sender, int to, const Bytes &text)
{
    return sendAndWait(sender, compose(sender, {to}, text));
}

std::vector<Bytes> QueueFixture::waiting(const DeviceAddress &device)
{
    const auto mail = waitFor(queues->read(device, {}, 10'000, 1 << 30));
    std::vector<Bytes> texts;
    for (const wire::Envelope &envelope : mail ? *mail : std::vector<wire::Envelope>())
        texts.push_back(envelope.ciphertext);
    return texts;
}

void QueueFixture::acknowledge(const DeviceAddress &device, std::vector<std::uint64_t> seqs)
{
    queues->acknowledge(device, seqs);
}

void QueueFixture::settle() { (void)waitFor(queues->read(address(1, 11), {}, 1, 1)); }

bool isAccepted(const wire::SubmitReply &reply) { return std::holds_alternative<wire::Accepted>(reply); }

wire::RelayErrorCode codeOf(const wire::SubmitReply &reply)
{
    const auto *const error = std::get_if<wire::RelayError>(&reply);
    return error ? error->code : wire::RelayErrorCode::Unspecified;
}

} // namespace sotto::relay::test
