#include "server/store/signed_entry_columns.h"

namespace sotto::relay {

Bytes packProofs(const std::vector<Bytes> &proofs)
{
    Bytes packed;
    for (const Bytes &proof : proofs) {
        Q_ASSERT(proof.size() < 256);
        packed.append(char(proof.size()));
        packed.append(proof);
    }
    return packed;
}

std::optional<std::vector<Bytes>> unpackProofs(ByteView packed)
{
    std::vector<Bytes> proofs;
    while (!packed.isEmpty()) {
        const qsizetype size = std::uint8_t(packed.front());
        if (packed.size() < 1 + size)
            return std::nullopt;
        proofs.push_back(packed.sliced(1, size).toByteArray());
        packed = packed.sliced(1 + size);
    }
    return proofs;
}

wire::SignedEntry readSignedEntry(Row &row, int column)
{
    wire::SignedEntry entry{row.bytes(column), row.bytes(column + 1), {}};
    if (auto proofs = unpackProofs(row.view(column + 2)))
        entry.proofs = std::move(*proofs);
    else
        row.markCorrupt();
    return entry;
}

} // namespace sotto::relay
