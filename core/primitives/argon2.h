#pragma once
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

inline constexpr qsizetype kArgon2SaltBytes = 16;

/// The cost of one guess at a passphrase.
struct Argon2Parameters {
    std::uint32_t memoryKiB = 256 * 1024;
    std::uint32_t passes = 3;

    /// 256 MiB and 3 passes: about 0.8 s on the development machine (security.md A1.1).
    static Argon2Parameters standard() { return {}; }
    /// The least that is ever accepted: 64 MiB and 2 passes.
    static Argon2Parameters floor() { return {64 * 1024, 2}; }
    /// Whether neither number is under the floor nor over what a machine can be asked for (4 GiB, 64 passes).
    bool isAcceptable() const;
    friend bool operator==(const Argon2Parameters &, const Argon2Parameters &) = default;
};

/// Argon2id (RFC 9106, one lane) of a passphrase. `salt` has 16 bytes, `size` is 16 to 64. InvalidArgument for
/// parameters that are not acceptable (KdfFloor), Internal when the memory cannot be had. Slow on purpose: not on the
/// core thread.
Result<SecretBytes> argon2id(ByteView passphrase, ByteView salt, Argon2Parameters parameters, qsizetype size);

} // namespace sotto
