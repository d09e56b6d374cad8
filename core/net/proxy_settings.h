#pragma once
#include <QNetworkProxy>
#include <QString>
#include <cstdint>
#include <optional>

namespace sotto {

/// How an account reaches its relay.
struct ProxySettings {
    enum class Kind {
        System, ///< what the operating system says for this address; loopback directly
        None,   ///< directly
        Socks5, ///< host names are resolved by the proxy
        HttpConnect,
    };
    Kind kind = Kind::System;
    QString host; ///< of Socks5 and HttpConnect
    std::uint16_t port = 0;
    QString user; ///< empty: no authentication
    QString password;

    /// Qt's default proxy means System; kinds that cannot carry a WebSocket mean None.
    static ProxySettings from(const QNetworkProxy &proxy);

    /// As a setting keeps it: "system", "none", or a URL with scheme socks5 or http, host, port and perhaps user and
    /// password.
    QString toText() const;
    /// What toText() wrote, or what a person typed like that; nothing for anything else.
    static std::optional<ProxySettings> fromText(const QString &text);

    friend bool operator==(const ProxySettings &, const ProxySettings &) = default;
};

} // namespace sotto
