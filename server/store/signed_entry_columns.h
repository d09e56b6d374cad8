#pragma once
#include "core/sqlite/statement.h"
#include "core/wire/signed_entry.h"

namespace sotto::relay {

/// The proofs of a signed entry in one column: each with a length byte before it (none is longer than 64).
Bytes packProofs(const std::vector<Bytes> &proofs);
/// Nothing when the bytes are not what packProofs makes.
std::optional<std::vector<Bytes>> unpackProofs(ByteView packed);
/// Reads body, signature and proofs from three columns starting at `column`.
wire::SignedEntry readSignedEntry(Row &row, int column);

} // namespace sotto::relay
