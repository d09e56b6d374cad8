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

/// What the relay's refusal means to a person; its own words are not shown.
QString sentence(wire::RelayErrorCode code)
{
    using R = wire::RelayErrorCode;
    switch (code) {
    case R::InviteInvalid:
        return QStringLiteral(
            "the relay does not take this invite: it was used, or it is too old; ask for a fresh one");
    case R::HandleTaken: return QStringLiteral("somebody has this handle; choose another");
    case R::RateLimited: return QStringLiteral("the relay asks to wait before the next try");
    case R::QueueFull: return QStringLiteral("the other side's queue is full until they come online");
    case R::RecipientAway:
        return QStringLiteral("the other side has been away too long; the relay keeps no mail for them");
    case R::UnknownRecipient: return QStringLiteral("the relay does not know this person");
    case R::NotPermitted: return QStringLiteral("the relay does not permit this");
    case R::Unavailable: return QStringLiteral("the relay cannot do it now; try again later");
    case R::GoingDown: return QStringLiteral("the relay is restarting; try again");
    case R::Revoked: return QStringLiteral("this device was removed from the account");
    case R::HelloExpired:
        return QStringLiteral("the relay's clock and this computer's differ too much; set the one that is wrong");
    case R::Unsupported: return QStringLiteral("the relay cannot do this; it may need an update");
    default: return QStringLiteral("the relay refuses it: %1").arg(QLatin1String(wire::name(code)));
    }
}

} // namespace

Error RequestError::toError() const
{
    switch (kind) {
    case Kind::Offline: return {ErrorCode::Offline, QStringLiteral("no connection to the relay")};
    case Kind::TimedOut: return {ErrorCode::TimedOut, QStringLiteral("the relay did not answer in time")};
    case Kind::Busy: return {ErrorCode::Busy, QStringLiteral("too many requests are waiting")};
    case Kind::TooLarge: return {ErrorCode::TooLarge, QStringLiteral("the request is over the frame limit")};
    case Kind::Refused: return {generalCode(relay.code), sentence(relay.code)};
    case Kind::Unexpected: return {ErrorCode::Refused, QStringLiteral("the relay gave an answer of another kind")};
    }
    return ErrorCode::Internal;
}

} // namespace sotto
