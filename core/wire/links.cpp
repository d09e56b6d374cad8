#include "core/wire/links.h"

#include "core/wire/limits.h"
#include "core/wire/proto/ledger.pb.h"
#include "core/wire/proto/ledger_schema.h"
#include "core/wire/proto_values.h"

#include <algorithm>

namespace sotto::wire {

namespace {
namespace pb = ::sotto::ledger::v1;
namespace rules = ::sotto::wire::schema::ledger;

constexpr QLatin1String kInvitePrefix("sotto:invite/");
constexpr QLatin1String kContactPrefix("sotto:contact/");
constexpr QLatin1String kSafetyPrefix("sotto:safety/");
constexpr auto kBase64 = QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals;

QString linkText(QLatin1String prefix, ByteView content)
{
    return prefix + QString::fromLatin1(content.toByteArray().toBase64(kBase64));
}

/// What stands behind the prefix, in base64url.
Result<Bytes, WireError> linkBytes(QStringView text, QLatin1String prefix)
{
    if (text.size() > 2 * kMaxLinkLetters) // room for white space around it
        return WireError::TooLarge;
    text = text.trimmed();
    if (text.size() > kMaxLinkLetters)
        return WireError::TooLarge;
    if (!text.startsWith(prefix))
        return WireError::Malformed;
    const QByteArray letters = text.sliced(prefix.size()).toLatin1();
    const auto decoded = Bytes::fromBase64Encoding(letters, kBase64 | QByteArray::AbortOnBase64DecodingErrors);
    // No padding, no spare bits: one spelling of the same bytes.
    if (!decoded || (*decoded).toBase64(kBase64) != letters)
        return WireError::Malformed;
    return *decoded;
}

/// The message in a link, after the strict scan.
template <class Message>
Result<Message, WireError> linkContent(QStringView text, QLatin1String prefix, const MessageRule &rule)
{
    const auto bytes = linkBytes(text, prefix);
    if (!bytes)
        return bytes.error();
    return parse<Message>(*bytes, rule, kMaxLinkLetters);
}

template <class Addresses> std::optional<QStringList> takeAddresses(const Addresses &from)
{
    QStringList addresses;
    for (const std::string &address : from) {
        addresses.append(textOf(address));
        if (!isRelayAddress(addresses.constLast()))
            return std::nullopt;
    }
    if (addresses.isEmpty())
        return std::nullopt;
    return addresses;
}
} // namespace

QString inviteLink(const Invite &invite)
{
    pb::Invite to;
    to.set_version(kInviteVersion);
    to.set_relay_key(bytesOf(invite.relayKey.view()));
    for (const QString &address : invite.addresses)
        to.add_addresses(address.toStdString());
    to.set_secret(bytesOf(invite.secret.view()));
    to.set_expires_ms(invite.expires.ms);
    if (invite.inviter)
        to.set_inviter_account(bytesOf(invite.inviter->view()));
    return linkText(kInvitePrefix, serialise(to));
}

Result<Invite, WireError> parseInviteLink(QStringView text)
{
    const auto from = linkContent<pb::Invite>(text, kInvitePrefix, rules::kInvite);
    if (!from)
        return from.error();
    if (from->version() > kInviteVersion)
        return WireError::UnknownCritical;
    const auto relayKey = idOf<RelayKey>(from->relay_key());
    const auto addresses = takeAddresses(from->addresses());
    const auto secret = idOf<InviteSecret>(from->secret());
    const auto inviter = optionalId<AccountId>(from->inviter_account());
    if (from->version() == 0 || from->expires_ms() <= 0 || !relayKey || !addresses || !secret || !inviter)
        return WireError::Invalid;
    return Invite{*relayKey, *addresses, *secret, {from->expires_ms()}, *inviter};
}

QString contactLink(const ContactLink &link)
{
    pb::ContactLink to;
    to.set_relay_key(bytesOf(link.relayKey.view()));
    for (const QString &address : link.addresses)
        to.add_addresses(address.toStdString());
    to.set_account(bytesOf(link.account.view()));
    to.set_handle(link.handle.toStdString());
    if (link.secret)
        to.set_secret(bytesOf(*link.secret));
    return linkText(kContactPrefix, serialise(to));
}

Result<ContactLink, WireError> parseContactLink(QStringView text)
{
    const auto from = linkContent<pb::ContactLink>(text, kContactPrefix, rules::kContactLink);
    if (!from)
        return from.error();
    const auto relayKey = idOf<RelayKey>(from->relay_key());
    const auto addresses = takeAddresses(from->addresses());
    const auto account = idOf<AccountId>(from->account());
    const QString handle = textOf(from->handle());
    const auto secret = optionalBytes(from->secret(), kContactLinkSecretBytes);
    if (!relayKey || !addresses || !account || !secret || (!handle.isEmpty() && !isHandle(handle)))
        return WireError::Invalid;
    return ContactLink{*relayKey, *addresses, *account, handle, *secret};
}

QString safetyLink(ByteView scannable) { return linkText(kSafetyPrefix, scannable); }

Result<Bytes, WireError> parseSafetyLink(QStringView text)
{
    auto bytes = linkBytes(text, kSafetyPrefix);
    if (bytes && (bytes->isEmpty() || bytes->size() > kMaxScannableBytes))
        return WireError::Invalid;
    return bytes;
}

bool isHandle(QStringView handle)
{
    return handle.size() >= 3 && handle.size() <= 30 && std::all_of(handle.begin(), handle.end(), [](QChar c) {
               return (c >= u'a' && c <= u'z') || (c >= u'0' && c <= u'9') || c == u'_' || c == u'.';
           });
}

bool isRelayAddress(QStringView address)
{
    if (address.size() > kMaxAddressBytes)
        return false;
    const qsizetype colon = address.lastIndexOf(u':');
    if (colon < 1)
        return false;
    const QStringView host = address.first(colon);
    const QStringView port = address.sliced(colon + 1);
    const auto isDigit = [](QChar c) { return c >= u'0' && c <= u'9'; };
    if (port.isEmpty() || port.size() > 5 || !std::all_of(port.begin(), port.end(), isDigit) || port.toInt() < 1
        || port.toInt() > 65535) {
        return false;
    }
    const bool isV6 = host.startsWith(u'[') && host.endsWith(u']') && host.size() > 2;
    const QStringView name = isV6 ? host.sliced(1, host.size() - 2) : host;
    return std::all_of(name.begin(), name.end(), [isV6](QChar c) {
        return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') || c == u'.'
            || c == u'-' || (isV6 && (c == u':' || c == u'%'));
    });
}

} // namespace sotto::wire
