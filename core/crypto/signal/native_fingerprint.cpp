#include "core/crypto/signal/native_fingerprint.h"

#include "core/crypto/signal/library_error.h"
#include "core/crypto/signal/signal_ptr.h"

#include <signal/fingerprint.h>

namespace sotto::native {

namespace {
struct FreeGenerator {
    void operator()(fingerprint_generator *generator) const { fingerprint_generator_free(generator); }
};

Result<LibraryPtr<scannable_fingerprint>, CryptoError> readScannable(SignalContext &context, ByteView bytes)
{
    LibraryPtr<scannable_fingerprint> result;
    const int code = scannable_fingerprint_deserialize(out(result), raw(bytes), length(bytes), context.raw());
    if (code != SG_SUCCESS)
        return errorOfLibrary(code);
    return result;
}
} // namespace

Result<SafetyNumber, CryptoError> fingerprint(SignalContext &context, int iterations, int version,
                                              const QByteArray &ownId, const CurvePublicKey &ownKey,
                                              const QByteArray &peerId, const CurvePublicKey &peerKey)
{
    const auto own = libraryKey(ownKey, context.raw());
    const auto peer = libraryKey(peerKey, context.raw());
    if (!own || !peer)
        return CryptoError::InvalidKey;
    std::unique_ptr<fingerprint_generator, FreeGenerator> generator;
    LibraryPtr<::fingerprint> result;
    BufferPtr scannable;
    int code = fingerprint_generator_create(out(generator), iterations, version, context.raw());
    if (code == SG_SUCCESS) {
        code = fingerprint_generator_create_for(generator.get(), ownId.constData(), own.get(), peerId.constData(),
                                                peer.get(), out(result));
    }
    if (code == SG_SUCCESS)
        code = scannable_fingerprint_serialize(out(scannable), fingerprint_get_scannable(result.get()));
    if (code < 0)
        return errorOfLibrary(code);
    return SafetyNumber{QString::fromLatin1(displayable_fingerprint_text(fingerprint_get_displayable(result.get()))),
                        view(scannable.get()).toByteArray()};
}

Result<bool, CryptoError> isSameFingerprint(SignalContext &context, ByteView own, ByteView scanned)
{
    const auto ours = readScannable(context, own);
    const auto theirs = readScannable(context, scanned);
    if (!ours || !theirs)
        return CryptoError::InvalidProtobuf;
    const int code = scannable_fingerprint_compare(ours->get(), theirs->get());
    if (code == SG_ERR_FP_VERSION_MISMATCH)
        return CryptoError::InvalidVersion;
    return code == 1;
}

} // namespace sotto::native
