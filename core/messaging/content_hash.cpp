#include "core/messaging/content_hash.h"

#include "core/primitives/hash.h"

#include <QtEndian>

namespace sotto {

Hash256 contentHash(const MessageId &message, std::uint64_t counter, ByteView body)
{
    static constexpr char kPrefix[] = "sotto/v1/content"; // with its terminating zero
    const std::uint64_t bigEndian = qToBigEndian(counter);
    return blake2b256({ByteView(kPrefix, sizeof kPrefix), message.view(),
                       ByteView(reinterpret_cast<const char *>(&bigEndian), sizeof bigEndian), body});
}

} // namespace sotto
