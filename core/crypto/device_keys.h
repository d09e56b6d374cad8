#pragma once
#include "core/base/ids.h"
#include "core/crypto/curve_key.h"
#include "core/primitives/ed25519.h"
#include "core/primitives/x25519.h"

namespace sotto {

/// The three key pairs of a device (protocol.md 1). None of them leaves the device.
struct DeviceKeys {
    CurveKeyPair identity;  ///< IK: sessions
    Ed25519KeyPair signing; ///< DSK: log entries, bundles, relay authentication
    X25519KeyPair sealing;  ///< SEK: sealed senders only

    /// Fresh keys, or RandomFailed and none.
    static Result<DeviceKeys, CryptoError> make(Random &random);

    /// The 32-byte secrets of all three, for the encrypted database only.
    SecretBytes toSecret() const;
    /// The inverse; InvalidKey for another size.
    static Result<DeviceKeys, CryptoError> fromSecret(ByteView secret);
};

/// The registration id of the device with this identity key: 1 to 16380, from a hash of the key (decision 0040), so
/// that it is as authentic as the key itself.
std::uint32_t registrationIdOf(const CurvePublicKey &identityKey);

/// A device number for a new device: random, 1 to 2^31 - 1.
Result<DeviceId, CryptoError> makeDeviceId(Random &random);

} // namespace sotto
