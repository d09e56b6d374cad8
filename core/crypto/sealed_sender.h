#pragma once
#include "core/base/ids.h"
#include "core/crypto/crypto_error.h"
#include "core/primitives/x25519.h"

#include <QHash>
#include <memory>
#include <optional>

namespace sotto {

/// Size of a sealed sender: 69 bytes in a sealed box (layout in core/docs/protocol.md, "Sealed sender").
inline constexpr qsizetype kSealedSenderBytes = 69 + kSealedBoxOverheadBytes;

/// Who says that he sent a copy. Only verify() makes it true.
struct SenderClaim {
    DeviceAddress sender;
    MessageId messageId;
    Bytes tag; ///< 16 bytes
    friend bool operator==(const SenderClaim &, const SenderClaim &) = default;
};

/// What a tag is bound to besides the two devices.
struct SealedCopy {
    MessageId messageId;
    ByteView ciphertext;                ///< the copy as it travels
    std::optional<Hash256> payloadHash; ///< SHA-256 of the submit's payload, nothing without one
};

/// Seals and opens the sender of pairwise copies for one device. The relay sees neither sender nor message id, and a
/// copy whose tag is wrong is dropped before any ratchet work. Core thread.
class SealedSender {
public:
    /// Tag keys of device pairs that are remembered.
    static constexpr int kMaxCachedKeys = 2048;

    /// `sealing` is this device's SEK; `random` outlives the object.
    SealedSender(const DeviceAddress &own, X25519KeyPair sealing, Random &random);

    /// The sealed sender of a copy for `recipient`, whose device log names `recipientKey` (SEK, 32 bytes).
    /// RandomFailed; InvalidKey for an unusable key.
    Result<Bytes, CryptoError> seal(const DeviceAddress &recipient, ByteView recipientKey, const SealedCopy &copy);

    /// Who claims to have sent it. InvalidMessage when it was not sealed for this device or has another layout.
    Result<SenderClaim, CryptoError> open(ByteView sealed) const;
    /// Checks a claim with the SEK that the sender's device log names (SenderTag). InvalidMessage when the tag is
    /// wrong, InvalidKey for an unusable key.
    Result<Done, CryptoError> verify(const SenderClaim &claim, ByteView senderKey, ByteView ciphertext,
                                     const std::optional<Hash256> &payloadHash);

private:
    enum class Direction { Outgoing, Incoming };
    Result<std::shared_ptr<const SecretBytes>, CryptoError> tagKey(const DeviceAddress &peer, ByteView peerKey,
                                                                   Direction direction);

    DeviceAddress m_own;
    X25519KeyPair m_sealing;
    Random &m_random;
    QHash<Bytes, std::shared_ptr<const SecretBytes>> m_keys;
};

} // namespace sotto
