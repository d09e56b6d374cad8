#include "core/messaging/repair/repair_schedule.h"

#include <algorithm>
#include <array>

namespace sotto {

namespace {

using namespace std::chrono_literals;

constexpr std::array<Milliseconds, 5> kSteps{1min, 10min, 1h, 6h, 24h};
constexpr Milliseconds kFirstGapRequest = 60s;
constexpr std::int64_t kShortestWaitMs = 1000;
constexpr std::int64_t kWaitSpanMs = 4001;

/// When to ask again after `tries` requests, at least one.
Milliseconds stepAfter(int tries) { return kSteps[std::min(std::size_t(tries), kSteps.size()) - 1]; }

} // namespace

Timestamp nextRequest(const Repair &repair, Timestamp now)
{
    if (repair.askedAt && repair.tries > 0)
        return *repair.askedAt > now ? now : *repair.askedAt + stepAfter(repair.tries);
    if (repair.noticedAt > now)
        return now; // noted by a clock that was wrong
    const auto &id = repair.message.bytes();
    const std::int64_t drawn = (std::int64_t(id[14]) << 8) | id[15];
    return repair.noticedAt + Milliseconds(kShortestWaitMs + drawn % kWaitSpanMs);
}

Timestamp nextRequest(const Gap &gap, Timestamp drainedAt, Timestamp now)
{
    if (gap.askedAt && *gap.askedAt > now)
        return now;
    if (gap.askedAt && gap.tries > 0)
        return *gap.askedAt + stepAfter(gap.tries);
    return (gap.noticedAt > now ? drainedAt : std::max(gap.noticedAt, drainedAt)) + kFirstGapRequest;
}

} // namespace sotto
