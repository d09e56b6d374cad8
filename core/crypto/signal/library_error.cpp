#include "core/crypto/signal/library_error.h"

#include <signal/signal_protocol.h>

namespace sotto::native {

CryptoError errorOfLibrary(int code)
{
    switch (code) {
    case SG_ERR_NOMEM: return CryptoError::OutOfMemory;
    case SG_ERR_INVAL: return CryptoError::InvalidArgument;
    case SG_ERR_DUPLICATE_MESSAGE: return CryptoError::Duplicate;
    case SG_ERR_INVALID_KEY: return CryptoError::InvalidKey;
    case SG_ERR_INVALID_KEY_ID: return CryptoError::InvalidKeyId;
    case SG_ERR_INVALID_MAC:
    case SG_ERR_INVALID_MESSAGE: return CryptoError::InvalidMessage;
    case SG_ERR_INVALID_VERSION: return CryptoError::InvalidVersion;
    case SG_ERR_LEGACY_MESSAGE: return CryptoError::Legacy;
    case SG_ERR_NO_SESSION: return CryptoError::NoSession;
    case SG_ERR_UNTRUSTED_IDENTITY: return CryptoError::UntrustedIdentity;
    case SG_ERR_INVALID_PROTO_BUF: return CryptoError::InvalidProtobuf;
    }
    return CryptoError::Other;
}

} // namespace sotto::native
