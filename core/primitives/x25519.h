#pragma once
#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

inline constexpr qsizetype kX25519KeyBytes = 32;
/// How much longer a sealed box is than its content.
inline constexpr qsizetype kSealedBoxOverheadBytes = 48;

/// An X25519 key pair (RFC 7748).
struct X25519KeyPair {
    Bytes publicKey;        ///< 32 bytes
    SecretBytes privateKey; ///< 32 bytes, clamped
};

/// A fresh pair, or RandomFailed.
Result<X25519KeyPair> makeX25519KeyPair(Random &random);
/// The pair of 32 private bytes, clamped if they are not yet.
X25519KeyPair x25519FromPrivate(ByteView privateKey);
/// The raw 32-byte shared secret; derive keys from it, do not use it as one. InvalidArgument for keys of another size
/// and (SmallOrderPoint) for public keys with which everybody knows the secret.
Result<SecretBytes> agreeX25519(ByteView privateKey, ByteView publicKey);
/// Whether `publicKey` has 32 bytes and is not of small order (SmallOrderPoint): what must hold for any received key.
bool isUsableX25519Key(ByteView publicKey);

/// An anonymous sealed box for the owner of `publicKey`, equal to libsodium's crypto_box_seal; its one-time key comes
/// from `random`. RandomFailed; InvalidArgument for an unusable key.
Result<Bytes> sealTo(ByteView publicKey, ByteView plain, Random &random);
/// What was sealed to `key`; WrongKey for anything else.
Result<SecretBytes> openSealed(const X25519KeyPair &key, ByteView sealed);

} // namespace sotto
