#include "server/handlers/refusals.h"

namespace sotto::relay {

namespace {
wire::RelayErrorCode codeOf(LedgerError error)
{
    switch (error) {
    case LedgerError::BadSignature:
    case LedgerError::BadProof: return wire::RelayErrorCode::BadSignature;
    case LedgerError::NotDescendant:
    case LedgerError::WrongEpoch: return wire::RelayErrorCode::Conflict;
    case LedgerError::TooLarge: return wire::RelayErrorCode::TooLarge;
    case LedgerError::UnknownActor:
    case LedgerError::TooManyDevices:
    case LedgerError::RecoveryPending:
    case LedgerError::Closed:
    case LedgerError::WrongAccount: return wire::RelayErrorCode::NotPermitted;
    default: return wire::RelayErrorCode::Malformed;
    }
}
} // namespace

Reply refusedBecause(LedgerError error) { return Reply::refused(codeOf(error), QString::fromLatin1(name(error))); }

} // namespace sotto::relay
