#include "core/crypto/signal/signal_ptr.h"

namespace sotto::native {

LibraryPtr<ec_public_key> libraryKey(const CurvePublicKey &key, signal_context *context)
{
    LibraryPtr<ec_public_key> result;
    const int code = curve_decode_point(out(result), key.bytes().data(), key.bytes().size(), context);
    return code == SG_SUCCESS ? std::move(result) : nullptr;
}

LibraryPtr<ec_private_key> libraryPrivateKey(ByteView key, signal_context *context)
{
    LibraryPtr<ec_private_key> result;
    const int code = curve_decode_private_point(out(result), raw(key), length(key), context);
    return code == SG_SUCCESS ? std::move(result) : nullptr;
}

std::optional<CurvePublicKey> keyValue(const ec_public_key *key)
{
    BufferPtr bytes;
    if (!key || ec_public_key_serialize(out(bytes), key) != SG_SUCCESS)
        return std::nullopt;
    return CurvePublicKey::fromBytes(view(bytes.get()));
}

} // namespace sotto::native
