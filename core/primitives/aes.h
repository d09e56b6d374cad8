#pragma once
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

// AES (FIPS 197) as libsignal's crypto provider needs it; nothing else of the product uses it. Keys are 16, 24 or 32
// bytes, initialisation vectors 16; InvalidArgument for other sizes. Messages over 1 GiB are TooLarge.

/// AES-CBC with PKCS #7 padding.
Result<Bytes> encryptAesCbc(ByteView key, ByteView iv, ByteView plain);
/// The inverse; Malformed when the padding is wrong.
Result<SecretBytes> decryptAesCbc(ByteView key, ByteView iv, ByteView cipherText);
/// AES-CTR without padding, big-endian counter from `iv`: the same operation both ways.
Result<SecretBytes> applyAesCtr(ByteView key, ByteView iv, ByteView input);

} // namespace sotto
