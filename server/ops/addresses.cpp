#include "server/ops/addresses.h"

#include "core/wire/links.h"

#include <QNetworkInterface>

namespace sotto::relay {

QString addressText(const QHostAddress &address, std::uint16_t port)
{
    QHostAddress plain = address;
    plain.setScopeId({});
    const QString host = plain.toString();
    return plain.protocol() == QAbstractSocket::IPv6Protocol ? QStringLiteral("[%1]:%2").arg(host).arg(port)
                                                             : QStringLiteral("%1:%2").arg(host).arg(port);
}

QStringList reachableAddresses(const QHostAddress &address, std::uint16_t port)
{
    const bool isAll = address == QHostAddress(QHostAddress::AnyIPv4) || address == QHostAddress(QHostAddress::AnyIPv6)
        || address == QHostAddress(QHostAddress::Any);
    if (!isAll)
        return {addressText(address, port)};
    QStringList v4;
    QStringList v6;
    for (const QHostAddress &own : QNetworkInterface::allAddresses()) {
        if (own.isLoopback() || own.isLinkLocal())
            continue;
        (own.protocol() == QAbstractSocket::IPv4Protocol ? v4 : v6).append(addressText(own, port));
    }
    QStringList all = v4;
    if (address != QHostAddress(QHostAddress::AnyIPv4))
        all += v6;
    if (all.isEmpty())
        all.append(addressText(QHostAddress(QHostAddress::LocalHost), port));
    return all.mid(0, wire::kMaxLinkAddresses);
}

QString publicAddress(const QString &text, std::uint16_t port)
{
    if (wire::isRelayAddress(text))
        return text;
    const bool isBareIpv6 = QHostAddress(text).protocol() == QAbstractSocket::IPv6Protocol;
    const QString withPort = (isBareIpv6 ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2")).arg(text).arg(port);
    return wire::isRelayAddress(withPort) ? withPort : QString();
}

} // namespace sotto::relay
