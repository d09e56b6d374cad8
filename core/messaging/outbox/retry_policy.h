#pragma once
#include "core/base/clock.h"
#include "core/net/request_error.h"

namespace sotto {

/// What becomes of an outbox entry that was not accepted.
enum class Retry {
    WhenOnline, ///< the line broke: as soon as it is back
    Later,      ///< the relay or the recipient cannot take it now
    LaterToday, ///< later, until it is kLastTry old; then never
    Never,      ///< refused for good; the person decides
};

/// How old an entry becomes that is tried LaterToday.
inline constexpr Milliseconds kLastTry = std::chrono::hours(6);

/// Judges the relay's refusal of a submit.
Retry retryAfterRefusal(wire::RelayErrorCode code);
/// Judges a request without an answer.
Retry retryAfterError(const RequestError &error);
/// How long to wait after `attempts` tries: 5 s, doubling to 10 min; at least what the relay asked for.
Milliseconds retryDelay(int attempts, std::uint64_t relayAsksMs);

} // namespace sotto
