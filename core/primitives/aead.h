#pragma once
#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

inline constexpr qsizetype kAeadKeyBytes = 32;
inline constexpr qsizetype kAeadNonceBytes = 24;
inline constexpr qsizetype kAeadTagBytes = 16;

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): ciphertext and tag, kAeadTagBytes longer than `plain`. `key` and
/// `nonce` have exactly their sizes; a (key, nonce) pair is used for one plaintext only.
Bytes sealAead(ByteView key, ByteView nonce, ByteView plain, ByteView associated = {});
/// What sealAead() sealed under the same key, nonce and associated bytes; WrongKey for anything else.
Result<SecretBytes> openAead(ByteView key, ByteView nonce, ByteView sealed, ByteView associated = {});

/// The same with a fresh nonce in front of the ciphertext; RandomFailed when there is none.
Result<Bytes> sealAeadRandom(ByteView key, ByteView plain, ByteView associated, Random &random);
/// What sealAeadRandom() sealed; WrongKey for anything else.
Result<SecretBytes> openAeadRandom(ByteView key, ByteView sealed, ByteView associated);

} // namespace sotto
