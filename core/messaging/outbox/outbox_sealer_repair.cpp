// What the sealer does for repair: remembers who got what, and seals answers and requests for one device.
#include "core/account/device_directory.h"
#include "core/messaging/outbox/outbox_sealer.h"
#include "core/messaging/repair/resend_body.h"
#include "core/messaging/repair/sealed_retry_box.h"
#include "core/storage/storage.h"

#include <algorithm>
#include <set>

namespace sotto {

/// Every device that the logs name now, but this one: a message is for all of them, also for those that get no copy
/// because there is no session to be had with them.
Result<std::vector<DeviceAddress>, CryptoError> OutboxSealer::devicesOf(const AccountId &recipient)
{
    std::vector<DeviceAddress> devices;
    for (const AccountId &account : std::set{recipient, m_self.account}) {
        const auto log = m_directory.find(account);
        if (!log || !*log)
            return CryptoError::StoreFailed;
        for (const wire::DeviceKeys &keys : (*log)->state().devices) {
            if (DeviceAddress{account, keys.device} != m_self)
                devices.push_back({account, keys.device});
        }
    }
    return devices;
}

/// Whom a counted message is for may ask for it again.
Result<Done, CryptoError> OutboxSealer::remember(const OutboxEntry &entry, const content::Header &header,
                                                 const content::Body &body, const std::vector<RecipientAccount> &to)
{
    if (header.counter == 0)
        return Done{};
    ResendRecord record = resendRecord(entry, header, body, m_clock.now());
    if (const auto *edit = std::get_if<content::Edit>(&body)) {
        // Its words go with the message.
        const auto target = m_storage.messages.find(header.conversation, m_self.account, edit->message);
        if (!target)
            return CryptoError::StoreFailed;
        if (*target)
            record.message = (*target)->row;
    }
    auto devices = devicesOf(entry.recipient);
    if (!devices)
        return devices.error();
    record.devices = std::move(*devices);
    // For those without a copy the stream begins here, too: with the first one they get they see what they miss.
    for (const DeviceAddress &device : record.devices) {
        const auto account = std::ranges::find(to, device.account, &RecipientAccount::account);
        const bool hasCopy = account != to.end()
            && std::ranges::find(account->devices, device.device, &RecipientDevice::device) != account->devices.end();
        if (!hasCopy && !m_storage.streams.startFor(header.conversation, device, header.counter))
            return CryptoError::StoreFailed;
    }
    if (!m_storage.outbox.addResend(record))
        return CryptoError::StoreFailed;
    return Done{};
}

/// The same for devices that have joined since.
Result<Done, CryptoError> OutboxSealer::rememberDevices(const OutboxEntry &entry)
{
    auto record = m_storage.outbox.findResend(entry.innerId);
    if (!record)
        return CryptoError::StoreFailed;
    if (!*record)
        return Done{};
    auto devices = devicesOf(entry.recipient);
    if (!devices)
        return devices.error();
    (*record)->devices = std::move(*devices); // those it has stay
    if (!m_storage.outbox.addResend(**record))
        return CryptoError::StoreFailed;
    return Done{};
}

/// What stood above a message when it was first sent, with the log heads of now; nothing when a log is gone.
Result<std::optional<content::Header>, CryptoError> OutboxSealer::headerAgain(const ResendRecord &record)
{
    using Again = std::optional<content::Header>;
    const auto chat = m_storage.conversations.find(record.conversation);
    if (!chat)
        return CryptoError::StoreFailed;
    if (!*chat)
        return Again();
    const auto ownLog = m_directory.find(m_self.account);
    if (!ownLog || !*ownLog)
        return CryptoError::StoreFailed;
    const content::LogHead ownHead = headOf(**ownLog);
    const auto peerLog = m_directory.find((*chat)->peer);
    if (!peerLog)
        return CryptoError::StoreFailed;
    if (!*peerLog)
        return Again();
    return Again(content::Header{record.conversation, m_self.account, m_self.device, record.innerId, ownHead,
                                 headOf(**peerLog), record.counter, record.previousHash, 0, record.clientTime,
                                 (*chat)->peer, record.acceptedAt});
}

Result<std::optional<wire::Submit>, CryptoError> OutboxSealer::sealAgain(const OutboxEntry &entry)
{
    using Sealed = std::optional<wire::Submit>;
    const auto record = m_storage.outbox.findResend(entry.innerId);
    if (!record)
        return CryptoError::StoreFailed;
    if (!*record || !entry.onlyDevice)
        return Sealed();
    const DeviceAddress address{entry.recipient, *entry.onlyDevice};
    const auto found = m_directory.findDevice(address);
    if (!found)
        return CryptoError::StoreFailed;
    if (!*found)
        return Sealed();
    const auto reachable = m_envelopes.canSealFor(address);
    if (!reachable || !*reachable)
        return reachable ? CryptoError::NoSession : reachable.error();
    const Bytes sealingKey = (*found)->sealingKey.toBytes();
    auto header = headerAgain(**record);
    if (!header)
        return header.error();
    if (!*header)
        return Sealed();
    const auto body = resendBody(m_storage, **record);
    if (!body)
        return CryptoError::StoreFailed;
    const auto log = m_directory.find(entry.recipient);
    const auto start = m_storage.streams.startFor((*record)->conversation, address, (*record)->counter);
    const auto seq = m_storage.relay.nextSubmitSeq();
    if (!log || !*log || !start || !seq)
        return CryptoError::StoreFailed;
    RecipientAccount to{entry.recipient, (*log)->version(), deliveryToken(entry.recipient), {}, std::nullopt};
    if (entry.recipient == m_self.account)
        to.peerAccount = (*header)->peerAccount;
    to.devices.push_back({*entry.onlyDevice, sealingKey, std::nullopt, *start});
    wire::Submit submit{*seq, entry.submitId, wire::MailClass(entry.mailClass), 0, {}, {}};
    auto place = m_envelopes.place(*body, &submit.payload);
    if (!place)
        return place.error();
    auto target = m_envelopes.seal({std::move(**header), std::move(*place), std::nullopt}, to);
    if (!target)
        return target.error();
    target->partial = true;
    submit.targets.push_back(std::move(*target));
    return keepPartial(entry, std::move(submit));
}

Result<std::optional<wire::Submit>, CryptoError> OutboxSealer::sealRetry(const OutboxEntry &entry)
{
    using Sealed = std::optional<wire::Submit>;
    const auto content = content::decodeSealedContent(entry.content);
    if (!content)
        return CryptoError::StoreFailed;
    const auto keys = m_directory.findDevice(content->to);
    if (!keys)
        return CryptoError::StoreFailed;
    if (!*keys)
        return Sealed();
    auto copy = m_retries.seal(*content, entry.innerId, **keys);
    if (!copy)
        return copy.error();
    const auto log = m_directory.find(entry.recipient);
    const auto seq = m_storage.relay.nextSubmitSeq();
    if (!log || !*log || !seq)
        return CryptoError::StoreFailed;
    wire::Submit submit{*seq, entry.submitId, wire::MailClass(entry.mailClass), 0, {}, {}};
    submit.targets.push_back(
        {entry.recipient, (*log)->version(), deliveryToken(entry.recipient), {std::move(*copy)}, true});
    return keepPartial(entry, std::move(submit));
}

Result<std::optional<wire::Submit>, CryptoError> OutboxSealer::keepPartial(const OutboxEntry &entry,
                                                                           wire::Submit submit)
{
    if (!m_storage.outbox.setEncrypted(entry.id, entry.content, submit.submitSeq, wire::encode(submit)))
        return CryptoError::StoreFailed;
    return std::optional(std::move(submit));
}

/// The same copy under the log of now, while its device is in it.
Result<std::optional<wire::Submit>, CryptoError> OutboxSealer::fitPartial(const OutboxEntry &entry, wire::Submit submit)
{
    using Sealed = std::optional<wire::Submit>;
    if (!entry.onlyDevice || submit.targets.size() != 1)
        return CryptoError::StoreFailed;
    const auto keys = m_directory.findDevice({entry.recipient, *entry.onlyDevice});
    if (!keys)
        return CryptoError::StoreFailed;
    if (!*keys)
        return Sealed();
    const auto log = m_directory.find(entry.recipient);
    if (!log || !*log)
        return CryptoError::StoreFailed;
    submit.targets.front().logVersion = (*log)->version();
    refreshTokens(submit);
    return keepPartial(entry, std::move(submit));
}

} // namespace sotto
