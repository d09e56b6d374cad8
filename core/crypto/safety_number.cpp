#include "core/crypto/safety_number.h"

#include "core/crypto/signal/native_fingerprint.h"

namespace sotto {

namespace {
// security.md A1.4-14: what both sides must compute alike never changes.
constexpr int kIterations = 5200;
constexpr int kVersion = 1;
constexpr int kMaxIterations = 100'000;
constexpr int kMaxVersion = 255;
} // namespace

Result<SafetyNumber, CryptoError> safetyNumber(CryptoCore &core, const AccountRootKey &own, const AccountRootKey &peer)
{
    return native::fingerprint(core.context(), kIterations, kVersion, own.account.toHex().toLatin1(), own.rootKey,
                               peer.account.toHex().toLatin1(), peer.rootKey);
}

Result<bool, CryptoError> isSameSafetyNumber(CryptoCore &core, const SafetyNumber &own, ByteView scanned)
{
    return native::isSameFingerprint(core.context(), own.scannable, scanned);
}

Result<SafetyNumber, CryptoError> fingerprint(CryptoCore &core, int iterations, int version, const QByteArray &ownId,
                                              const CurvePublicKey &ownKey, const QByteArray &peerId,
                                              const CurvePublicKey &peerKey)
{
    const bool isPossible = iterations >= 1 && iterations <= kMaxIterations && version >= 0 && version <= kMaxVersion
        && !ownId.contains('\0') && !peerId.contains('\0');
    if (!isPossible)
        return CryptoError::InvalidArgument;
    return native::fingerprint(core.context(), iterations, version, ownId, ownKey, peerId, peerKey);
}

} // namespace sotto
