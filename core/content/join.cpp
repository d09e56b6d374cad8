// What desktops of one account hand each other when one joins.
#include "core/content/content_readers.h"
#include "core/content/proto/content_schema.h"
#include "core/model/names.h"
#include "core/wire/limits.h"

namespace sotto::content {

namespace {

namespace rules = ::sotto::content::schema::content;

/// Contacts with their logs: 10,000 of a few KiB each.
constexpr qsizetype kMaxJoinAnswerBytes = 64 * 1024 * 1024;

template <class Items> std::vector<Bytes> allBytes(const Items &items)
{
    std::vector<Bytes> all;
    for (const std::string &item : items)
        all.push_back(bytesOf(item));
    return all;
}

} // namespace

Bytes encode(const JoinOffer &offer)
{
    pb::JoinOffer message;
    message.set_account(bytesOf(offer.account));
    message.set_log_head(bytesOf(offer.logHead));
    message.set_relay_key(bytesOf(offer.relayKey));
    for (const QString &address : offer.addresses)
        message.add_addresses(address.toStdString());
    return serialise(message);
}

Result<JoinOffer, WireError> decodeJoinOffer(ByteView bytes)
{
    const auto message = parse<pb::JoinOffer>(bytes, rules::kJoinOffer, wire::kMaxFrameBytes);
    if (!message)
        return message.error();
    const auto account = idOf<AccountId>(message->account());
    const auto head = idOf<Hash256>(message->log_head());
    const auto key = idOf<RelayKey>(message->relay_key());
    if (!account || !head || !key || message->addresses().empty())
        return WireError::Invalid;
    JoinOffer offer{*account, *head, *key, {}};
    for (const std::string &address : message->addresses())
        offer.addresses.push_back(textOf(address));
    return offer;
}

Bytes encode(const JoinRequest &request)
{
    pb::JoinRequest message;
    message.set_claim(bytesOf(request.claim));
    for (const Bytes &proof : request.proofs)
        message.add_proofs(bytesOf(proof));
    message.set_bundle(bytesOf(request.bundle));
    for (const Bytes &key : request.preKeys)
        message.add_prekeys(bytesOf(key));
    return serialise(message);
}

Result<JoinRequest, WireError> decodeJoinRequest(ByteView bytes)
{
    const auto message = parse<pb::JoinRequest>(bytes, rules::kJoinRequest, wire::kMaxFrameBytes);
    if (!message)
        return message.error();
    return JoinRequest{bytesOf(message->claim()), allBytes(message->proofs()), bytesOf(message->bundle()),
                       allBytes(message->prekeys())};
}

Bytes encode(const JoinAnswer &answer)
{
    pb::JoinAnswer message;
    for (const Bytes &entry : answer.log)
        message.add_log(bytesOf(entry));
    message.set_profile_key(bytesOf(answer.profileKey));
    message.set_backup_root(bytesOf(answer.backupRoot));
    message.set_name(answer.name.toStdString());
    message.set_handle(answer.handle.toStdString());
    for (const JoinContact &contact : answer.contacts) {
        auto *c = message.add_contacts();
        putSync(contact.contact, c->mutable_contact());
        for (const Bytes &entry : contact.log)
            c->add_log(bytesOf(entry));
        c->set_verified(contact.verified);
        c->set_timer_s(contact.timerSeconds);
        c->set_timer_revision(contact.timerRevision);
    }
    for (const SyncSetting &setting : answer.settings)
        putSetting(setting, message.add_settings());
    return serialise(message);
}

Result<JoinAnswer, WireError> decodeJoinAnswer(ByteView bytes)
{
    const auto message = parse<pb::JoinAnswer>(bytes, rules::kJoinAnswer, kMaxJoinAnswerBytes);
    if (!message)
        return message.error();
    if (!isKey(message->profile_key()) || !isKey(message->backup_root()) || message->log().empty())
        return WireError::Invalid;
    JoinAnswer answer{allBytes(message->log()),        bytesOf(message->profile_key()),
                      bytesOf(message->backup_root()), cleanName(textOf(message->name())),
                      textOf(message->handle()),       {}};
    for (const pb::JoinContact &contact : message->contacts()) {
        auto sync = takeSync(contact.contact());
        if (!sync || !isStorable(contact.timer_revision()))
            return WireError::Invalid;
        answer.contacts.push_back({std::move(*sync), allBytes(contact.log()), contact.verified(), contact.timer_s(),
                                   contact.timer_revision()});
    }
    auto settings = readAll(message->settings(), [](const pb::SyncSetting &setting) { return takeSetting(setting); });
    if (!settings)
        return WireError::Invalid;
    answer.settings = std::move(*settings);
    return answer;
}

} // namespace sotto::content
