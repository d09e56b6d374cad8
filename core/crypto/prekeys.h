#pragma once
#include "core/crypto/crypto_core.h"
#include "core/crypto/key_store.h"

#include <functional>

namespace sotto {

/// One-time prekeys that a device keeps at the relay, and when it makes new ones (protocol.md 5).
inline constexpr int kOneTimePreKeysKept = 100;
inline constexpr int kOneTimePreKeysLow = 30;
/// Private halves that are kept at most.
inline constexpr int kMaxOneTimePreKeys = 1000;
/// Age at which the signed prekey is replaced, and how long its private half lives after replacement.
inline constexpr Milliseconds kSignedPreKeyLife = std::chrono::hours(7 * 24);
inline constexpr Milliseconds kPrivateHalfLife = std::chrono::hours(60 * 24);
/// How long the private half of a one-time prekey lives that nobody used. A relay hands the public half out for 30 days
/// after its upload, and what it was used for may wait for 30 more.
inline constexpr Milliseconds kOneTimePrivateHalfLife = std::chrono::hours(90 * 24);

/// Public half of a signed prekey.
struct SignedPreKey {
    std::uint32_t id = 0;
    CurvePublicKey publicKey;
    Bytes signature; ///< 64 bytes, XEdDSA by IK over the 33 bytes of publicKey
    Timestamp madeAt;
};

/// Public half of a one-time prekey.
struct OneTimePreKey {
    std::uint32_t id = 0;
    CurvePublicKey publicKey;
};

/// Makes, keeps and destroys the prekeys of one device. Core thread, inside the caller's transaction. Ids are random
/// 24-bit numbers that are not in use, never 0 and never 0xFFFFFF (security.md A1.4-10).
class PreKeys {
public:
    /// Signs the public half of a one-time prekey with the device signing key (core/ledger has the structure).
    using Sign = std::function<Result<Done, CryptoError>(const OneTimePreKey &)>;

    /// `core` and the stores outlive the object.
    PreKeys(CryptoCore &core, KeyStores stores);

    /// Makes and stores a signed prekey. RandomFailed, StoreFailed.
    Result<SignedPreKey, CryptoError> makeSignedPreKey();
    /// The public half of a stored signed prekey; InvalidKeyId when there is none.
    Result<SignedPreKey, CryptoError> signedPreKey(std::uint32_t id);
    /// The public half of a stored one-time prekey; InvalidKeyId when there is none.
    Result<OneTimePreKey, CryptoError> oneTimePreKey(std::uint32_t id);
    /// Makes and stores `count` (at most kMaxOneTimePreKeys) one-time prekeys and calls `sign` with each.
    Result<std::vector<OneTimePreKey>, CryptoError> makeOneTimePreKeys(int count, const Sign &sign);
    /// Destroys private halves that have served their time: one-time prekeys kOneTimePrivateHalfLife after they were
    /// made and beyond kMaxOneTimePreKeys, signed prekeys kPrivateHalfLife after their successor was made, with the
    /// tombstones of their sessions. Once a day is enough.
    Result<Done, CryptoError> destroyExpired();

    /// For crypto-agent: as above with a given id. InvalidArgument for 0, 0xFFFFFF and over.
    Result<SignedPreKey, CryptoError> makeSignedPreKeyWithId(std::uint32_t id);
    Result<OneTimePreKey, CryptoError> makeOneTimePreKeyWithId(std::uint32_t id);

private:
    CryptoCore &m_core;
    KeyStores m_stores;
};

} // namespace sotto
