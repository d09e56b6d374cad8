#pragma once
#include <QString>
#include <cstdint>
#include <optional>

namespace sotto {

/// Where a relay listens.
struct RelayAddress {
    static constexpr std::uint16_t kDefaultPort = 443;

    QString host; ///< name or literal address; IPv6 without brackets
    std::uint16_t port = kDefaultPort;

    /// Reads "host", "host:port", "1.2.3.4:port" or "[v6]:port". Nothing for an empty host, a port of 0 or over 65535,
    /// and for characters no host has (spaces, slashes, "@").
    static std::optional<RelayAddress> parse(QStringView text);
    /// The form that parse() reads.
    QString toString() const;

    friend bool operator==(const RelayAddress &, const RelayAddress &) = default;
};

} // namespace sotto
