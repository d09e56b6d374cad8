// queue_helper FILE ROUND WRITEPOINT  queues messages for account 2 of the store in FILE and has device 21 acknowledge
//                                     every second one; prints "A text" when a message was accepted and "K text" before
//                                     it is acknowledged; is killed before the WRITEPOINT-th write (0: not at all)
#include "tests/kit/fake_clock.h"
#include "tests/kit/fault_vfs.h"
#include "tests/kit/seeded_random.h"
#include "tests/unit/server_queues/queue_fixture.h"

#include <QCoreApplication>
#include <cstdio>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

namespace {

constexpr int kMessages = 12;

void say(char what, const Bytes &text)
{
    std::printf("%c %s\n", what, text.constData());
    std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.size() != 4)
        return 2;
    const int round = arguments[2].toInt();
    kit::FaultVfs disk;
    kit::FakeClock clock;
    kit::SeededRandom random{std::uint64_t(round)};
    RecordingSink sink;
    auto opened = EmbeddedStore::open(arguments[1]);
    if (!opened)
        return 3;
    MailQueues queues(**opened, clock, random, sink);
    AccountDirectory directory(**opened, queues);
    const auto bob = waitFor(directory.find(accountId(2)));
    if (!bob || !*bob)
        return 4;
    sink.connected = {address(2, 21)};
    if (arguments[3].toInt() > 0)
        disk.failWriteAfter(arguments[3].toInt(), kit::Fault::Kill);
    for (int i = 0; i < kMessages; ++i) {
        const Bytes text = "message-" + Bytes::number(round) + "-" + Bytes::number(i);
        wire::Submit submit{
            std::uint64_t(i + 1), submitId(1000 * round + i), wire::MailClass::Message, 0, Bytes(2000, 'P'), {}};
        submit.targets.push_back({accountId(2),
                                  1,
                                  QueueFixture::token(2),
                                  {{deviceId(21), wire::CopyKind::Signal, "sealed", text},
                                   {deviceId(22), wire::CopyKind::Signal, "sealed", text}}});
        auto pending = queues.submit({address(1, 11), submit, {*bob}});
        if (i % 2 == 0) {
            say('K', text);
            const std::vector<std::uint64_t> seqs{sink.delivered[address(2, 21)].back().seq};
            queues.acknowledge(address(2, 21), seqs);
        }
        if (isAccepted(waitFor(std::move(pending))))
            say('A', text);
    }
    opened->reset();
    return 0;
}
