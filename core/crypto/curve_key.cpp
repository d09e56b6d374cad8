#include "core/crypto/curve_key.h"

namespace sotto {

Result<CurvePublicKey, CryptoError> usableCurveKey(ByteView bytes)
{
    const auto key = CurvePublicKey::fromBytes(bytes);
    if (!key || !isUsable(*key))
        return CryptoError::InvalidKey;
    return *key;
}

Result<CurvePublicKey, CryptoError> usableCurveKeyFromX25519(ByteView bytes)
{
    if (!isUsableX25519Key(bytes))
        return CryptoError::InvalidKey;
    return curveKey(bytes);
}

X25519KeyPair CurveKeyPair::x25519() const { return {x25519Part(publicKey).toByteArray(), privateKey.clone()}; }

Result<CurveKeyPair, CryptoError> makeCurveKeyPair(Random &random)
{
    const Result<SecretBytes> seed = SecretBytes::random(kCurvePrivateKeyBytes, random);
    if (!seed)
        return CryptoError::RandomFailed;
    return curveKeyPairFrom(seed->view());
}

CurveKeyPair curveKeyPairFrom(ByteView seed)
{
    Q_ASSERT(seed.size() == kCurvePrivateKeyBytes);
    SecretBytes privateKey = SecretBytes::copyOf(seed);
    // XEdDSA computes with the scalar as it is stored, so it is stored clamped.
    privateKey.data()[0] &= 0xf8;
    privateKey.data()[31] = static_cast<unsigned char>((privateKey.data()[31] & 0x7f) | 0x40);
    const X25519KeyPair pair = x25519FromPrivate(privateKey.view());
    return {curveKey(pair.publicKey), std::move(privateKey)};
}

} // namespace sotto
