#pragma once
#include <QString>
#include <cstdint>
#include <optional>

namespace sotto {

/// The seconds that "30s", "5m", "1h", "1d" or "1w" say, 0 for "off"; nothing for another word.
std::optional<std::uint32_t> timerFrom(const QString &word);

/// The same for a person: "1 hour", "90 seconds"; "off" for 0.
QString timerText(std::uint32_t seconds);

} // namespace sotto
