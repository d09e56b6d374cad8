#include "core/net/request_error.h"

namespace sotto {

namespace {

ErrorCode generalCode(wire::RelayErrorCode code)
{
    using R = wire::RelayErrorCode;
    switch (code) {
    case R::Malformed: return ErrorCode::Malformed;
    case R::NotFound:
    case R::UnknownRecipient: return ErrorCode::NotFound;
    case R::Conflict:
    case R::HandleTaken: return ErrorCode::AlreadyExists;
    case R::RateLimited: return ErrorCode::RateLimited;
    case R::TooLarge: return ErrorCode::TooLarge;
    case R::NotAuthenticated:
    case R::NotPermitted: return ErrorCode::NotPermitted;
    case R::Unsupported: return ErrorCode::Unsupported;
    case R::TimedOut: return ErrorCode::TimedOut;
    case R::QueueFull:
    case R::RecipientAway:
    case R::Unavailable: return ErrorCode::Busy;
    case R::GoingDown:
    case R::Replaced: return ErrorCode::Offline;
    case R::Unspecified:
    case R::BadSignature:
    case R::InviteInvalid:
    case R::Revoked:
    case R::HelloExpired: return ErrorCode::Refused;
    }
    return ErrorCode::Refused;
}

} // namespace

Error RequestError::toError() const
{
    switch (kind) {
    case Kind::Offline: return {ErrorCode::Offline, QStringLiteral("no connection to the relay")};
    case Kind::TimedOut: return {ErrorCode::TimedOut, QStringLiteral("the relay did not answer in time")};
    case Kind::Busy: return {ErrorCode::Busy, QStringLiteral("too many requests are waiting")};
    case Kind::TooLarge: return {ErrorCode::TooLarge, QStringLiteral("the request is over the frame limit")};
    case Kind::Refused: return {generalCode(relay.code), QString::fromLatin1(wire::name(relay.code))};
    case Kind::Unexpected: return {ErrorCode::Refused, QStringLiteral("the relay gave an answer of another kind")};
    }
    return ErrorCode::Internal;
}

} // namespace sotto
