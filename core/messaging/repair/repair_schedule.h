#pragma once
#include "core/base/clock.h"
#include "core/storage/repair_repository.h"
#include "core/storage/stream_repository.h"

namespace sotto {

/// How many requests wait unanswered before frames of a device are only counted.
inline constexpr std::int64_t kMaxOpenRepairs = 100;
/// Ranges of missing counters that a stream has; beyond, the oldest is given up.
inline constexpr std::int64_t kMaxGapsOfStream = 1000;
/// Of one jump so many counters are asked for, the newest.
inline constexpr std::uint64_t kMaxJumpCounters = 2000;
/// What stays open so long is given up: nothing is kept to be sent again by then.
inline constexpr Milliseconds kRepairLife = std::chrono::hours(37 * 24);
/// After this the person is told that messages may be lost. Asking goes on.
inline constexpr Milliseconds kGapPatience = std::chrono::hours(24);
/// Frames are asked for before gaps: their answers may close those.
inline constexpr Milliseconds kFreshRepair = std::chrono::minutes(2);

/// A frame that was asked for so often, without anything missing in its stream, was one of those that came another way:
/// played again, or late. Were it missing after all, its counter would show that.
inline constexpr int kTriesOfReplayed = 3;
/// What the last of those has to answer.
inline constexpr Milliseconds kAnswerPatience = std::chrono::minutes(10);

/// 1 to 5 s after a frame did not open, as its own id says, so that the time needs no place; then 1 min, 10 min, 1 h
/// and 6 h after the request before, then daily. What was noted later than `now`, by a clock that was wrong, is due.
Timestamp nextRequest(const Repair &repair, Timestamp now);
/// 60 s after a gap was noticed and the relay has sent all that it had; then as above. `drainedAt` is when it last had.
Timestamp nextRequest(const Gap &gap, Timestamp drainedAt, Timestamp now);

} // namespace sotto
