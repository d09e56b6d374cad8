#include "core/wire/frame.h"

namespace sotto::wire {

const char *name(RelayErrorCode code)
{
    switch (code) {
    case RelayErrorCode::Unspecified: return "unspecified";
    case RelayErrorCode::Malformed: return "malformed";
    case RelayErrorCode::NotAuthenticated: return "not_authenticated";
    case RelayErrorCode::BadSignature: return "bad_signature";
    case RelayErrorCode::NotFound: return "not_found";
    case RelayErrorCode::Conflict: return "conflict";
    case RelayErrorCode::RateLimited: return "rate_limited";
    case RelayErrorCode::QueueFull: return "queue_full";
    case RelayErrorCode::RecipientAway: return "recipient_away";
    case RelayErrorCode::TooLarge: return "too_large";
    case RelayErrorCode::UnknownRecipient: return "unknown_recipient";
    case RelayErrorCode::InviteInvalid: return "invite_invalid";
    case RelayErrorCode::HandleTaken: return "handle_taken";
    case RelayErrorCode::Unavailable: return "unavailable";
    case RelayErrorCode::NotPermitted: return "not_permitted";
    case RelayErrorCode::Unsupported: return "unsupported";
    case RelayErrorCode::TimedOut: return "timed_out";
    case RelayErrorCode::Replaced: return "replaced";
    case RelayErrorCode::Revoked: return "revoked";
    case RelayErrorCode::GoingDown: return "going_down";
    case RelayErrorCode::HelloExpired: return "hello_expired";
    }
    return "unspecified";
}

} // namespace sotto::wire
