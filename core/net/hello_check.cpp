#include "core/net/hello_check.h"

#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/ledger/signature.h"
#include "core/primitives/hash.h"
#include "core/wire/limits.h"

#include <QtEndian>
#include <algorithm>

namespace sotto {

Result<CheckedHello, HelloRefusal> checkHello(const wire::HelloFrame &frame, const Hash256 &spki, const RelayPins &pins)
{
    const auto hello = wire::decodeHello(frame.hello.body);
    if (!hello)
        return HelloRefusal::NotAHello;
    const bool pinned = hello->relayKey == pins.key || hello->relayKey == pins.nextKey;
    if (refuseUnless(Check::RelayKeyPinned, pinned))
        return HelloRefusal::OtherRelayKey;
    const bool isSigned = verifyEntry(Purpose::RelayHello, frame.hello, hello->relayKey.view());
    if (refuseUnless(Check::RelayHelloSigned, isSigned))
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
    const bool isSigned = verifyEntry(Purpose::RelayInfo, entry, hello.hello.relayKey.view());
    if (refuseUnless(Check::RelayInfoSigned, isSigned))
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
    Bytes message = purposePrefix(Purpose::RelayAuth).toByteArray();
    message += helloBodyHash.toBytes() + self.account.toBytes();
    const std::uint32_t number = qToBigEndian(self.device.number());
    message.append(reinterpret_cast<const char *>(&number), sizeof number);
    return message;
}

} // namespace sotto
