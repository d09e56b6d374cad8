#pragma once
#include "core/base/clock.h"
#include "core/base/result.h"

namespace sotto {

class Settings;

/// The time by which something is forgotten for good: the clock's, but it moves by at most kLongestAgeingStep in
/// every kAgeingStepEvery of the clock's, and a clock before kEarliestClock moves nothing. So a clock that is wrong for
/// some hours ends nothing that could not be had back, and after an absence it takes a while to catch up. Never later
/// than `now`. Inside the caller's transaction; the database's errors.
Result<Timestamp> ageingTime(Settings &settings, Timestamp now);

/// 2025-01-01: no clock that is right says less.
inline constexpr Timestamp kEarliestClock{1'735'689'600'000};
inline constexpr Milliseconds kAgeingStepEvery = std::chrono::hours(20);
inline constexpr Milliseconds kLongestAgeingStep = std::chrono::hours(48);

} // namespace sotto
