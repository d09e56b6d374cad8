#pragma once
#include "core/ledger/device_log.h"

namespace sotto {

// Makes the entries that DeviceLog verifies. What the maker states wrongly is refused there, not here: apply each entry
// to the log before it is sent. RandomFailed is the only error of making.

/// One device's private keys, borrowed for a call.
struct DeviceKeyPairs {
    DeviceId device;
    const X25519KeyPair &identity; ///< IK
    const Ed25519KeyPair &signing; ///< DSK
    const X25519KeyPair &sealing;  ///< SEK
    std::uint32_t suites = wire::kSuiteClassic;
};

/// The active device that signs an entry, borrowed for a call.
struct LogActor {
    DeviceId device;
    const Ed25519KeyPair &signing;
};

/// A new device's claim with its DSK's and IK's signatures.
struct SignedClaim {
    Bytes claim;
    std::vector<Bytes> proofs;
};

/// The public halves, as the log states them.
wire::DeviceKeys publicKeys(const DeviceKeyPairs &keys);

/// The first entry of a new account; accountIdOf(entry.body) is its id. `recoveryWrap` is the kit's public wrap key.
Result<wire::SignedEntry, LedgerError> makeGenesis(const DeviceKeyPairs &device, const X25519KeyPair &accountRoot,
                                                   const wire::SealingKey &recoveryWrap, Timestamp relayTime,
                                                   Random &random);
/// What a new device hands to the device that will add it, or to the recovery; good for the head `previous` only.
Result<SignedClaim, LedgerError> makeClaim(const AccountId &account, const Hash256 &previous,
                                           const DeviceKeyPairs &device, Random &random);
wire::SignedEntry makeAddDevice(const DeviceLog &log, const LogActor &actor, const SignedClaim &claim,
                                Timestamp relayTime);
wire::SignedEntry makeRevokeDevice(const DeviceLog &log, const LogActor &actor, DeviceId revoked, Timestamp relayTime);
/// Announces a new kit; the new account root proves itself.
Result<wire::SignedEntry, LedgerError> makeSetRecovery(const DeviceLog &log, const LogActor &actor,
                                                       const X25519KeyPair &accountRoot,
                                                       const wire::SealingKey &recoveryWrap, Timestamp relayTime,
                                                       Random &random);
/// Withdraws the kit that waits.
wire::SignedEntry makeWithdrawRecovery(const DeviceLog &log, const LogActor &actor, Timestamp relayTime);
/// Goes back to `baseVersion` of `log` without the `revoked` devices and adds the claim's; signed by the account root.
Result<wire::SignedEntry, LedgerError> makeRecover(const DeviceLog &log, std::uint64_t baseVersion,
                                                   const SignedClaim &claim, const std::vector<DeviceId> &revoked,
                                                   const X25519KeyPair &accountRoot, Timestamp relayTime,
                                                   Random &random);
wire::SignedEntry makeClose(const DeviceLog &log, const LogActor &actor, Timestamp relayTime);

} // namespace sotto
