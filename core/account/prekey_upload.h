#pragma once
#include "core/account/own_device.h"
#include "core/crypto/prekeys.h"
#include "core/wire/signed_entry.h"

namespace sotto {

/// What a device publishes so that others can start sessions with it.
struct PreKeyUpload {
    std::optional<wire::SignedEntry> bundle;
    std::vector<wire::SignedEntry> oneTimePreKeys;
};

/// The device's bundle over a signed prekey, good for kBundleLife from now.
wire::SignedEntry makeBundle(const OwnDevice &device, const SignedPreKey &preKey, Timestamp now);
/// `count` fresh one-time prekeys, signed; in the caller's transaction. RandomFailed, StoreFailed.
Result<std::vector<wire::SignedEntry>, CryptoError> makeOneTimePreKeys(PreKeys &preKeys, const OwnDevice &device,
                                                                       int count);
/// A first upload: a fresh signed prekey's bundle and `count` one-time prekeys; in the caller's transaction.
Result<PreKeyUpload, CryptoError> makeFirstUpload(PreKeys &preKeys, const OwnDevice &device, int count, Timestamp now);

} // namespace sotto
