#include "core/account/prekey_upload.h"

#include "core/ledger/bundle.h"

namespace sotto {

wire::SignedEntry makeBundle(const OwnDevice &device, const SignedPreKey &preKey, Timestamp now)
{
    const wire::PreKeyBundle bundle{.address = device.address,
                                    .registrationId = registrationIdOf(device.keys.identity.publicKey),
                                    .identityKey = wire::CurveKey(device.keys.identity.publicKey.bytes()),
                                    .signedPreKeyId = preKey.id,
                                    .signedPreKey = wire::CurveKey(preKey.publicKey.bytes()),
                                    .signedPreKeySignature = preKey.signature,
                                    .expires = now + kBundleLife,
                                    .suites = wire::kSuiteClassic,
                                    .kemKeys = {}};
    return signBundle(bundle, device.keys.signing);
}

Result<std::vector<wire::SignedEntry>, CryptoError> makeOneTimePreKeys(PreKeys &preKeys, const OwnDevice &device,
                                                                       int count)
{
    std::vector<wire::SignedEntry> entries;
    const auto made = preKeys.makeOneTimePreKeys(count, [&](const OneTimePreKey &key) -> Result<Done, CryptoError> {
        const wire::OneTimePreKey published{device.address.device, key.id, wire::CurveKey(key.publicKey.bytes())};
        entries.push_back(signOneTimePreKey(published, device.keys.signing));
        return Done{};
    });
    if (!made)
        return made.error();
    return entries;
}

Result<PreKeyUpload, CryptoError> makeFirstUpload(PreKeys &preKeys, const OwnDevice &device, int count, Timestamp now)
{
    const auto signedPreKey = preKeys.makeSignedPreKey();
    if (!signedPreKey)
        return signedPreKey.error();
    auto oneTime = makeOneTimePreKeys(preKeys, device, count);
    if (!oneTime)
        return oneTime.error();
    return PreKeyUpload{makeBundle(device, *signedPreKey, now), std::move(*oneTime)};
}

} // namespace sotto
