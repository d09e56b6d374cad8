#pragma once
#include "core/base/ids.h"
#include "core/base/random.h"
#include "core/base/result.h"

namespace sotto {

/// A fresh id. The top bit of its first byte is 1 for content without a counter and for sealed copies, 0 for content
/// with one, so that of a frame that does not open it is known whether anything is missing. RandomFailed.
Result<MessageId> newMessageId(Random &random, bool isCounted);

/// What that bit says. The sender's tag vouches for the id, but nothing for the bit: a hint, no ground to refuse.
inline bool isCountedId(const MessageId &id) { return (id.bytes()[0] & 0x80) == 0; }

} // namespace sotto
