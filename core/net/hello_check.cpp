#include "core/net/hello_check.h"

#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/primitives/ed25519.h"
#include "core/primitives/hash.h"
#include "core/wire/limits.h"

#include <QtEndian>
#include <algorithm>

namespace sotto {

namespace {

/// "sotto/v1/<purpose>\0" || body: what a signature of the project covers.
Bytes signedMessage(const char *purpose, ByteView body)
{
    Bytes message("sotto/v1/");
    message.append(purpose).append('\0').append(body.data(), body.size());
    return message;
}

bool isSignedBy(const RelayKey &key, const char *purpose, const wire::SignedEntry &entry)
{
    return verifyEd25519(signedMessage(purpose, entry.body), entry.signature, key.view());
}

} // namespace

Result<CheckedHello, HelloRefusal> checkHello(const wire::HelloFrame &frame, const Hash256 &spki, const RelayPins &pins)
{
    const auto hello = wire::decodeHello(frame.hello.body);
    if (!hello)
        return HelloRefusal::NotAHello;
    const bool pinned = hello->relayKey == pins.key || hello->relayKey == pins.nextKey;
    if (refuseUnless(Check::RelayKeyPinned, pinned))
        return HelloRefusal::OtherRelayKey;
    if (refuseUnless(Check::RelayHelloSigned, isSignedBy(hello->relayKey, "relay-hello", frame.hello)))
        return HelloRefusal::BadSignature;
    const bool sameChannel = std::find(hello->tlsSpki.begin(), hello->tlsSpki.end(), spki) != hello->tlsSpki.end();
    if (refuseUnless(Check::ChannelPinned, sameChannel))
        return HelloRefusal::OtherCertificate;
    if (hello->protocolMajor != wire::kProtocolMajor)
        return HelloRefusal::VersionUnsupported;
    return CheckedHello{*hello, sha256(frame.hello.body)};
}

std::optional<RelayPins> newerPins(const CheckedHello &hello, const RelayPins &pins)
{
    if (!hello.hello.relayInfo)
        return std::nullopt;
    const wire::SignedEntry &entry = *hello.hello.relayInfo;
    if (refuseUnless(Check::RelayInfoSigned, isSignedBy(hello.hello.relayKey, "relay-info", entry)))
        return std::nullopt;
    const auto info = wire::decodeRelayInfo(entry.body);
    if (!info || info->version <= pins.infoVersion)
        return std::nullopt;
    RelayPins newer{hello.hello.relayKey, info->nextRelayKey, {}, info->version};
    for (const QString &text : info->addresses) {
        if (const auto address = RelayAddress::parse(text))
            newer.addresses.push_back(*address);
    }
    if (newer.addresses.empty()) {
        qCWarning(lcNet, "the relay's address list cannot be read; the known addresses stay");
        return std::nullopt;
    }
    return newer;
}

Bytes authenticationMessage(const Hash256 &helloBodyHash, const DeviceAddress &self)
{
    Bytes body = helloBodyHash.toBytes() + self.account.toBytes();
    const std::uint32_t number = qToBigEndian(self.device.number());
    body.append(reinterpret_cast<const char *>(&number), sizeof number);
    return signedMessage("relay-auth", body);
}

} // namespace sotto
