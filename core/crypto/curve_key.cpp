#include "core/crypto/curve_key.h"

#include "core/base/check.h"

namespace sotto {

namespace {
constexpr char kCurveKeyType = 0x05;

CurvePublicKey withType(ByteView x25519Key)
{
    std::array<std::uint8_t, CurvePublicKey::kSize> bytes;
    bytes[0] = std::uint8_t(kCurveKeyType);
    std::memcpy(bytes.data() + 1, x25519Key.data(), std::size_t(kX25519KeyBytes));
    return CurvePublicKey(bytes);
}
} // namespace

Result<CurvePublicKey, CryptoError> usableCurveKey(ByteView bytes)
{
    const bool hasShape = bytes.size() == kCurvePublicKeyBytes && bytes.front() == kCurveKeyType;
    if (refuseUnless(Check::PublicKeyShape, hasShape))
        return CryptoError::InvalidKey;
    const auto key = CurvePublicKey::fromBytes(bytes);
    if (!key || !isUsableX25519Key(x25519Part(*key)))
        return CryptoError::InvalidKey;
    return *key;
}

Result<CurvePublicKey, CryptoError> usableCurveKeyFromX25519(ByteView bytes)
{
    if (!isUsableX25519Key(bytes))
        return CryptoError::InvalidKey;
    return withType(bytes);
}

ByteView x25519Part(const CurvePublicKey &key) { return key.view().sliced(1); }

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
    return {withType(pair.publicKey), std::move(privateKey)};
}

} // namespace sotto
