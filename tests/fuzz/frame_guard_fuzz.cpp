// The relay's reader of WebSocket frames: however the stream is cut, its verdict and its count of whole frames are the
// same, and a stream that is refused stays refused.
#include "server/relay/frame_guard.h"

#include <cstdlib>

using namespace sotto;
using namespace sotto::relay;

namespace {
struct Outcome {
    FrameGuard::Verdict verdict = FrameGuard::Verdict::Fine;
    std::uint64_t completeBytes = 0;
    int messages = 0;
    int controlFrames = 0;
    friend bool operator==(const Outcome &, const Outcome &) = default;
};

Outcome read(ByteView bytes, qsizetype step)
{
    FrameGuard guard({4096, 8});
    Outcome outcome;
    for (qsizetype at = 0; at < bytes.size(); at += step) {
        const auto verdict = guard.take(bytes.sliced(at, std::min(step, bytes.size() - at)));
        if (outcome.verdict != FrameGuard::Verdict::Fine && verdict != outcome.verdict)
            std::abort();
        outcome.verdict = verdict;
    }
    outcome.completeBytes = guard.completeBytes();
    outcome.messages = guard.takeMessages();
    outcome.controlFrames = guard.takeControlFrames();
    if (outcome.completeBytes > std::uint64_t(bytes.size()))
        std::abort();
    return outcome;
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, qsizetype(size));
    const Outcome whole = read(bytes, std::max<qsizetype>(1, bytes.size()));
    if (read(bytes, 1) != whole || read(bytes, 5) != whole)
        std::abort();
    return 0;
}
