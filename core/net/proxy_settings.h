#pragma once
#include <QString>
#include <cstdint>

namespace sotto {

/// How an account reaches its relay. Loopback addresses are always reached directly.
struct ProxySettings {
    enum class Kind {
        System,      ///< what the operating system says for this address
        None,        ///< directly
        Socks5,      ///< host names are resolved by the proxy
        HttpConnect,
    };
    Kind kind = Kind::System;
    QString host;          ///< of Socks5 and HttpConnect
    std::uint16_t port = 0;
    QString user;          ///< empty: no authentication
    QString password;

    friend bool operator==(const ProxySettings &, const ProxySettings &) = default;
};

} // namespace sotto
