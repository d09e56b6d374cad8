#include "core/primitives/aead.h"

#include "core/primitives/raw_bytes.h"

#include <sodium.h>

namespace sotto {

static_assert(kAeadKeyBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(kAeadNonceBytes == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(kAeadTagBytes == crypto_aead_xchacha20poly1305_ietf_ABYTES);

Bytes sealAead(ByteView key, ByteView nonce, ByteView plain, ByteView associated)
{
    Q_ASSERT(key.size() == kAeadKeyBytes && nonce.size() == kAeadNonceBytes);
    Bytes sealed(plain.size() + kAeadTagBytes, Qt::Uninitialized);
    crypto_aead_xchacha20poly1305_ietf_encrypt(reinterpret_cast<unsigned char *>(sealed.data()), nullptr, raw(plain),
                                               std::size_t(plain.size()), raw(associated),
                                               std::size_t(associated.size()), nullptr, raw(nonce), raw(key));
    return sealed;
}

Result<SecretBytes> openAead(ByteView key, ByteView nonce, ByteView sealed, ByteView associated)
{
    Q_ASSERT(key.size() == kAeadKeyBytes && nonce.size() == kAeadNonceBytes);
    if (sealed.size() < kAeadTagBytes)
        return ErrorCode::WrongKey;
    SecretBytes plain = SecretBytes::zeros(sealed.size() - kAeadTagBytes);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, raw(sealed),
                                                   std::size_t(sealed.size()), raw(associated),
                                                   std::size_t(associated.size()), raw(nonce), raw(key))
        != 0) {
        return ErrorCode::WrongKey;
    }
    return plain;
}

Result<Bytes> sealAeadRandom(ByteView key, ByteView plain, ByteView associated, Random &random)
{
    Result<Bytes> nonce = random.bytes(kAeadNonceBytes);
    if (!nonce)
        return nonce.error();
    return *nonce + sealAead(key, *nonce, plain, associated);
}

Result<SecretBytes> openAeadRandom(ByteView key, ByteView sealed, ByteView associated)
{
    if (sealed.size() < kAeadNonceBytes + kAeadTagBytes)
        return ErrorCode::WrongKey;
    return openAead(key, sealed.first(kAeadNonceBytes), sealed.sliced(kAeadNonceBytes), associated);
}

} // namespace sotto
