#include "core/messaging/message_ids.h"

namespace sotto {

Result<MessageId> newMessageId(Random &random, bool isCounted)
{
    const auto drawn = random.id<MessageId>();
    if (!drawn)
        return drawn.error();
    auto bytes = drawn->bytes();
    bytes[0] = std::uint8_t(isCounted ? bytes[0] & 0x7f : bytes[0] | 0x80);
    return MessageId(bytes);
}

} // namespace sotto
