#pragma once
#include "core/base/bytes.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace sotto {

/// Counters as one column holds them: 8 bytes each, big-endian. For this folder only.
Bytes encodeCounters(const std::vector<std::uint64_t> &counters);
/// The inverse; nothing unless the counters rise.
std::optional<std::vector<std::uint64_t>> decodeCounters(ByteView bytes);

} // namespace sotto
