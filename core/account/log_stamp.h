#pragma once
#include "core/base/clock.h"
#include "core/base/result.h"

#include <optional>

namespace sotto {

/// How far the relay's clock and this computer's may be apart when a device log entry is signed. An entry is for good,
/// so that neither a lying relay nor a wrong clock here may date it.
inline constexpr std::chrono::hours kLogStampTolerance{24};

/// The time to write into an entry of a device log (decision 0110): the relay's, so that small errors of this
/// computer's clock do not matter, and not before that of the log's `newest` entry, which raises it by at most
/// kLogStampTolerance. Refused, with a detail for the person, when the two clocks are further apart (LogStampClock).
/// Any thread.
Result<Timestamp> logStamp(Timestamp relayNow, Timestamp ownNow, std::optional<Timestamp> newest);

} // namespace sotto
