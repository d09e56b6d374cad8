#include "core/messaging/sending/envelope_sealer.h"

#include "core/crypto/payload_cipher.h"
#include "core/crypto/sealed_sender.h"
#include "core/crypto/session_cipher.h"
#include "core/primitives/padding.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

Result<std::variant<Bytes, content::PayloadRef>, CryptoError> EnvelopeSealer::place(const Bytes &body, Bytes *payload)
{
    using Place = std::variant<Bytes, content::PayloadRef>;
    if (body.size() <= content::kMaxInlineBodyBytes)
        return Place(body);
    auto sealed = sealPayload(padded(body), m_random);
    if (!sealed)
        return sealed.error();
    *payload = std::move(sealed->bytes);
    return Place(content::PayloadRef{sealed->key.view().toByteArray(), sealed->hash});
}

Result<bool, CryptoError> EnvelopeSealer::canSealFor(const DeviceAddress &device)
{
    return m_sessions.hasSession(device);
}

Result<wire::Target, CryptoError> EnvelopeSealer::seal(const content::Inner &message, const RecipientAccount &to)
{
    wire::Target target{to.account, to.logVersion, to.token, {}};
    content::Inner own = message;
    own.header.peerAccount = to.peerAccount;
    for (const RecipientDevice &device : to.devices) {
        auto copy = sealCopy(own, to.account, device);
        if (!copy)
            return copy.error();
        target.copies.push_back(std::move(*copy));
    }
    return target;
}

Result<wire::Copy, CryptoError> EnvelopeSealer::sealCopy(content::Inner message, const AccountId &account,
                                                         const RecipientDevice &device)
{
    const DeviceAddress address{account, device.device};
    message.ephemeralSecret = device.ephemeralSecret;
    message.header.streamStart = device.streamStart;
    message.header.lastCounter = device.lastCounter;
    Bytes encoded = content::encode(message);
    Bytes plaintext = padded(encoded);
    const auto frame = m_sessions.encrypt(address, plaintext);
    wipe(encoded);
    wipe(plaintext);
    if (!frame)
        return frame.error();
    std::optional<Hash256> payloadHash;
    if (const auto *payload = std::get_if<content::PayloadRef>(&message.place))
        payloadHash = payload->sha256;
    auto sender = m_senders.seal(address, device.sealingKey, {message.header.messageId, frame->bytes, payloadHash});
    if (!sender)
        return sender.error();
    const auto kind = frame->type == RatchetFrameType::PreKey ? wire::CopyKind::PreKey : wire::CopyKind::Signal;
    return wire::Copy{device.device, kind, std::move(*sender), frame->bytes};
}

} // namespace sotto
