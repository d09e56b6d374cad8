#pragma once

namespace sotto {

/// Why a signed structure is refused.
enum class LedgerError {
    Malformed,     ///< not what its kind of body looks like, or from a newer version
    TooLarge,      ///< over the size or count limit
    WrongAccount,  ///< of another account than expected
    NotDescendant, ///< does not follow the head or the pin: stale, forked or out of order
    WrongEpoch,
    UnknownActor, ///< signed in the name of a device that is not active
    BadSignature,
    BadProof, ///< a new key did not sign, or not this
    BadKey,   ///< a key of the wrong type or of small order
    DeviceIdReused,
    TooManyDevices,
    UnknownDevice,   ///< revokes or names a device that is not active
    UnknownBase,     ///< recover from a version that never was
    RecoveryPending, ///< the new recovery kit is not valid yet; may be right later
    NothingPending,  ///< withdraws a kit that nobody set
    Closed,          ///< the account is deleted
    WrongTime,       ///< an entry dated far from the relay's clock
    WrongDevice,     ///< a bundle of another device, or with other keys than the log's
    Expired,
    Downgrade,    ///< fewer suites than the log promises
    RandomFailed, ///< our own signature could not be made
};

/// Stable lower-case name, for logs and JSON.
const char *name(LedgerError error);

} // namespace sotto
