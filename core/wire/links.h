#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/wire/proto_scan.h"

#include <QString>
#include <QStringList>
#include <optional>

namespace sotto::wire {

inline constexpr int kMaxLinkAddresses = 4;
inline constexpr qsizetype kMaxAddressBytes = 260;
inline constexpr qsizetype kMaxLinkLetters = 2048;
inline constexpr std::uint32_t kInviteVersion = 1;
inline constexpr qsizetype kMaxScannableBytes = 256;

/// What an invite link says: where the relay is, how to know it, and the secret that lets one person in.
struct Invite {
    RelayKey relayKey;
    QStringList addresses; ///< 1 to 4 of "host:port", the best first
    InviteSecret secret;
    Timestamp expires; ///< relay time
    std::optional<AccountId> inviter;
    friend bool operator==(const Invite &, const Invite &) = default;
};

/// What a contact link says: a person, without trusting the relay's word for it.
struct ContactLink {
    RelayKey relayKey;
    QStringList addresses; ///< 1 to 4 of "host:port"
    AccountId account;
    QString handle;                             ///< for show; empty when there is none
    std::optional<Bytes> secret = std::nullopt; ///< kContactLinkSecretBytes; shows that a request came by this link
    friend bool operator==(const ContactLink &, const ContactLink &) = default;
};

/// "sotto:invite/…" in base64url without padding.
QString inviteLink(const Invite &invite);
/// An invite link as a person pasted it; white space around it does not matter. Text of any length and content is
/// refused in bounded time (WireError). Nothing is ever done with a link without a confirming screen.
Result<Invite, WireError> parseInviteLink(QStringView text);
/// "sotto:contact/…" in base64url without padding.
QString contactLink(const ContactLink &link);
/// A contact link as a person pasted it; as parseInviteLink().
Result<ContactLink, WireError> parseContactLink(QStringView text);

/// "sotto:safety/…": what one side's QR code of a safety number says, libsignal's scannable fingerprint.
QString safetyLink(ByteView scannable);
/// Its bytes, at most kMaxScannableBytes; whether they are a fingerprint says isSameSafetyNumber(). As
/// parseInviteLink().
Result<Bytes, WireError> parseSafetyLink(QStringView text);

/// Whether `handle` is one: [a-z0-9_.]{3,30}.
bool isHandle(QStringView handle);
/// Whether `address` can be one of a relay: "host:port" or "[v6]:port", printable ASCII, port 1 to 65535.
bool isRelayAddress(QStringView address);

} // namespace sotto::wire
