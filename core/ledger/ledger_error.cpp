#include "core/ledger/ledger_error.h"

namespace sotto {

const char *name(LedgerError error)
{
    switch (error) {
    case LedgerError::Malformed: return "malformed";
    case LedgerError::TooLarge: return "too_large";
    case LedgerError::WrongAccount: return "wrong_account";
    case LedgerError::NotDescendant: return "not_descendant";
    case LedgerError::WrongEpoch: return "wrong_epoch";
    case LedgerError::UnknownActor: return "unknown_actor";
    case LedgerError::BadSignature: return "bad_signature";
    case LedgerError::BadProof: return "bad_proof";
    case LedgerError::BadKey: return "bad_key";
    case LedgerError::DeviceIdReused: return "device_id_reused";
    case LedgerError::TooManyDevices: return "too_many_devices";
    case LedgerError::UnknownDevice: return "unknown_device";
    case LedgerError::UnknownBase: return "unknown_base";
    case LedgerError::RecoveryPending: return "recovery_pending";
    case LedgerError::NothingPending: return "nothing_pending";
    case LedgerError::Closed: return "closed";
    case LedgerError::WrongTime: return "wrong_time";
    case LedgerError::WrongDevice: return "wrong_device";
    case LedgerError::Expired: return "expired";
    case LedgerError::Downgrade: return "downgrade";
    case LedgerError::RandomFailed: return "random_failed";
    }
    return "malformed";
}

} // namespace sotto
