// Every frame that decodes encodes to bytes that decode to the same frame.
#include "core/wire/frame.h"

#include <cstdlib>

using namespace sotto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, qsizetype(size));
    if (const auto frame = wire::decodeFrame(bytes)) {
        const auto again = wire::decodeFrame(wire::encode(*frame));
        if (!again || !(*again == *frame))
            std::abort();
    }
    if (const auto hello = wire::decodeHello(bytes)) {
        const auto again = wire::decodeHello(wire::encode(*hello));
        if (!again || !(*again == *hello))
            std::abort();
    }
    if (const auto info = wire::decodeRelayInfo(bytes)) {
        const auto again = wire::decodeRelayInfo(wire::encode(*info));
        if (!again || !(*again == *info))
            std::abort();
    }
    if (const auto submit = wire::decodeSubmit(bytes)) {
        const auto again = wire::decodeSubmit(wire::encode(*submit));
        if (!again || !(*again == *submit))
            std::abort();
    }
    return 0;
}
