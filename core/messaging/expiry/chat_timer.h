#pragma once
#include "core/model/conversation.h"

namespace sotto {

/// How far ahead of what is known here a timer of somebody else's may be: a chat has so many changes at most.
inline constexpr std::uint64_t kMaxTimerStep = 1000;

/// Whether a timer takes the place of the one that stands, whatever order they come in: the greater revision; of two
/// with one revision the shorter time, and any time before none.
bool replaces(const ChatTimer &change, const ChatTimer &standing);

/// Whether a timer that somebody else names can be one of this chat's.
bool isTimerStep(const ChatTimer &change, const ChatTimer &standing);

} // namespace sotto
