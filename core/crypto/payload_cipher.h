#pragma once
#include "core/base/ids.h"
#include "core/crypto/crypto_error.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

/// Content up to this size travels inside the ratchet message; larger content is encrypted once as a payload.
inline constexpr qsizetype kMaxInlineContentBytes = 1024;

/// Content encrypted once for all copies.
struct SealedPayload {
    SecretBytes key; ///< 32 bytes, for this payload only; travels in every ratchet message
    Hash256 hash;    ///< SHA-256 of `bytes`
    Bytes bytes;     ///< what the relay stores
};

/// Encrypts padded content under a fresh key: XChaCha20-Poly1305 with a zero nonce. RandomFailed.
Result<SealedPayload, CryptoError> sealPayload(ByteView paddedContent, Random &random);
/// The padded content. InvalidMessage when the hash (PayloadHash) or the tag is wrong, InvalidArgument for a key of
/// another size.
Result<SecretBytes, CryptoError> openPayload(ByteView key, const Hash256 &hash, ByteView payload);

} // namespace sotto
