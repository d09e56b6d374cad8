#include "core/primitives/x25519.h"

#include "core/base/check.h"
#include "core/primitives/raw_bytes.h"

#include <sodium.h>

namespace sotto {

static_assert(kSealedBoxOverheadBytes == crypto_box_SEALBYTES);

namespace {
/// The nonce of a sealed box: BLAKE2b-192(ephemeral key || recipient key), as in libsodium.
std::array<unsigned char, crypto_box_NONCEBYTES> sealNonce(ByteView ephemeral, ByteView recipient)
{
    std::array<unsigned char, crypto_box_NONCEBYTES> nonce;
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, nonce.size());
    crypto_generichash_update(&state, raw(ephemeral), std::size_t(ephemeral.size()));
    crypto_generichash_update(&state, raw(recipient), std::size_t(recipient.size()));
    crypto_generichash_final(&state, nonce.data(), nonce.size());
    return nonce;
}
} // namespace

Result<X25519KeyPair> makeX25519KeyPair(Random &random)
{
    const Result<SecretBytes> privateKey = SecretBytes::random(kX25519KeyBytes, random);
    if (!privateKey)
        return privateKey.error();
    return x25519FromPrivate(privateKey->view());
}

X25519KeyPair x25519FromPrivate(ByteView privateKey)
{
    Q_ASSERT(privateKey.size() == kX25519KeyBytes);
    X25519KeyPair pair{Bytes(kX25519KeyBytes, Qt::Uninitialized), SecretBytes::copyOf(privateKey)};
    // Clamped here as RFC 7748 does on use: libsignal signs with the bits as they are stored.
    unsigned char *const scalar = pair.privateKey.data();
    scalar[0] = static_cast<unsigned char>(scalar[0] & 248u);
    scalar[31] = static_cast<unsigned char>((scalar[31] & 127u) | 64u);
    crypto_scalarmult_base(raw(pair.publicKey), scalar);
    return pair;
}

Result<SecretBytes> agreeX25519(ByteView privateKey, ByteView publicKey)
{
    if (privateKey.size() != kX25519KeyBytes || publicKey.size() != kX25519KeyBytes)
        return ErrorCode::InvalidArgument;
    SecretBytes secret = SecretBytes::zeros(kX25519KeyBytes);
    const bool contributes = crypto_scalarmult(secret.data(), raw(privateKey), raw(publicKey)) == 0;
    if (refuseUnless(Check::SmallOrderPoint, contributes))
        return ErrorCode::InvalidArgument;
    return secret;
}

bool isUsableX25519Key(ByteView publicKey)
{
    // Any scalar tells: clamping makes it a multiple of the cofactor, so a point of small order gives zero.
    static const std::array<unsigned char, kX25519KeyBytes> anyScalar = {1};
    return agreeX25519(ByteView(anyScalar.data(), kX25519KeyBytes), publicKey).hasValue();
}

Result<Bytes> sealTo(ByteView publicKey, ByteView plain, Random &random)
{
    if (publicKey.size() != kX25519KeyBytes)
        return ErrorCode::InvalidArgument;
    const Result<X25519KeyPair> ephemeral = makeX25519KeyPair(random);
    if (!ephemeral)
        return ephemeral.error();
    SecretBytes key = SecretBytes::zeros(crypto_box_BEFORENMBYTES);
    const bool contributes = crypto_box_beforenm(key.data(), raw(publicKey), ephemeral->privateKey.data()) == 0;
    if (refuseUnless(Check::SmallOrderPoint, contributes))
        return ErrorCode::InvalidArgument;
    const auto nonce = sealNonce(ephemeral->publicKey, publicKey);
    Bytes sealed(plain.size() + kSealedBoxOverheadBytes, Qt::Uninitialized);
    std::copy_n(ephemeral->publicKey.constData(), kX25519KeyBytes, sealed.data());
    crypto_box_easy_afternm(raw(sealed) + kX25519KeyBytes, raw(plain), std::size_t(plain.size()), nonce.data(),
                            key.data());
    return sealed;
}

Result<SecretBytes> openSealed(const X25519KeyPair &key, ByteView sealed)
{
    if (sealed.size() < kSealedBoxOverheadBytes)
        return ErrorCode::WrongKey;
    SecretBytes plain = SecretBytes::zeros(sealed.size() - kSealedBoxOverheadBytes);
    if (crypto_box_seal_open(plain.data(), raw(sealed), std::size_t(sealed.size()), raw(key.publicKey),
                             key.privateKey.data())
        != 0) {
        return ErrorCode::WrongKey;
    }
    return plain;
}

} // namespace sotto
