#pragma once
#include "core/base/ids.h"
#include "core/net/relay_address.h"

#include <optional>
#include <vector>

namespace sotto {

/// What a client knows of its relay before it connects: from the invite, later from the newest RelayInfo. Stored with
/// the account.
struct RelayPins {
    RelayKey key;                        ///< the relay's signing key
    std::optional<RelayKey> nextKey;     ///< announced by the relay as its next one: good as well
    std::vector<RelayAddress> addresses; ///< tried in this order; the one that worked last comes first
    std::uint64_t infoVersion = 0;       ///< of the RelayInfo these come from; 0: from an invite or set by hand

    friend bool operator==(const RelayPins &, const RelayPins &) = default;
};

} // namespace sotto
