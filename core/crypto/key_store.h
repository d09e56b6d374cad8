#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/crypto/curve_key.h"
#include "core/primitives/secret_bytes.h"

#include <optional>
#include <vector>

// What the crypto core asks of its caller's database. Every function is called on the core thread, inside the caller's
// transaction, and answers at once. A failure stops the operation with CryptoError::StoreFailed; the caller then rolls
// its transaction back. Records are opaque; a store checks a hash over what it loads and answers Corrupt when it
// differs. Records hold keys: they are handed over as SecretBytes and belong in the encrypted database only.

namespace sotto {

/// One state per peer device: the ratchet and what the gates need to know about it.
class SessionStore {
public:
    virtual ~SessionStore() = default;
    /// The record stored last, nothing when there is none.
    virtual Result<std::optional<SecretBytes>> loadSession(const DeviceAddress &peer) = 0;
    /// Replaces the record; `now` is the row's time stamp.
    virtual Result<Done> storeSession(const DeviceAddress &peer, ByteView record, Timestamp now) = 0;
    /// Forgets the record; no error when there is none.
    virtual Result<Done> removeSession(const DeviceAddress &peer) = 0;
};

/// One-time prekeys: private halves that wait for the first message made with them.
class PreKeyStore {
public:
    virtual ~PreKeyStore() = default;
    virtual Result<std::optional<SecretBytes>> loadPreKey(std::uint32_t id) = 0;
    virtual Result<Done> storePreKey(std::uint32_t id, ByteView record, Timestamp madeAt) = 0;
    /// Destroys a private half; no error when there is none.
    virtual Result<Done> removePreKey(std::uint32_t id) = 0;
    virtual Result<int> countPreKeys() = 0;
    /// Destroys the private halves made before `limit`.
    virtual Result<Done> removePreKeysMadeBefore(Timestamp limit) = 0;
    /// Destroys the oldest private halves beyond `count`.
    virtual Result<Done> keepNewestPreKeys(int count) = 0;
};

/// What is known about a signed prekey of our own, without its private half.
struct SignedPreKeyRow {
    std::uint32_t id = 0;
    Timestamp madeAt;
    friend bool operator==(const SignedPreKeyRow &, const SignedPreKeyRow &) = default;
};

/// Signed prekeys: the current one and its predecessors for as long as mail made with them may be under way.
class SignedPreKeyStore {
public:
    virtual ~SignedPreKeyStore() = default;
    virtual Result<std::optional<SecretBytes>> loadSignedPreKey(std::uint32_t id) = 0;
    virtual Result<Done> storeSignedPreKey(std::uint32_t id, ByteView record, Timestamp madeAt) = 0;
    /// Destroys a private half; no error when there is none.
    virtual Result<Done> removeSignedPreKey(std::uint32_t id) = 0;
    /// All rows, oldest first.
    virtual Result<std::vector<SignedPreKeyRow>> signedPreKeys() = 0;
};

/// This device's own identity towards the ratchet.
struct LocalIdentity {
    CurveKeyPair identityKey;
    std::uint32_t registrationId = 0; ///< registrationIdOf(identityKey.publicKey), device_keys.h
};

/// Who we are, and whom the device logs say the others are. The pins come from verified device logs, never from a
/// message or bundle.
class IdentityStore {
public:
    virtual ~IdentityStore() = default;
    virtual Result<LocalIdentity> localIdentity() = 0;
    /// Whether `key` is the identity key that the pinned device log names for `peer`. False for a device it does not
    /// name or has revoked.
    virtual Result<bool> isTrusted(const DeviceAddress &peer, const CurvePublicKey &key) = 0;
    /// A session with this identity was built. Nothing to do where pins come from a log.
    virtual Result<Done> rememberIdentity(const DeviceAddress &peer, const CurvePublicKey &key) = 0;
    /// The registration id that signed data state for `peer`; nothing when there are none. Never from a message.
    virtual Result<std::optional<std::uint32_t>> registrationId(const DeviceAddress &peer) = 0;
};

/// Whose chain in which group.
struct SenderKeyName {
    GroupId group;
    DeviceAddress sender;
    friend auto operator<=>(const SenderKeyName &, const SenderKeyName &) = default;
    friend std::size_t qHash(const SenderKeyName &n, std::size_t seed = 0)
    {
        return qHashMulti(seed, n.group, n.sender);
    }
};

/// One state per (group, sending device).
class SenderKeyStore {
public:
    virtual ~SenderKeyStore() = default;
    virtual Result<std::optional<SecretBytes>> loadSenderKey(const SenderKeyName &name) = 0;
    virtual Result<Done> storeSenderKey(const SenderKeyName &name, ByteView record, Timestamp now) = 0;
    /// Forgets the record; no error when there is none.
    virtual Result<Done> removeSenderKey(const SenderKeyName &name) = 0;
};

/// Which sessions were built from received prekey messages, kept as long as the signed prekey that they used: without
/// this a replayed prekey message would build its session once more (security.md 0.8).
class TombstoneStore {
public:
    virtual ~TombstoneStore() = default;
    /// `baseKey` is a hash of the session's base key.
    virtual Result<bool> hasTombstone(const DeviceAddress &peer, const Hash256 &baseKey) = 0;
    virtual Result<Done> addTombstone(const DeviceAddress &peer, const Hash256 &baseKey, std::uint32_t signedPreKeyId,
                                      Timestamp now) = 0;
    /// Forgets what was built with a signed prekey that is now destroyed.
    virtual Result<Done> removeTombstonesOf(std::uint32_t signedPreKeyId) = 0;
};

/// The stores of one account, borrowed: they outlive what they are given to.
struct KeyStores {
    SessionStore &sessions;
    PreKeyStore &preKeys;
    SignedPreKeyStore &signedPreKeys;
    IdentityStore &identities;
    SenderKeyStore &senderKeys;
    TombstoneStore &tombstones;
};

} // namespace sotto
