#include "core/net/proxy_settings.h"

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

} // namespace sotto
