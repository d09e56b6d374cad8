#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"

namespace sotto {

/// A receipt waits 1 to 5 s, at random, so that its time says nothing about its reader (security.md B3).
inline constexpr Milliseconds kShortestReceiptWait{1000};
inline constexpr Milliseconds kLongestReceiptWait{5000};
/// How long the other own desktops leave the first one in log order to answer.
inline constexpr Milliseconds kSiblingWait{15'000};

/// A fresh waiting time; RandomFailed.
inline Result<Milliseconds> receiptJitter(Random &random)
{
    const auto draw = random.below(std::uint64_t((kLongestReceiptWait - kShortestReceiptWait).count()) + 1);
    if (!draw)
        return draw.error();
    return kShortestReceiptWait + Milliseconds(std::int64_t(*draw));
}

} // namespace sotto
