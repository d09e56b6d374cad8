#include "core/crypto/payload_cipher.h"

#include "core/base/check.h"
#include "core/primitives/aead.h"
#include "core/primitives/hash.h"

namespace sotto {

namespace {
/// The key is used once, so the nonce carries nothing.
constexpr std::array<char, kAeadNonceBytes> kZeroNonce{};
constexpr char kAssociated[] = "sotto/v1/payload"; // with its NUL
ByteView associated() { return ByteView(kAssociated, sizeof kAssociated); }
} // namespace

Result<SealedPayload, CryptoError> sealPayload(ByteView paddedContent, Random &random)
{
    Result<SecretBytes> key = SecretBytes::random(kAeadKeyBytes, random);
    if (!key)
        return CryptoError::RandomFailed;
    Bytes sealed = sealAead(key->view(), ByteView(kZeroNonce), paddedContent, associated());
    const Hash256 hash = sha256(sealed);
    return SealedPayload{std::move(*key), hash, std::move(sealed)};
}

Result<SecretBytes, CryptoError> openPayload(ByteView key, const Hash256 &hash, ByteView payload)
{
    if (key.size() != kAeadKeyBytes)
        return CryptoError::InvalidArgument;
    // Poly1305 does not commit to a key: without the hash two recipients could read different texts from one payload.
    if (refuseUnless(Check::PayloadHash, sha256(payload) == hash))
        return CryptoError::InvalidMessage;
    auto content = openAead(key, ByteView(kZeroNonce), payload, associated());
    if (!content)
        return CryptoError::InvalidMessage;
    return std::move(*content);
}

} // namespace sotto
