#include "core/crypto/crypto_error.h"

namespace sotto {

const char *name(CryptoError error)
{
    switch (error) {
    case CryptoError::Duplicate: return "duplicate";
    case CryptoError::InvalidKey: return "invalid_key";
    case CryptoError::InvalidKeyId: return "invalid_key_id";
    case CryptoError::InvalidMessage: return "invalid_message";
    case CryptoError::InvalidVersion: return "invalid_version";
    case CryptoError::Legacy: return "legacy";
    case CryptoError::NoSession: return "no_session";
    case CryptoError::UntrustedIdentity: return "untrusted_identity";
    case CryptoError::InvalidProtobuf: return "invalid_protobuf";
    case CryptoError::InvalidArgument: return "invalid_argument";
    case CryptoError::NeedsRetry: return "needs_retry";
    case CryptoError::ReplayedPreKeyMessage: return "replayed_prekey_message";
    case CryptoError::StoreFailed: return "store_failed";
    case CryptoError::CorruptRecord: return "corrupt_record";
    case CryptoError::RandomFailed: return "random_failed";
    case CryptoError::OutOfMemory: return "out_of_memory";
    case CryptoError::Other: return "other";
    }
    return "other";
}

} // namespace sotto
