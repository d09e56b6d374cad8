#pragma once
#include "core/base/result.h"
#include "core/crypto/crypto_error.h"
#include "core/primitives/secret_bytes.h"

#include <optional>
#include <vector>

namespace sotto {

/// What a sender key store holds for one chain owner: the library's record and, in front of it, which chains it has
/// ever distributed: the record itself remembers five (layout in sender_key_row.cpp).
struct SenderKeyRow {
    std::optional<std::uint32_t> generation; ///< of the newest distribution that stated one
    std::vector<std::uint32_t> knownChains;  ///< ids of all chains that came without a generation
    SecretBytes record;

    /// The bytes to store.
    SecretBytes serialized() const;
    /// StoreFailed for bytes that serialized() did not make.
    static Result<SenderKeyRow, CryptoError> parse(ByteView stored);
};

} // namespace sotto
