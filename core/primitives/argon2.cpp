#include "core/primitives/argon2.h"

#include "core/base/check.h"
#include "core/primitives/raw_bytes.h"

#include <sodium.h>

namespace sotto {

static_assert(kArgon2SaltBytes == crypto_pwhash_argon2id_SALTBYTES);

bool Argon2Parameters::isAcceptable() const
{
    if (refuseUnless(Check::KdfFloor, memoryKiB >= floor().memoryKiB && passes >= floor().passes))
        return false;
    return memoryKiB <= 4u * 1024 * 1024 && passes <= 64;
}

Result<SecretBytes> argon2id(ByteView passphrase, ByteView salt, Argon2Parameters parameters, qsizetype size)
{
    if (!parameters.isAcceptable() || salt.size() != kArgon2SaltBytes || size < 16 || size > 64)
        return ErrorCode::InvalidArgument;
    SecretBytes key = SecretBytes::zeros(size);
    if (crypto_pwhash_argon2id(key.data(), std::size_t(size), reinterpret_cast<const char *>(raw(passphrase)),
                               std::size_t(passphrase.size()), raw(salt), parameters.passes,
                               std::size_t(parameters.memoryKiB) * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13)
        != 0) {
        return Error(ErrorCode::Internal, QStringLiteral("not enough memory for the passphrase"));
    }
    return key;
}

} // namespace sotto
