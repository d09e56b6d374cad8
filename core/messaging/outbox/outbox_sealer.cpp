#include "core/messaging/outbox/outbox_sealer.h"

#include "core/account/device_directory.h"
#include "core/account/profile_keys.h"
#include "core/base/check.h"
#include "core/messaging/content_hash.h"
#include "core/primitives/secret_bytes.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

content::LogHead OutboxSealer::headOf(const DeviceLog &log)
{
    const LogPin pin = log.head();
    return {pin.epoch, pin.version, pin.hash};
}

OutboxSealer::OutboxSealer(Storage &storage, DeviceDirectory &directory, EnvelopeSealer &envelopes,
                           SealedRetryBox &retries, Clock &clock, const DeviceAddress &self)
    : m_storage(storage),
      m_directory(directory),
      m_envelopes(envelopes),
      m_retries(retries),
      m_clock(clock),
      m_self(self)
{ }

std::optional<Bytes> OutboxSealer::deliveryToken(const AccountId &account)
{
    if (account == m_self.account)
        return std::nullopt;
    const auto key = m_storage.contacts.profileKey(account);
    if (!key || !*key)
        return std::nullopt;
    return deliveryTokenOf((*key)->view());
}

Result<RecipientAccount, CryptoError> OutboxSealer::recipientAccount(const AccountId &account,
                                                                     std::optional<DeviceId> except)
{
    const auto log = m_directory.find(account);
    if (!log || !*log)
        return CryptoError::StoreFailed;
    RecipientAccount recipient{account, (*log)->version(), deliveryToken(account), {}, std::nullopt};
    for (const wire::DeviceKeys &keys : (*log)->state().devices) {
        if (keys.device == except)
            continue;
        // SessionMaker has tried: a device without a session has been away for weeks and has no bundle left.
        const auto reachable = m_envelopes.canSealFor({account, keys.device});
        if (!reachable)
            return reachable.error();
        if (!*reachable)
            continue;
        auto secret = secretFor(account, keys.device);
        if (!secret)
            return secret.error();
        recipient.devices.push_back({keys.device, keys.sealingKey.toBytes(), std::move(*secret)});
    }
    return recipient;
}

/// The secret for typing, when it is to be handed over with the next copy: to own desktops and contacts only.
Result<std::optional<Bytes>, CryptoError> OutboxSealer::secretFor(const AccountId &account, DeviceId device)
{
    using Secret = std::optional<Bytes>;
    const auto contact = m_storage.contacts.find(account);
    const auto secret = m_storage.ephemeralSecrets.current();
    const auto has = m_storage.ephemeralSecrets.hasCurrent({account, device});
    if (!contact || !secret || !has)
        return CryptoError::StoreFailed;
    const bool isContact = *contact && (*contact)->state == ContactState::Accepted;
    if (!*secret || *has || (account != m_self.account && !isContact))
        return Secret();
    return Secret((*secret)->secret.view().toByteArray());
}

/// The other side, and ourselves when we have other desktops: an account whose devices all have no session stays in, so
/// that the relay says who is left out, and marks it for them.
Result<std::vector<RecipientAccount>, CryptoError> OutboxSealer::accountsFor(const AccountId &to)
{
    std::vector<RecipientAccount> all;
    if (to != m_self.account) {
        auto peer = recipientAccount(to, std::nullopt);
        if (!peer)
            return peer.error();
        all.push_back(std::move(*peer));
    }
    if (!hasSiblings())
        return all;
    auto own = recipientAccount(m_self.account, m_self.device);
    if (!own)
        return own.error();
    own->peerAccount = to;
    all.push_back(std::move(*own));
    return all;
}

Result<std::vector<RecipientAccount>, CryptoError> OutboxSealer::recipients(const AccountId &to)
{
    auto all = accountsFor(to);
    if (all && to != m_self.account && all->front().devices.empty())
        return CryptoError::NoSession;
    return all;
}

Result<content::Header, CryptoError> OutboxSealer::header(const OutboxEntry &entry, const content::Body &body,
                                                          const ConversationId &conversation)
{
    const auto ownLog = m_directory.find(m_self.account);
    if (!ownLog || !*ownLog)
        return CryptoError::StoreFailed;
    const content::LogHead ownHead = headOf(**ownLog);
    const auto peerLog = m_directory.find(entry.recipient);
    if (!peerLog || !*peerLog)
        return CryptoError::StoreFailed;
    content::Header header{
        conversation,    m_self.account, m_self.device, entry.innerId, ownHead, headOf(**peerLog), 0, std::nullopt, 0,
        entry.createdAt, std::nullopt};
    if (!content::isCounted(body))
        return header;
    const auto stream = m_storage.streams.find(conversation, m_self);
    if (!stream)
        return CryptoError::StoreFailed;
    StreamState state = stream->value_or(StreamState{});
    header.counter = state.lastCounter + 1;
    header.previousHash = state.lastHash;
    state.lastCounter = header.counter;
    state.lastHash = contentHash(entry.innerId, header.counter, entry.content);
    if (!m_storage.streams.store(conversation, m_self, state))
        return CryptoError::StoreFailed;
    if (entry.message && !m_storage.messages.setCounter(*entry.message, header.counter))
        return CryptoError::StoreFailed;
    return header;
}

/// Tells each device where our stream begins for it: at the first message that was sealed for it; in content without a
/// counter also where it ends, as far as the relay has it.
Result<Done, CryptoError> OutboxSealer::startStreams(const content::Header &header, std::vector<RecipientAccount> &to)
{
    for (RecipientAccount &account : to) {
        for (RecipientDevice &device : account.devices) {
            const DeviceAddress address{account.account, device.device};
            if (header.counter == 0) {
                const auto last = m_storage.outbox.lastAcceptedFor(header.conversation, address);
                if (!last)
                    return CryptoError::StoreFailed;
                device.lastCounter = *last;
            }
            const std::uint64_t counter = header.counter == 0 ? device.lastCounter : header.counter;
            if (counter == 0)
                continue;
            const auto start = m_storage.streams.startFor(header.conversation, address, counter);
            if (!start)
                return CryptoError::StoreFailed;
            device.streamStart = *start;
        }
    }
    return Done{};
}

Result<Done, CryptoError> OutboxSealer::noteSecrets(const std::vector<RecipientAccount> &to)
{
    const auto secret = m_storage.ephemeralSecrets.current();
    if (!secret)
        return CryptoError::StoreFailed;
    if (!*secret)
        return Done{};
    for (const RecipientAccount &account : to) {
        for (const RecipientDevice &device : account.devices) {
            if (!device.ephemeralSecret)
                continue;
            if (!m_storage.ephemeralSecrets.setGiven({account.account, device.device}, (*secret)->id))
                return CryptoError::StoreFailed;
        }
    }
    return Done{};
}

Result<Done, CryptoError> OutboxSealer::keep(const OutboxEntry &entry, const content::Inner &message,
                                             const wire::Submit &submit)
{
    Bytes encoded = content::encode(message);
    const auto kept = m_storage.outbox.setEncrypted(entry.id, encoded, submit.submitSeq, wire::encode(submit));
    wipe(encoded); // the payload's key is in it
    if (!kept)
        return CryptoError::StoreFailed;
    return Done{};
}

void OutboxSealer::refreshTokens(wire::Submit &submit)
{
    for (wire::Target &target : submit.targets)
        target.token = deliveryToken(target.account);
}

/// Whether there are desktops beside this one.
bool OutboxSealer::hasSiblings()
{
    const auto log = m_directory.find(m_self.account);
    return log && *log && std::ranges::any_of((*log)->state().devices, [this](const wire::DeviceKeys &keys) {
               return keys.device != m_self.device;
           });
}

/// For the logs as they are now; also one that was made when there was no other desktop.
bool OutboxSealer::isCurrent(const wire::Submit &submit)
{
    if (hasSiblings()
        && std::ranges::find(submit.targets, m_self.account, &wire::Target::account) == submit.targets.end())
        return false;
    return std::ranges::all_of(submit.targets, [this](const wire::Target &target) {
        const auto log = m_directory.find(target.account);
        return log && *log && (*log)->version() == target.logVersion;
    });
}

bool OutboxSealer::isStale(const OutboxEntry &entry)
{
    if (!entry.submit)
        return false;
    const auto submit = wire::decodeSubmit(*entry.submit);
    return submit && !isCurrent(*submit);
}

Result<std::optional<wire::Submit>, CryptoError> OutboxSealer::seal(const OutboxEntry &entry)
{
    using Sealed = std::optional<wire::Submit>;
    if (!entry.submit && isRepair(entry.purpose))
        return entry.purpose == OutboxPurpose::Resend ? sealAgain(entry) : sealRetry(entry);
    if (entry.submit) {
        auto kept = wire::decodeSubmit(*entry.submit);
        if (!kept)
            return CryptoError::StoreFailed;
        if (refuseUnless(Check::StaleSubmit, isCurrent(*kept)))
            return fit(entry);
        refreshTokens(*kept);
        return Sealed(std::move(*kept));
    }
    const auto body = content::decodeBody(entry.content);
    if (!body)
        return CryptoError::InvalidProtobuf; // no fault of the database: others can go
    auto to = recipients(entry.recipient);
    if (!to)
        return to.error();
    if (to->empty())
        return Sealed();
    const ConversationId conversation = directConversation(m_self.account, entry.recipient);
    if (!m_storage.conversations.ensure(conversation, entry.recipient))
        return CryptoError::StoreFailed;
    auto written = header(entry, *body, conversation);
    if (!written)
        return written.error();
    if (const auto started = startStreams(*written, *to); !started)
        return started.error();
    const auto seq = m_storage.relay.nextSubmitSeq();
    if (!seq)
        return CryptoError::StoreFailed;
    wire::Submit submit{*seq, entry.submitId, wire::MailClass(entry.mailClass), 0, {}, {}};
    auto place = m_envelopes.place(entry.content, &submit.payload);
    if (!place)
        return place.error();
    if (const auto remembered = remember(entry, *written, *body, *to); !remembered)
        return remembered.error();
    const content::Inner message{std::move(*written), std::move(*place), std::nullopt};
    for (const RecipientAccount &account : *to) {
        auto target = m_envelopes.seal(message, account);
        if (!target)
            return target.error();
        submit.targets.push_back(std::move(*target));
    }
    if (const auto noted = noteSecrets(*to); !noted)
        return noted.error();
    if (const auto kept = keep(entry, message, submit); !kept)
        return kept.error();
    return Sealed(std::move(submit));
}

Result<bool, CryptoError> OutboxSealer::replaceByVoid(const OutboxEntry &entry)
{
    if (!entry.submit || isRepair(entry.purpose))
        return false;
    auto submit = wire::decodeSubmit(*entry.submit);
    const auto message = content::decodeInner(entry.content);
    if (!submit || !message)
        return CryptoError::StoreFailed;
    const Bytes nothing = content::encode(content::Body(content::Void{}));
    const auto *const carried = std::get_if<Bytes>(&message->place);
    if (message->header.counter == 0 || (carried && *carried == nothing))
        return false;
    auto to = recipients(entry.recipient);
    if (!to)
        return to.error();
    if (const auto started = startStreams(message->header, *to); !started)
        return started.error();
    const content::Inner replacement{message->header, nothing, std::nullopt};
    if (const auto remembered = rememberDevices(entry); !remembered)
        return remembered.error();
    submit->payload.clear();
    submit->targets.clear();
    for (const RecipientAccount &account : *to) {
        auto target = m_envelopes.seal(replacement, account);
        if (!target)
            return target.error();
        submit->targets.push_back(std::move(*target));
    }
    if (submit->targets.empty())
        return false;
    if (const auto noted = noteSecrets(*to); !noted)
        return noted.error();
    if (const auto kept = keep(entry, replacement, *submit); !kept)
        return kept.error();
    return true;
}

Result<std::optional<wire::Submit>, CryptoError> OutboxSealer::fit(const OutboxEntry &entry)
{
    using Sealed = std::optional<wire::Submit>;
    if (!entry.submit)
        return seal(entry);
    auto submit = wire::decodeSubmit(*entry.submit);
    if (submit && isRepair(entry.purpose))
        return fitPartial(entry, std::move(*submit));
    const auto message = content::decodeInner(entry.content);
    if (!submit || !message)
        return CryptoError::StoreFailed;
    auto to = accountsFor(entry.recipient);
    if (!to)
        return to.error();
    if (const auto started = startStreams(message->header, *to); !started)
        return started.error();
    if (const auto remembered = rememberDevices(entry); !remembered)
        return remembered.error();
    std::vector<wire::Target> targets;
    for (RecipientAccount &account : *to) {
        const auto log = m_directory.find(account.account);
        if (!log || !*log)
            return CryptoError::StoreFailed;
        const auto before = std::ranges::find(submit->targets, account.account, &wire::Target::account);
        std::vector<wire::Copy> kept;
        if (before != submit->targets.end())
            kept = before->copies;
        // Also for a device whose session is gone meanwhile: what was sealed for it is still good.
        std::erase_if(kept, [&log](const wire::Copy &copy) { return !(*log)->device(copy.device); });
        std::vector<RecipientDevice> added;
        for (RecipientDevice &device : account.devices) {
            if (std::ranges::find(kept, device.device, &wire::Copy::device) == kept.end())
                added.push_back(std::move(device));
        }
        account.devices = std::move(added);
        auto target = m_envelopes.seal(*message, account);
        if (!target)
            return target.error();
        target->copies.insert(target->copies.begin(), kept.begin(), kept.end());
        if (target->copies.empty() && account.account != m_self.account)
            return CryptoError::NoSession;
        targets.push_back(std::move(*target));
    }
    if (targets.empty())
        return Sealed();
    submit->targets = std::move(targets);
    if (const auto noted = noteSecrets(*to); !noted)
        return noted.error();
    if (const auto stored = keep(entry, *message, *submit); !stored)
        return stored.error();
    return Sealed(std::move(*submit));
}

} // namespace sotto
