#pragma once
#include "core/base/bytes.h"
#include "core/crypto/crypto_error.h"
#include "core/ledger/signature.h"
#include "core/primitives/secret_bytes.h"
#include "core/primitives/x25519.h"

namespace sotto {

/// A Curve25519 public key as the Signal protocol writes it: 0x05 and 32 bytes. Only the shape is known;
/// usableCurveKey() is what must hold before anything is computed with it.
using CurvePublicKey = wire::CurveKey;

inline constexpr qsizetype kCurvePublicKeyBytes = 33;
inline constexpr qsizetype kCurvePrivateKeyBytes = 32;
inline constexpr qsizetype kCurveSignatureBytes = 64;

/// A Curve25519 key pair: agreement by X25519, signatures by XEdDSA.
struct CurveKeyPair {
    CurvePublicKey publicKey;
    SecretBytes privateKey; ///< 32 bytes, clamped

    /// The same pair as primitives take it (signXeddsa, agreeX25519).
    X25519KeyPair x25519() const;
};

/// `bytes` as a key that may be computed with: 33 bytes, type 0x05, not of small order (CurveKeyType,
/// SmallOrderPoint). InvalidKey for anything else.
Result<CurvePublicKey, CryptoError> usableCurveKey(ByteView bytes);
/// The 32 bytes of a public key, as ledgers hold them, as a key that may be computed with. InvalidKey as above.
Result<CurvePublicKey, CryptoError> usableCurveKeyFromX25519(ByteView bytes);

/// A fresh pair, or RandomFailed.
Result<CurveKeyPair, CryptoError> makeCurveKeyPair(Random &random);
/// The pair whose private key is `seed` (32 bytes) after clamping (RFC 7748, section 5).
CurveKeyPair curveKeyPairFrom(ByteView seed);

} // namespace sotto
