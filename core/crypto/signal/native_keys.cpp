#include "core/crypto/signal/native_keys.h"

#include "core/crypto/signal/library_error.h"
#include "core/crypto/signal/signal_ptr.h"

#include <signal/session_pre_key.h>

namespace sotto::native {

namespace {
Result<LibraryPtr<ec_key_pair>, CryptoError> libraryPair(SignalContext &context, const CurveKeyPair &pair)
{
    const auto publicKey = libraryKey(pair.publicKey, context.raw());
    const auto privateKey = libraryPrivateKey(pair.privateKey.view(), context.raw());
    LibraryPtr<ec_key_pair> result;
    if (!publicKey || !privateKey || ec_key_pair_create(out(result), publicKey.get(), privateKey.get()) != SG_SUCCESS) {
        return CryptoError::InvalidKey;
    }
    return result;
}
} // namespace

Result<SecretBytes, CryptoError> preKeyRecord(SignalContext &context, std::uint32_t id, const CurveKeyPair &pair)
{
    const auto keys = libraryPair(context, pair);
    if (!keys)
        return keys.error();
    LibraryPtr<session_pre_key> preKey;
    BufferPtr record;
    int code = session_pre_key_create(out(preKey), id, keys->get());
    if (code == SG_SUCCESS)
        code = session_pre_key_serialize(out(record), preKey.get());
    if (code < 0)
        return errorOfLibrary(code);
    return SecretBytes::copyOf(view(record.get()));
}

Result<SecretBytes, CryptoError> signedPreKeyRecord(SignalContext &context, std::uint32_t id, std::uint64_t madeAtMs,
                                                    const CurveKeyPair &pair, ByteView signature)
{
    const auto keys = libraryPair(context, pair);
    if (!keys)
        return keys.error();
    LibraryPtr<session_signed_pre_key> preKey;
    BufferPtr record;
    int code = session_signed_pre_key_create(out(preKey), id, madeAtMs, keys->get(), raw(signature), length(signature));
    if (code == SG_SUCCESS)
        code = session_signed_pre_key_serialize(out(record), preKey.get());
    if (code < 0)
        return errorOfLibrary(code);
    return SecretBytes::copyOf(view(record.get()));
}

Result<CurvePublicKey, CryptoError> readPreKey(SignalContext &context, ByteView record)
{
    LibraryPtr<session_pre_key> preKey;
    if (record.isEmpty()
        || session_pre_key_deserialize(out(preKey), raw(record), length(record), context.raw()) != SG_SUCCESS) {
        return CryptoError::StoreFailed;
    }
    const auto key = keyValue(ec_key_pair_get_public(session_pre_key_get_key_pair(preKey.get())));
    if (!key)
        return CryptoError::StoreFailed;
    return *key;
}

Result<SignedPreKeyContent, CryptoError> readSignedPreKey(SignalContext &context, ByteView record)
{
    LibraryPtr<session_signed_pre_key> preKey;
    if (record.isEmpty()
        || session_signed_pre_key_deserialize(out(preKey), raw(record), length(record), context.raw()) != SG_SUCCESS) {
        return CryptoError::StoreFailed;
    }
    const auto key = keyValue(ec_key_pair_get_public(session_signed_pre_key_get_key_pair(preKey.get())));
    if (!key)
        return CryptoError::StoreFailed;
    return SignedPreKeyContent{*key,
                               Bytes(reinterpret_cast<const char *>(session_signed_pre_key_get_signature(preKey.get())),
                                     qsizetype(session_signed_pre_key_get_signature_len(preKey.get()))),
                               session_signed_pre_key_get_timestamp(preKey.get())};
}

Result<Bytes, CryptoError> sign(SignalContext &context, const CurveKeyPair &key, ByteView message)
{
    const auto privateKey = libraryPrivateKey(key.privateKey.view(), context.raw());
    if (!privateKey)
        return CryptoError::InvalidKey;
    context.takeRandomFailure();
    BufferPtr signature;
    const int code =
        curve_calculate_signature(context.raw(), out(signature), privateKey.get(), raw(message), length(message));
    if (context.takeRandomFailure())
        return CryptoError::RandomFailed;
    if (code < 0)
        return errorOfLibrary(code);
    return view(signature.get()).toByteArray();
}

bool verify(SignalContext &context, const CurvePublicKey &key, ByteView message, ByteView signature)
{
    const auto publicKey = libraryKey(key, context.raw());
    return publicKey && signature.size() == kCurveSignatureBytes
        && curve_verify_signature(publicKey.get(), raw(message), length(message), raw(signature), length(signature))
        == 1;
}

} // namespace sotto::native
