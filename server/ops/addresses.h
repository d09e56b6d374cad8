#pragma once
#include <QHostAddress>
#include <QStringList>

#include <cstdint>

namespace sotto::relay {

/// "host:port" or "[v6]:port".
QString addressText(const QHostAddress &address, std::uint16_t port);

/// Under which addresses clients can reach a relay that listens on `address` and `port`, the best first, at most four:
/// `address` itself unless it means "all", then this machine's addresses: IPv4 of the local network, global IPv6, and
/// loopback when there is nothing else.
QStringList reachableAddresses(const QHostAddress &address, std::uint16_t port);

/// "host" or "host:port" as an operator writes it, with `port` where none is given. Empty when it is neither.
QString publicAddress(const QString &text, std::uint16_t port);

} // namespace sotto::relay
