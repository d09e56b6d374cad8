#include "core/ledger/bundle.h"

#include "core/base/check.h"

namespace sotto {

namespace {
LedgerError refusal(wire::WireError error)
{
    return error == wire::WireError::TooLarge ? LedgerError::TooLarge : LedgerError::Malformed;
}
} // namespace

wire::SignedEntry signBundle(const wire::PreKeyBundle &bundle, const Ed25519KeyPair &key)
{
    return signEntry(Purpose::Bundle, wire::encode(bundle), key);
}

Result<wire::PreKeyBundle, LedgerError> verifyBundle(const wire::SignedEntry &entry, const AccountId &account,
                                                     const wire::DeviceKeys &expected, Timestamp now)
{
    // Decoding limits the size before the signature costs anything.
    const auto bundle = wire::decodePreKeyBundle(entry.body);
    if (!bundle)
        return refusal(bundle.error());
    if (refuseUnless(Check::BundleSignature, verifyEntry(Purpose::Bundle, entry, expected.signingKey.view())))
        return LedgerError::BadSignature;
    if (refuseUnless(Check::BundleDevice,
                     bundle->address == DeviceAddress{account, expected.device}
                         && bundle->identityKey == expected.identityKey)) {
        return LedgerError::WrongDevice;
    }
    if (!isUsable(bundle->identityKey) || !isUsable(bundle->signedPreKey))
        return LedgerError::BadKey;
    // libsignal signs the bare 33 bytes; their first, 0x05, keeps this apart from every purpose of ours.
    if (refuseUnless(Check::SignedPreKeySignature,
                     verifyXeddsa(bundle->signedPreKey.view(), bundle->signedPreKeySignature,
                                  x25519Part(bundle->identityKey)))) {
        return LedgerError::BadSignature;
    }
    if (refuseUnless(Check::BundleExpiry, now - kBundleGrace < bundle->expires))
        return LedgerError::Expired;
    if (refuseUnless(Check::SuiteDowngrade, (bundle->suites & expected.suites) == expected.suites))
        return LedgerError::Downgrade;
    return *bundle;
}

wire::SignedEntry signOneTimePreKey(const wire::OneTimePreKey &preKey, const Ed25519KeyPair &key)
{
    return signEntry(Purpose::PreKey, wire::encode(preKey), key);
}

Result<wire::OneTimePreKey, LedgerError> verifyOneTimePreKey(const wire::SignedEntry &entry,
                                                             const wire::DeviceKeys &expected)
{
    const auto preKey = wire::decodeOneTimePreKey(entry.body);
    if (!preKey)
        return refusal(preKey.error());
    if (refuseUnless(Check::OneTimePreKeySignature, verifyEntry(Purpose::PreKey, entry, expected.signingKey.view())))
        return LedgerError::BadSignature;
    if (refuseUnless(Check::BundleDevice, preKey->device == expected.device))
        return LedgerError::WrongDevice;
    if (!isUsable(preKey->key))
        return LedgerError::BadKey;
    return *preKey;
}

} // namespace sotto
