#pragma once
#include "core/crypto/curve_key.h"
#include "core/crypto/signal/signal_context.h"

namespace sotto::native {

/// A one-time prekey as the library stores it.
Result<SecretBytes, CryptoError> preKeyRecord(SignalContext &context, std::uint32_t id, const CurveKeyPair &pair);
/// A signed prekey as the library stores it.
Result<SecretBytes, CryptoError> signedPreKeyRecord(SignalContext &context, std::uint32_t id, std::uint64_t madeAtMs,
                                                    const CurveKeyPair &pair, ByteView signature);

/// The public half of a stored one-time prekey; StoreFailed for bytes that are no record.
Result<CurvePublicKey, CryptoError> readPreKey(SignalContext &context, ByteView record);

/// What a stored signed prekey says in public.
struct SignedPreKeyContent {
    CurvePublicKey publicKey;
    Bytes signature;
    std::uint64_t madeAtMs = 0;
};
/// StoreFailed for bytes that are no record.
Result<SignedPreKeyContent, CryptoError> readSignedPreKey(SignalContext &context, ByteView record);

/// XEdDSA by the library.
Result<Bytes, CryptoError> sign(SignalContext &context, const CurveKeyPair &key, ByteView message);
/// Whether `signature` of `message` is right.
bool verify(SignalContext &context, const CurvePublicKey &key, ByteView message, ByteView signature);

} // namespace sotto::native
