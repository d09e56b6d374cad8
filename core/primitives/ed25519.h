#pragma once
#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

inline constexpr qsizetype kEd25519KeyBytes = 32;
inline constexpr qsizetype kEd25519SeedBytes = 32;
inline constexpr qsizetype kEd25519SignatureBytes = 64;

/// An Ed25519 key pair (RFC 8032).
struct Ed25519KeyPair {
    Bytes publicKey;       ///< 32 bytes
    SecretBytes secretKey; ///< 64 bytes: seed || public key, as libsodium wants it; store the first 32 only

    /// The 32 bytes from which the pair can be made again.
    ByteView seed() const { return secretKey.view().first(kEd25519SeedBytes); }
};

/// A fresh pair, or RandomFailed.
Result<Ed25519KeyPair> makeEd25519KeyPair(Random &random);
/// The pair of a stored seed. `seed` has 32 bytes.
Ed25519KeyPair ed25519FromSeed(ByteView seed);
/// The 64-byte signature of `message`; the same for the same input.
Bytes signEd25519(ByteView message, const Ed25519KeyPair &key);
/// Whether `signature` is right. False for wrong sizes, small-order keys and non-canonical signatures.
bool verifyEd25519(ByteView message, ByteView signature, ByteView publicKey);

} // namespace sotto
