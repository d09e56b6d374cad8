#pragma once
#include "core/base/clock.h"

#include <algorithm>

namespace sotto {

/// The relay's word on when, kept between what the sender's and our own clock can mean (protocol 4 "Order"): it has no
/// reason to say more than 30 days before the sender's time, or after now.
inline Timestamp clampedSortTime(Timestamp relayTime, Timestamp clientTime, Timestamp now)
{
    constexpr Milliseconds kLongestDelay = std::chrono::hours(30 * 24);
    return std::clamp(relayTime, std::min(clientTime - kLongestDelay, now), now);
}

} // namespace sotto
