#include "core/content/content_readers.h"
#include "core/content/proto/content_schema.h"
#include "core/model/message.h"
#include "core/model/names.h"
#include "core/wire/limits.h"

#include <algorithm>

namespace sotto::content {

namespace {

namespace rules = ::sotto::content::schema::content;

void put(const LogHead &from, pb::LogHead *to)
{
    to->set_epoch(from.epoch);
    to->set_version(from.version);
    to->set_hash(bytesOf(from.hash));
}

std::optional<LogHead> take(const pb::LogHead &from)
{
    const auto hash = idOf<Hash256>(from.hash());
    if (!hash || !isStorable(from.epoch()) || !isStorable(from.version()))
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

std::optional<Header> take(const pb::Header &from)
{
    const auto conversation = idOf<ConversationId>(from.conversation());
    const auto account = idOf<AccountId>(from.sender_account());
    const auto device = DeviceId::from(from.sender_device());
    const auto message = idOf<MessageId>(from.message_id());
    const auto ownHead = take(from.own_head());
    const auto peerHead = take(from.peer_head());
    const auto previous = optionalId<Hash256>(from.previous_hash());
    const auto peer = optionalId<AccountId>(from.peer_account());
    const auto time = timeOf(from.client_time_ms());
    if (!conversation || !account || !device || !message || !ownHead || !peerHead || !previous || !peer || !time)
        return std::nullopt;
    if (!isStorable(from.counter()) || !isStorable(from.stream_start()))
        return std::nullopt;
    return Header{*conversation,       *account, *device, *message, *ownHead, *peerHead, from.counter(), *previous,
                  from.stream_start(), *time,    *peer};
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
    void operator()(const ContactSync &from) const { putSync(from, to->mutable_contact_sync()); }
    void operator()(const ProfileKey &from) const
    {
        to->mutable_profile_key()->set_profile_key(bytesOf(from.profileKey));
        to->mutable_profile_key()->set_made_ms(from.made.ms);
    }
    void operator()(const Void &) const { to->mutable_void_(); }
};

std::optional<Body> take(const pb::Receipt &from)
{
    Receipt receipt;
    for (const pb::StreamReceipt &stream : from.streams()) {
        const auto device = DeviceId::from(stream.author_device());
        const bool isPossible = stream.read_up_to() <= stream.delivered_up_to() && isStorable(stream.delivered_up_to())
            && std::ranges::all_of(stream.not_delivered(),
                                   [&stream](std::uint64_t counter) { return counter <= stream.delivered_up_to(); });
        if (!device || !isPossible)
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
    const auto secret = optionalId<InviteSecret>(from.invite_secret());
    if (!isKey(from.profile_key()) || (!handle.isEmpty() && !isHandle(handle)) || !secret)
        return std::nullopt;
    return ContactRequest{cleanName(textOf(from.name())), handle, bytesOf(from.profile_key()), *secret};
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
        if (auto sync = takeSync(from.contact_sync()))
            return std::move(*sync);
        return std::nullopt;
    case pb::Body::kProfileKey:
        if (!isKey(from.profile_key().profile_key()) || from.profile_key().made_ms() < 0
            || from.profile_key().made_ms() > wire::kMaxTimeMs)
            return std::nullopt;
        return ProfileKey{bytesOf(from.profile_key().profile_key()), {from.profile_key().made_ms()}};
    case pb::Body::kVoid: return Void{};
    case pb::Body::KIND_NOT_SET: return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

void putSync(const ContactSync &from, pb::ContactSync *to)
{
    to->set_account(bytesOf(from.account));
    to->set_state(pb::ContactStateValue(int(from.state)));
    to->set_name(from.name.toStdString());
    to->set_handle(from.handle.toStdString());
    if (from.profileKey)
        to->set_profile_key(bytesOf(*from.profileKey));
    to->set_changed_ms(from.changed.ms);
}

std::optional<ContactSync> takeSync(const pb::ContactSync &from)
{
    const auto account = idOf<AccountId>(from.account());
    const bool known = from.state() >= pb::CONTACT_STRANGER && from.state() <= pb::CONTACT_BLOCKED;
    const auto changed = timeOf(from.changed_ms());
    if (!account || !known || !changed || (!from.profile_key().empty() && !isKey(from.profile_key())))
        return std::nullopt;
    ContactSync sync{
        *account, ContactState(from.state()), cleanName(textOf(from.name())), textOf(from.handle()), std::nullopt,
        *changed};
    if (!from.profile_key().empty())
        sync.profileKey = bytesOf(from.profile_key());
    return sync;
}

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
    const auto message = parse<pb::Inner>(bytes, rules::kInner, wire::kMaxFrameBytes);
    if (!message)
        return message.error();
    auto header = take(message->header());
    if (!header)
        return WireError::Invalid;
    Inner inner{*header, Bytes(), std::nullopt};
    switch (message->place_case()) {
    case pb::Inner::kBody: inner.place = bytesOf(message->body()); break;
    case pb::Inner::kPayload: {
        const auto digest = idOf<Hash256>(message->payload().sha256());
        if (!digest || !isKey(message->payload().key()))
            return WireError::Invalid;
        inner.place = PayloadRef{bytesOf(message->payload().key()), *digest};
        break;
    }
    case pb::Inner::PLACE_NOT_SET: return WireError::Invalid;
    }
    if (!message->ephemeral_secret().empty()) {
        if (!isKey(message->ephemeral_secret()))
            return WireError::Invalid;
        inner.ephemeralSecret = bytesOf(message->ephemeral_secret());
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
    const auto message = parse<pb::Body>(bytes, rules::kBody, wire::kMaxFrameBytes);
    if (!message)
        return message.error();
    auto body = take(*message);
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
    const auto message = parse<pb::Profile>(bytes, rules::kProfile, wire::kMaxFrameBytes);
    if (!message)
        return message.error();
    return Profile{cleanName(textOf(message->name())), textOf(message->about()), bytesOf(message->picture())};
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
    const auto message = parse<pb::EphemeralContent>(bytes, rules::kEphemeralContent, wire::kMaxFrameBytes);
    if (!message)
        return message.error();
    const auto conversation = idOf<ConversationId>(message->conversation());
    if (!conversation)
        return WireError::Invalid;
    return EphemeralContent{*conversation, message->typing()};
}

} // namespace sotto::content
