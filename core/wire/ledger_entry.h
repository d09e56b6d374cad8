#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/wire/proto_scan.h"
#include "core/wire/signed_entry.h"

#include <optional>
#include <variant>
#include <vector>

namespace sotto::wire {

using CurveKey = StrongId<struct CurveKeyTag, 33>;     ///< a libsignal public key: 0x05 and 32 bytes of X25519
using SigningKey = StrongId<struct SigningKeyTag, 32>; ///< DSK, Ed25519
using SealingKey = StrongId<struct SealingKeyTag, 32>; ///< SEK and recovery_wrap, X25519

inline constexpr qsizetype kMaxLogEntryBytes = 4096;     ///< of an entry's body
inline constexpr qsizetype kMaxBundleBytes = 16 * 1024;  ///< of a bundle's body
inline constexpr qsizetype kMaxOneTimePreKeyBytes = 128; ///< of a one-time prekey's body
inline constexpr qsizetype kGenesisSaltBytes = 16;
inline constexpr std::uint32_t kMaxPreKeyId = 0xfffffe; ///< the library never deletes 0xffffff
inline constexpr std::uint32_t kMaxRegistrationId = 16380;
/// Bit of the suite that every device of version 1 speaks: X3DH and Double Ratchet over Curve25519.
inline constexpr std::uint32_t kSuiteClassic = 1;

/// The public keys of one device as its account's log states them.
struct DeviceKeys {
    DeviceId device;
    CurveKey identityKey;
    SigningKey signingKey;
    SealingKey sealingKey;
    std::uint32_t suites = kSuiteClassic;
    friend bool operator==(const DeviceKeys &, const DeviceKeys &) = default;
};

/// Starts an account.
struct Genesis {
    CurveKey accountRoot;
    SealingKey recoveryWrap;
    Bytes salt; ///< kGenesisSaltBytes
    DeviceKeys device;
    friend bool operator==(const Genesis &, const Genesis &) = default;
};

/// What a new device signs with DSK and IK.
struct DeviceClaim {
    AccountId account;
    Hash256 previous; ///< hash of the log's head that the entry will follow
    DeviceKeys keys;
    friend bool operator==(const DeviceClaim &, const DeviceClaim &) = default;
};

/// Adds the claim's device.
struct AddDevice {
    Bytes claim; ///< an encoded DeviceClaim, as signed
    friend bool operator==(const AddDevice &, const AddDevice &) = default;
};

/// Takes a device away, at once.
struct RevokeDevice {
    DeviceId device;
    friend bool operator==(const RevokeDevice &, const RevokeDevice &) = default;
};

/// The public half of a recovery kit.
struct RecoveryKeys {
    CurveKey accountRoot;
    SealingKey recoveryWrap;
    friend bool operator==(const RecoveryKeys &, const RecoveryKeys &) = default;
};

/// A new kit that waits 72 hours, or (nothing) the withdrawal of the one that waits.
struct SetRecovery {
    std::optional<RecoveryKeys> keys;
    friend bool operator==(const SetRecovery &, const SetRecovery &) = default;
};

/// Goes back to `baseVersion` and adds a device, by the account root's signature.
struct Recover {
    std::uint64_t baseVersion;
    Hash256 baseHash;
    Bytes claim; ///< an encoded DeviceClaim, as signed
    std::vector<DeviceId> revoked;
    friend bool operator==(const Recover &, const Recover &) = default;
};

/// The account's end.
struct Close {
    friend bool operator==(const Close &, const Close &) = default;
};

using LogOperation = std::variant<Genesis, AddDevice, RevokeDevice, SetRecovery, Recover, Close>;

/// The body of a device log entry. Genesis has neither account nor previous, recover has no actor, all others have all.
struct LogEntry {
    std::optional<AccountId> account;
    std::uint32_t epoch = 1;
    std::uint64_t version = 1;
    std::optional<Hash256> previous;
    std::optional<DeviceId> actor;
    Timestamp time;
    LogOperation operation;
    friend bool operator==(const LogEntry &, const LogEntry &) = default;
};

/// A key of a later suite that the bundle already has room for.
struct KemKey {
    std::uint32_t suite;
    std::uint32_t id;
    Bytes key;
    Bytes signature;
    friend bool operator==(const KemKey &, const KemKey &) = default;
};

/// What others need to start a session with an absent device.
struct PreKeyBundle {
    DeviceAddress address;
    std::uint32_t registrationId;
    CurveKey identityKey;
    std::uint32_t signedPreKeyId;
    CurveKey signedPreKey;
    Bytes signedPreKeySignature; ///< 64 bytes, XEdDSA of the identity key
    Timestamp expires;           ///< relay time
    std::uint32_t suites = kSuiteClassic;
    std::vector<KemKey> kemKeys;
    friend bool operator==(const PreKeyBundle &, const PreKeyBundle &) = default;
};

/// A key for one session.
struct OneTimePreKey {
    DeviceId device;
    std::uint32_t id;
    CurveKey key;
    friend bool operator==(const OneTimePreKey &, const OneTimePreKey &) = default;
};

// Decoding checks sizes, fields and ranges (WireError), never signatures and never whether a key is usable: core/ledger
// does.

/// The bytes to sign.
Bytes encode(const LogEntry &entry);
/// A device log entry's body of at most kMaxLogEntryBytes.
Result<LogEntry, WireError> decodeLogEntry(ByteView body);
/// The bytes to sign.
Bytes encode(const DeviceClaim &claim);
/// A new device's claim.
Result<DeviceClaim, WireError> decodeDeviceClaim(ByteView bytes);
/// The bytes to sign.
Bytes encode(const PreKeyBundle &bundle);
/// A bundle's body of at most kMaxBundleBytes.
Result<PreKeyBundle, WireError> decodePreKeyBundle(ByteView body);
/// The bytes to sign.
Bytes encode(const OneTimePreKey &preKey);
/// A one-time prekey's body of at most kMaxOneTimePreKeyBytes.
Result<OneTimePreKey, WireError> decodeOneTimePreKey(ByteView body);

/// A signed structure as one piece, as databases store it.
Bytes encode(const SignedEntry &entry);
/// What encode() made; the body is whole, nothing is verified.
Result<SignedEntry, WireError> decodeSignedEntry(ByteView bytes);

} // namespace sotto::wire
