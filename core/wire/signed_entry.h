#pragma once
#include "core/base/bytes.h"

#include <vector>

namespace sotto::wire {

/// Bytes somebody signed, kept exactly as they came: the signature is over "sotto/v1/<purpose>\0" and the body. Says
/// nothing about whether the signature is right; core/ledger verifies.
struct SignedEntry {
    Bytes body;
    Bytes signature;
    std::vector<Bytes> proofs;
    friend bool operator==(const SignedEntry &, const SignedEntry &) = default;
};

} // namespace sotto::wire
