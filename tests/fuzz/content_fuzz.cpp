// Everything that decodes encodes to bytes that decode to the same value.
#include "core/content/content.h"

#include <cstdlib>

using namespace sotto;

namespace {
template <class Decode> void roundTrip(ByteView bytes, Decode decode)
{
    const auto value = decode(bytes);
    if (!value)
        return;
    const auto again = decode(content::encode(*value));
    if (!again || !(*again == *value))
        std::abort();
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, qsizetype(size));
    roundTrip(bytes, [](ByteView b) { return content::decodeInner(b); });
    roundTrip(bytes, [](ByteView b) { return content::decodeBody(b); });
    roundTrip(bytes, [](ByteView b) { return content::decodeProfile(b); });
    roundTrip(bytes, [](ByteView b) { return content::decodeSealedContent(b); });
    roundTrip(bytes, [](ByteView b) { return content::decodeEphemeral(b); });
    roundTrip(bytes, [](ByteView b) { return content::decodeJoinOffer(b); });
    roundTrip(bytes, [](ByteView b) { return content::decodeJoinRequest(b); });
    roundTrip(bytes, [](ByteView b) { return content::decodeJoinAnswer(b); });
    return 0;
}
