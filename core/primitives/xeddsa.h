#pragma once
#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/primitives/x25519.h"

namespace sotto {

inline constexpr qsizetype kXeddsaSignatureBytes = 64;

/// XEd25519 (Signal, "The XEdDSA and VXEdDSA Signature Schemes", revision 1): a signature with an X25519 key, for the
/// keys that libsignal holds and for the account root. libsignal accepts these signatures and this folder accepts
/// libsignal's; it stands here because the relay checks such proofs without linking libsignal.
/// RandomFailed when there is no fresh nonce.
Result<Bytes> signXeddsa(ByteView message, const X25519KeyPair &key, Random &random);
/// Whether `signature` of `message` was made with the private half of `publicKey` (32 raw bytes). False for wrong
/// sizes, non-canonical or small-order keys.
bool verifyXeddsa(ByteView message, ByteView signature, ByteView publicKey);

} // namespace sotto
