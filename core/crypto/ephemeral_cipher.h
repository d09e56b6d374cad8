#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/crypto/crypto_error.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

/// Size of the secret that a device gives its peers, and how far a frame's time stamp may be from now.
inline constexpr qsizetype kEphemeralSecretBytes = 32;
inline constexpr Milliseconds kEphemeralLife{10'000};
/// How much longer a frame is than its content: nonce, time stamp, tag.
inline constexpr qsizetype kEphemeralOverheadBytes = 24 + 8 + 16;

/// Frames that never touch a ratchet, sender key or counter (typing, presence): XChaCha20-Poly1305 with a random
/// nonce under a key from the sending device's ephemeral secret, time stamp inside, sender bound (layout in
/// core/docs/protocol.md, "Ephemeral frames"). One object per secret.
class EphemeralCipher {
public:
    /// `secret` has kEphemeralSecretBytes bytes and belongs to `sender`.
    EphemeralCipher(ByteView secret, const DeviceAddress &sender);

    /// A frame stamped `now`. RandomFailed.
    Result<Bytes, CryptoError> seal(ByteView content, Timestamp now, Random &random) const;
    /// Its content. InvalidMessage for a wrong key or sender and (EphemeralTime) for a time stamp more than
    /// kEphemeralLife from `now`.
    Result<Bytes, CryptoError> open(ByteView frame, Timestamp now) const;

private:
    SecretBytes m_key;
    Bytes m_associated;
};

} // namespace sotto
