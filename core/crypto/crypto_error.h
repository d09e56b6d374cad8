#pragma once

namespace sotto {

/// Why the crypto core refuses. Nothing of a refused operation is kept, except where the caller's own transaction must
/// be rolled back (StoreFailed).
enum class CryptoError {
    Duplicate,         ///< the ratchet has used this message's key. Answered before its MAC is checked: never trust it
    InvalidKey,        ///< a public key or signature has a wrong shape or does not verify
    InvalidKeyId,      ///< a prekey we do not have (any more)
    InvalidMessage,    ///< the MAC or signature is wrong, or the content is not what it claims to be
    InvalidVersion,    ///< made by a newer version of the protocol
    Legacy,            ///< made by a version that is not spoken any more
    NoSession,         ///< there is no session or chain: fetch a bundle or ask for a distribution
    UntrustedIdentity, ///< the identity key is not the one in the device log
    InvalidProtobuf,   ///< bytes that do not decode
    InvalidArgument,   ///< the caller asked for something that cannot be
    NeedsRetry,        ///< the gate in front of the ratchet refused the jump: ask the sender to encrypt again
    ReplayedPreKeyMessage, ///< a session with this base key was already built and is gone
    StoreFailed,           ///< a store did not answer: roll the transaction back
    CorruptRecord,         ///< the stored session with this peer is broken: remove it, a new one can be built
    RandomFailed,          ///< the random source gave nothing; no key or nonce was made
    OutOfMemory,           ///< the library got no memory: the same call can work later
    Other,                 ///< anything else
};

/// Stable lower-case name of an error, for logs.
const char *name(CryptoError error);

} // namespace sotto
