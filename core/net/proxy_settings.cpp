#include "core/net/proxy_settings.h"

#include <QUrl>

namespace sotto {

ProxySettings ProxySettings::from(const QNetworkProxy &proxy)
{
    ProxySettings settings{Kind::None, proxy.hostName(), proxy.port(), proxy.user(), proxy.password()};
    switch (proxy.type()) {
    case QNetworkProxy::DefaultProxy: return {};
    case QNetworkProxy::Socks5Proxy: settings.kind = Kind::Socks5; return settings;
    case QNetworkProxy::HttpProxy: settings.kind = Kind::HttpConnect; return settings;
    default: return {Kind::None, {}, 0, {}, {}};
    }
}

QString ProxySettings::toText() const
{
    if (kind == Kind::System)
        return QStringLiteral("system");
    if (kind == Kind::None)
        return QStringLiteral("none");
    QUrl url;
    url.setScheme(kind == Kind::Socks5 ? QStringLiteral("socks5") : QStringLiteral("http"));
    url.setHost(host);
    url.setPort(port);
    url.setUserName(user, QUrl::DecodedMode);
    url.setPassword(password, QUrl::DecodedMode);
    return QString::fromLatin1(url.toEncoded());
}

std::optional<ProxySettings> ProxySettings::fromText(const QString &text)
{
    if (text == QStringLiteral("system"))
        return ProxySettings{};
    if (text == QStringLiteral("none"))
        return ProxySettings{Kind::None, {}, 0, {}, {}};
    const QUrl url(text, QUrl::StrictMode);
    const bool isSocks = url.scheme() == QStringLiteral("socks5");
    const bool isHttp = url.scheme() == QStringLiteral("http");
    const bool isPlain =
        (url.path().isEmpty() || url.path() == QStringLiteral("/")) && !url.hasQuery() && !url.hasFragment();
    if (!url.isValid() || (!isSocks && !isHttp) || !isPlain || url.host().isEmpty() || url.port() < 1)
        return std::nullopt;
    return ProxySettings{isSocks ? Kind::Socks5 : Kind::HttpConnect, url.host(), std::uint16_t(url.port()),
                         url.userName(QUrl::FullyDecoded), url.password(QUrl::FullyDecoded)};
}

} // namespace sotto
