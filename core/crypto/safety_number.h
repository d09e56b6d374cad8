#pragma once
#include "core/base/ids.h"
#include "core/crypto/crypto_core.h"
#include "core/crypto/curve_key.h"

#include <QString>

namespace sotto {

/// What two people compare.
struct SafetyNumber {
    QString digits;  ///< 60 decimal digits, the same on both sides
    Bytes scannable; ///< content of the QR code; isSameSafetyNumber() compares two
    friend bool operator==(const SafetyNumber &, const SafetyNumber &) = default;
};

/// One side of a comparison: an account and its root key.
struct AccountRootKey {
    AccountId account;
    CurvePublicKey rootKey;
};

/// libsignal's fingerprint, version 1, 5200 iterations, over (64 hex digits of the account id, ARK) of both sides: it
/// changes if and only if an account root changes. Some milliseconds.
Result<SafetyNumber, CryptoError> safetyNumber(CryptoCore &core, const AccountRootKey &own, const AccountRootKey &peer);

/// Whether a scanned code is the peer's view of the same two keys. InvalidVersion for another version, InvalidProtobuf
/// for bytes that are no scannable fingerprint.
Result<bool, CryptoError> isSameSafetyNumber(CryptoCore &core, const SafetyNumber &own, ByteView scanned);

/// The fingerprint with any parameters, for crypto-agent. InvalidArgument for identifiers with NUL, iterations outside
/// 1 to 100000 or a version outside 0 to 255.
Result<SafetyNumber, CryptoError> fingerprint(CryptoCore &core, int iterations, int version, const QByteArray &ownId,
                                              const CurvePublicKey &ownKey, const QByteArray &peerId,
                                              const CurvePublicKey &peerKey);

} // namespace sotto
