#include "core/crypto/device_keys.h"

#include "core/primitives/hash.h"

#include <QtEndian>

namespace sotto {

namespace {
constexpr qsizetype kSecretBytes = kCurvePrivateKeyBytes + kEd25519SeedBytes + kX25519KeyBytes;
/// Registration ids as the Signal protocol draws them.
constexpr std::uint32_t kMaxRegistrationId = 16380;
} // namespace

Result<DeviceKeys, CryptoError> DeviceKeys::make(Random &random)
{
    const Result<SecretBytes> secret = SecretBytes::random(kSecretBytes, random);
    if (!secret)
        return CryptoError::RandomFailed;
    return fromSecret(secret->view());
}

SecretBytes DeviceKeys::toSecret() const
{
    SecretBytes secret = SecretBytes::zeros(kSecretBytes);
    unsigned char *to = secret.data();
    for (const ByteView part : {identity.privateKey.view(), signing.seed(), sealing.privateKey.view()})
        to = std::copy(part.begin(), part.end(), to);
    return secret;
}

Result<DeviceKeys, CryptoError> DeviceKeys::fromSecret(ByteView secret)
{
    if (secret.size() != kSecretBytes)
        return CryptoError::InvalidKey;
    return DeviceKeys{curveKeyPairFrom(secret.first(kCurvePrivateKeyBytes)),
                      ed25519FromSeed(secret.sliced(kCurvePrivateKeyBytes, kEd25519SeedBytes)),
                      x25519FromPrivate(secret.last(kX25519KeyBytes))};
}

std::uint32_t registrationIdOf(const CurvePublicKey &identityKey)
{
    static constexpr char domain[] = "sotto/v1/registration-id"; // with its NUL, as all domains
    const Hash256 hash = blake2b256({ByteView(domain, sizeof domain), identityKey.view()});
    return 1 + qFromBigEndian<quint32>(hash.bytes().data()) % kMaxRegistrationId;
}

Result<DeviceId, CryptoError> makeDeviceId(Random &random)
{
    const Result<std::uint64_t> number = random.below(DeviceId::kMax);
    if (!number)
        return CryptoError::RandomFailed;
    return *DeviceId::from(*number + 1);
}

} // namespace sotto
