#pragma once
#include "core/crypto/safety_number.h"
#include "core/crypto/signal/signal_context.h"

namespace sotto::native {

/// The library's fingerprint generator. The identifiers have no NUL, iterations are at least 1.
Result<SafetyNumber, CryptoError> fingerprint(SignalContext &context, int iterations, int version,
                                              const QByteArray &ownId, const CurvePublicKey &ownKey,
                                              const QByteArray &peerId, const CurvePublicKey &peerKey);
/// Whether two scannable fingerprints are the two views of one comparison.
Result<bool, CryptoError> isSameFingerprint(SignalContext &context, ByteView own, ByteView scanned);

} // namespace sotto::native
