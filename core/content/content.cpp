#include "core/content/content.h"

#include "core/content/proto/content.pb.h"
#include "core/content/proto/content_schema.h"
#include "core/model/message.h"
#include "core/model/names.h"

namespace sotto::content {

namespace {

namespace pb = ::sotto::content::v1;
namespace rules = ::sotto::content::schema::content;

constexpr qsizetype kKeyBytes = 32;

std::string bytesOf(ByteView bytes) { return std::string(bytes.data(), std::size_t(bytes.size())); }
template <class Tag, std::size_t Size> std::string bytesOf(const StrongId<Tag, Size> &id) { return bytesOf(id.view()); }
Bytes bytesOf(const std::string &from) { return Bytes(from.data(), qsizetype(from.size())); }
QString textOf(const std::string &from) { return QString::fromUtf8(from.data(), qsizetype(from.size())); }
template <class Id> std::optional<Id> idOf(const std::string &from)
{
    return Id::fromBytes(ByteView(from.data(), qsizetype(from.size())));
}

template <class Message> Bytes serialise(const Message &message)
{
    Bytes bytes(qsizetype(message.ByteSizeLong()), Qt::Uninitialized);
    message.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t *>(bytes.data()));
    return bytes;
}

template <class Message> Result<Done, WireError> parse(ByteView bytes, const wire::MessageRule &rule, Message *message)
{
    if (const auto scanned = wire::scan(bytes, rule); !scanned)
        return scanned.error();
    if (!message->ParseFromArray(bytes.data(), int(bytes.size())))
        return WireError::Malformed;
    return Done{};
}

void put(const LogHead &from, pb::LogHead *to)
{
    to->set_epoch(from.epoch);
    to->set_version(from.version);
    to->set_hash(bytesOf(from.hash));
}

std::optional<LogHead> take(const pb::LogHead &from)
{
    const auto hash = idOf<Hash256>(from.hash());
    if (!hash)
        return std::nullopt;
    return LogHead{from.epoch(), from.version(), *hash};
}

void put(const Header &from, pb::Header *to)
{
    to->set_conversation(bytesOf(from.conversation));
    to->set_sender_account(bytesOf(from.senderAccount));
    to->set_sender_device(from.senderDevice.number());
    to->set_message_id(bytesOf(from.messageId));
    put(from.ownHead, to->mutable_own_head());
    put(from.peerHead, to->mutable_peer_head());
    to->set_counter(from.counter);
    if (from.previousHash)
        to->set_previous_hash(bytesOf(*from.previousHash));
    to->set_stream_start(from.streamStart);
    to->set_client_time_ms(from.clientTime.ms);
    if (from.peerAccount)
        to->set_peer_account(bytesOf(*from.peerAccount));
}

/// An optional id that, when there, must have the right length.
template <class Id> bool takeOptional(const std::string &from, std::optional<Id> *to)
{
    if (from.empty())
        return true;
    *to = idOf<Id>(from);
    return to->has_value();
}

std::optional<Header> take(const pb::Header &from)
{
    const auto conversation = idOf<ConversationId>(from.conversation());
    const auto account = idOf<AccountId>(from.sender_account());
    const auto device = DeviceId::from(from.sender_device());
    const auto message = idOf<MessageId>(from.message_id());
    const auto ownHead = take(from.own_head());
    const auto peerHead = take(from.peer_head());
    if (!conversation || !account || !device || !message || !ownHead || !peerHead)
        return std::nullopt;
    Header header{*conversation,
                  *account,
                  *device,
                  *message,
                  *ownHead,
                  *peerHead,
                  from.counter(),
                  std::nullopt,
                  from.stream_start(),
                  {from.client_time_ms()},
                  std::nullopt};
    if (!takeOptional(from.previous_hash(), &header.previousHash)
        || !takeOptional(from.peer_account(), &header.peerAccount))
        return std::nullopt;
    return header;
}

bool isKey(const std::string &bytes) { return qsizetype(bytes.size()) == kKeyBytes; }

void put(const ContactSync &from, pb::ContactSync *to)
{
    to->set_account(bytesOf(from.account));
    to->set_state(pb::ContactStateValue(int(from.state)));
    to->set_name(from.name.toStdString());
    to->set_handle(from.handle.toStdString());
    if (from.profileKey)
        to->set_profile_key(bytesOf(*from.profileKey));
    to->set_changed_ms(from.changed.ms);
}

/// Fills the body's member that fits.
struct BodyWriter {
    pb::Body *to;

    void operator()(const Text &from) const { to->mutable_text()->set_text(from.text.toStdString()); }
    void operator()(const Receipt &from) const
    {
        auto *receipt = to->mutable_receipt();
        for (const StreamReceipt &stream : from.streams) {
            auto *s = receipt->add_streams();
            s->set_author_device(stream.authorDevice.number());
            s->set_delivered_up_to(stream.deliveredUpTo);
            s->set_read_up_to(stream.readUpTo);
            for (const std::uint64_t counter : stream.notDelivered)
                s->add_not_delivered(counter);
        }
    }
    void operator()(const ContactRequest &from) const
    {
        auto *request = to->mutable_contact_request();
        request->set_name(from.name.toStdString());
        request->set_handle(from.handle.toStdString());
        request->set_profile_key(bytesOf(from.profileKey));
        if (from.inviteSecret)
            request->set_invite_secret(bytesOf(*from.inviteSecret));
    }
    void operator()(const ContactAccept &from) const
    {
        to->mutable_contact_accept()->set_name(from.name.toStdString());
        to->mutable_contact_accept()->set_profile_key(bytesOf(from.profileKey));
    }
    void operator()(const ContactSync &from) const { put(from, to->mutable_contact_sync()); }
    void operator()(const ProfileKey &from) const
    {
        to->mutable_profile_key()->set_profile_key(bytesOf(from.profileKey));
    }
    void operator()(const Void &) const { to->mutable_void_(); }
};

std::optional<Body> take(const pb::Receipt &from)
{
    Receipt receipt;
    for (const pb::StreamReceipt &stream : from.streams()) {
        const auto device = DeviceId::from(stream.author_device());
        if (!device || stream.read_up_to() > stream.delivered_up_to())
            return std::nullopt;
        receipt.streams.push_back({*device,
                                   stream.delivered_up_to(),
                                   stream.read_up_to(),
                                   {stream.not_delivered().begin(), stream.not_delivered().end()}});
    }
    return receipt;
}

std::optional<Body> take(const pb::ContactRequest &from)
{
    const QString handle = textOf(from.handle());
    if (!isKey(from.profile_key()) || (!handle.isEmpty() && !isHandle(handle)))
        return std::nullopt;
    ContactRequest request{cleanName(textOf(from.name())), handle, bytesOf(from.profile_key()), std::nullopt};
    if (!takeOptional(from.invite_secret(), &request.inviteSecret))
        return std::nullopt;
    return request;
}

std::optional<ContactSync> take(const pb::ContactSync &from)
{
    const auto account = idOf<AccountId>(from.account());
    const bool known = from.state() >= pb::CONTACT_STRANGER && from.state() <= pb::CONTACT_BLOCKED;
    if (!account || !known || (!from.profile_key().empty() && !isKey(from.profile_key())))
        return std::nullopt;
    ContactSync sync{*account,     ContactState(from.state()), cleanName(textOf(from.name())), textOf(from.handle()),
                     std::nullopt, {from.changed_ms()}};
    if (!from.profile_key().empty())
        sync.profileKey = bytesOf(from.profile_key());
    return sync;
}

std::optional<Body> take(const pb::Body &from)
{
    switch (from.kind_case()) {
    case pb::Body::kText: return Text{textOf(from.text().text())};
    case pb::Body::kReceipt: return take(from.receipt());
    case pb::Body::kContactRequest: return take(from.contact_request());
    case pb::Body::kContactAccept:
        if (!isKey(from.contact_accept().profile_key()))
            return std::nullopt;
        return ContactAccept{cleanName(textOf(from.contact_accept().name())),
                             bytesOf(from.contact_accept().profile_key())};
    case pb::Body::kContactSync:
        if (auto sync = take(from.contact_sync()))
            return std::move(*sync);
        return std::nullopt;
    case pb::Body::kProfileKey:
        if (!isKey(from.profile_key().profile_key()))
            return std::nullopt;
        return ProfileKey{bytesOf(from.profile_key().profile_key())};
    case pb::Body::kVoid: return Void{};
    case pb::Body::KIND_NOT_SET: return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

Bytes encode(const Inner &inner)
{
    pb::Inner message;
    put(inner.header, message.mutable_header());
    if (const auto *body = std::get_if<Bytes>(&inner.place)) {
        message.set_body(bytesOf(*body));
    } else {
        const auto &payload = std::get<PayloadRef>(inner.place);
        message.mutable_payload()->set_key(bytesOf(payload.key));
        message.mutable_payload()->set_sha256(bytesOf(payload.sha256));
    }
    if (inner.ephemeralSecret)
        message.set_ephemeral_secret(bytesOf(*inner.ephemeralSecret));
    return serialise(message);
}

Result<Inner, WireError> decodeInner(ByteView bytes)
{
    pb::Inner message;
    if (const auto parsed = parse(bytes, rules::kInner, &message); !parsed)
        return parsed.error();
    auto header = take(message.header());
    if (!header)
        return WireError::Invalid;
    Inner inner{*header, Bytes(), std::nullopt};
    switch (message.place_case()) {
    case pb::Inner::kBody: inner.place = bytesOf(message.body()); break;
    case pb::Inner::kPayload: {
        const auto digest = idOf<Hash256>(message.payload().sha256());
        if (!digest || !isKey(message.payload().key()))
            return WireError::Invalid;
        inner.place = PayloadRef{bytesOf(message.payload().key()), *digest};
        break;
    }
    case pb::Inner::PLACE_NOT_SET: return WireError::Invalid;
    }
    if (!message.ephemeral_secret().empty()) {
        if (!isKey(message.ephemeral_secret()))
            return WireError::Invalid;
        inner.ephemeralSecret = bytesOf(message.ephemeral_secret());
    }
    return inner;
}

Bytes encode(const Body &body)
{
    pb::Body message;
    std::visit(BodyWriter{&message}, body);
    return serialise(message);
}

Result<Body, WireError> decodeBody(ByteView bytes)
{
    pb::Body message;
    if (const auto parsed = parse(bytes, rules::kBody, &message); !parsed)
        return parsed.error();
    auto body = take(message);
    if (!body)
        return WireError::Invalid;
    return std::move(*body);
}

Bytes encode(const Profile &profile)
{
    pb::Profile message;
    message.set_name(profile.name.toStdString());
    message.set_about(profile.about.toStdString());
    message.set_picture(bytesOf(profile.picture));
    return serialise(message);
}

Result<Profile, WireError> decodeProfile(ByteView bytes)
{
    pb::Profile message;
    if (const auto parsed = parse(bytes, rules::kProfile, &message); !parsed)
        return parsed.error();
    return Profile{cleanName(textOf(message.name())), textOf(message.about()), bytesOf(message.picture())};
}

Bytes encode(const EphemeralContent &content)
{
    pb::EphemeralContent message;
    message.set_conversation(bytesOf(content.conversation));
    message.set_typing(content.typing);
    return serialise(message);
}

Result<EphemeralContent, WireError> decodeEphemeral(ByteView bytes)
{
    pb::EphemeralContent message;
    if (const auto parsed = parse(bytes, rules::kEphemeralContent, &message); !parsed)
        return parsed.error();
    const auto conversation = idOf<ConversationId>(message.conversation());
    if (!conversation)
        return WireError::Invalid;
    return EphemeralContent{*conversation, message.typing()};
}

namespace {

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
    pb::JoinOffer message;
    if (const auto parsed = parse(bytes, rules::kJoinOffer, &message); !parsed)
        return parsed.error();
    const auto account = idOf<AccountId>(message.account());
    const auto head = idOf<Hash256>(message.log_head());
    const auto key = idOf<RelayKey>(message.relay_key());
    if (!account || !head || !key || message.addresses().empty())
        return WireError::Invalid;
    JoinOffer offer{*account, *head, *key, {}};
    for (const std::string &address : message.addresses())
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
    pb::JoinRequest message;
    if (const auto parsed = parse(bytes, rules::kJoinRequest, &message); !parsed)
        return parsed.error();
    return JoinRequest{bytesOf(message.claim()), allBytes(message.proofs()), bytesOf(message.bundle()),
                       allBytes(message.prekeys())};
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
        put(contact.contact, c->mutable_contact());
        for (const Bytes &entry : contact.log)
            c->add_log(bytesOf(entry));
        c->set_verified(contact.verified);
    }
    return serialise(message);
}

Result<JoinAnswer, WireError> decodeJoinAnswer(ByteView bytes)
{
    pb::JoinAnswer message;
    if (const auto parsed = parse(bytes, rules::kJoinAnswer, &message); !parsed)
        return parsed.error();
    if (!isKey(message.profile_key()) || !isKey(message.backup_root()) || message.log().empty())
        return WireError::Invalid;
    JoinAnswer answer{allBytes(message.log()),           bytesOf(message.profile_key()), bytesOf(message.backup_root()),
                      cleanName(textOf(message.name())), textOf(message.handle()),       {}};
    for (const pb::JoinContact &contact : message.contacts()) {
        auto sync = take(contact.contact());
        if (!sync)
            return WireError::Invalid;
        answer.contacts.push_back({std::move(*sync), allBytes(contact.log()), contact.verified()});
    }
    return answer;
}

} // namespace sotto::content
