#include "core/net/relay_address.h"

namespace sotto {

namespace {

constexpr qsizetype kMaxHostCharacters = 253; // RFC 1035, 2.3.4, as text

bool isHostCharacter(QChar c)
{
    return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') || c == u'-' || c == u'.'
        || c == u'_' || c.unicode() > 0x7f; // international names are the resolver's business
}

bool isIpv6Character(QChar c)
{
    return (c >= u'a' && c <= u'f') || (c >= u'A' && c <= u'F') || (c >= u'0' && c <= u'9') || c == u':' || c == u'.';
}

std::optional<std::uint16_t> parsePort(QStringView text)
{
    if (text.isEmpty() || text.size() > 5)
        return std::nullopt;
    for (const QChar c : text) {
        if (c < u'0' || c > u'9')
            return std::nullopt;
    }
    const int port = text.toInt();
    if (port < 1 || port > 65535)
        return std::nullopt;
    return std::uint16_t(port);
}

} // namespace

std::optional<RelayAddress> RelayAddress::parse(QStringView text)
{
    RelayAddress address;
    QStringView rest;
    if (text.startsWith(u'[')) {
        const qsizetype end = text.indexOf(u']');
        if (end < 0)
            return std::nullopt;
        address.host = text.sliced(1, end - 1).toString();
        rest = text.sliced(end + 1);
        if (!std::all_of(address.host.cbegin(), address.host.cend(), isIpv6Character))
            return std::nullopt;
    } else {
        const qsizetype colon = text.indexOf(u':');
        address.host = (colon < 0 ? text : text.first(colon)).toString();
        rest = colon < 0 ? QStringView() : text.sliced(colon);
        if (!std::all_of(address.host.cbegin(), address.host.cend(), isHostCharacter))
            return std::nullopt;
    }
    if (address.host.isEmpty() || address.host.size() > kMaxHostCharacters)
        return std::nullopt;
    if (rest.isEmpty())
        return address;
    const auto port = rest.startsWith(u':') ? parsePort(rest.sliced(1)) : std::nullopt;
    if (!port)
        return std::nullopt;
    address.port = *port;
    return address;
}

QString RelayAddress::toString() const
{
    const QString shown = host.contains(u':') ? u'[' + host + u']' : host;
    return shown + u':' + QString::number(port);
}

} // namespace sotto
