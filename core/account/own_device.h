#pragma once
#include "core/crypto/device_keys.h"
#include "core/crypto/key_store.h"
#include "core/ledger/log_builder.h"

namespace sotto {

/// This device, with its private keys.
struct OwnDevice {
    DeviceAddress address;
    DeviceKeys keys;

    /// What sessions know of us: a copy of the identity key.
    LocalIdentity localIdentity() const
    {
        return {CurveKeyPair{keys.identity.publicKey, keys.identity.privateKey.clone()},
                registrationIdOf(keys.identity.publicKey)};
    }
    /// The pairs as the makers of log entries take them. Valid as long as `identity` and this object.
    DeviceKeyPairs pairs(const X25519KeyPair &identity) const
    {
        return {address.device, identity, keys.signing, keys.sealing};
    }
};

} // namespace sotto
