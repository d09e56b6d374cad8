#pragma once
#include "core/base/bytes.h"
#include "core/base/ids.h"

namespace sotto {

/// What the next message of a stream names as its predecessor: BLAKE2b-256("sotto/v1/content\0" || message || counter
/// (8 bytes, big endian) || encoded body). Both sides compute it from what they stored or opened.
Hash256 contentHash(const MessageId &message, std::uint64_t counter, ByteView body);

} // namespace sotto
