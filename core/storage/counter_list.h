#pragma once
#include "core/base/bytes.h"

#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

namespace sotto {

/// Counters as one column holds them: 8 bytes each, big-endian. For this folder only.
Bytes encodeCounters(const std::vector<std::uint64_t> &counters);
/// The inverse; nothing unless the counters rise.
std::optional<std::vector<std::uint64_t>> decodeCounters(ByteView bytes);

/// Counters as SQL can look for them: ",5,200,"; without any "".
QString countersToText(const std::vector<std::uint64_t> &counters);
/// The inverse; nothing unless the counters rise.
std::optional<std::vector<std::uint64_t>> countersFromText(const QString &text);

} // namespace sotto
