#include "core/messaging/outbox/retry_policy.h"

#include <algorithm>

namespace sotto {

Retry retryAfterRefusal(wire::RelayErrorCode code)
{
    switch (code) {
    // What the composer lets through fits the ordinary lane. The lane for strangers takes less, and that is where a
    // message goes until the recipient has accepted, or their new profile key has come.
    case wire::RelayErrorCode::TooLarge: return Retry::Later;
    // A relay that was restored from a backup does not know its newest members yet.
    case wire::RelayErrorCode::UnknownRecipient: return Retry::LaterToday;
    case wire::RelayErrorCode::NotPermitted:
    case wire::RelayErrorCode::Malformed:
    case wire::RelayErrorCode::Unsupported: return Retry::Never;
    case wire::RelayErrorCode::NotAuthenticated:
    case wire::RelayErrorCode::Replaced:
    case wire::RelayErrorCode::Revoked:
    case wire::RelayErrorCode::GoingDown: return Retry::WhenOnline;
    default: return Retry::Later;
    }
}

Retry retryAfterError(const RequestError &error)
{
    switch (error.kind) {
    case RequestError::Kind::Offline: return Retry::WhenOnline;
    case RequestError::Kind::TooLarge: return Retry::Never;
    case RequestError::Kind::Refused: return retryAfterRefusal(error.relay.code);
    case RequestError::Kind::TimedOut:
    case RequestError::Kind::Busy:
    case RequestError::Kind::Unexpected: return Retry::Later;
    }
    return Retry::Later;
}

Milliseconds retryDelay(int attempts, std::uint64_t relayAsksMs)
{
    constexpr Milliseconds kFirst = std::chrono::seconds(5);
    constexpr Milliseconds kLongest = std::chrono::minutes(10);
    const Milliseconds doubled = kFirst * (std::int64_t(1) << std::clamp(attempts - 1, 0, 10));
    const Milliseconds asked(std::int64_t(std::min(relayAsksMs, std::uint64_t(kLongest.count()))));
    return std::max(std::min(doubled, kLongest), asked);
}

} // namespace sotto
