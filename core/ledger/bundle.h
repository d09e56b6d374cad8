#pragma once
#include "core/ledger/ledger_error.h"
#include "core/ledger/signature.h"

namespace sotto {

/// How long a bundle is good from its making.
inline constexpr std::chrono::days kBundleLife{14};
/// How long after its expiry others still use it: until the relay takes a device that cannot renew it for dormant, at
/// most 30 days after its last visit, at which the bundle was up to eight days old (core/docs/decisions/0128).
inline constexpr std::chrono::days kBundleGrace{26};

/// The bundle signed by its device. The caller set `expires` to now + kBundleLife.
wire::SignedEntry signBundle(const wire::PreKeyBundle &bundle, const Ed25519KeyPair &key);
/// A bundle from the relay, held against what the account's log says of the device: size, signature of the whole,
/// address, identity key, usable keys, the signed prekey's own signature, expiry with grace, suites. Everything
/// libsignal does not survive or does not check is checked here, before it is called.
Result<wire::PreKeyBundle, LedgerError> verifyBundle(const wire::SignedEntry &entry, const AccountId &account,
                                                     const wire::DeviceKeys &expected, Timestamp now);

/// A one-time prekey signed by its device.
wire::SignedEntry signOneTimePreKey(const wire::OneTimePreKey &preKey, const Ed25519KeyPair &key);
/// A one-time prekey from the relay, held against the log: size, signature, device, usable key.
Result<wire::OneTimePreKey, LedgerError> verifyOneTimePreKey(const wire::SignedEntry &entry,
                                                             const wire::DeviceKeys &expected);

} // namespace sotto
