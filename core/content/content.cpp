#include "core/content/content_readers.h"
#include "core/content/proto/content_schema.h"
#include "core/model/names.h"
#include "core/wire/limits.h"

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
    if (from.accepted)
        to->set_accepted_ms(from.accepted->ms);
    to->set_last_counter(from.lastCounter);
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
    const auto accepted = timeOf(from.accepted_ms());
    if (!conversation || !account || !device || !message || !ownHead || !peerHead || !previous || !peer || !time
        || !accepted)
        return std::nullopt;
    if (!isStorable(from.counter()) || !isStorable(from.stream_start()) || !isStorable(from.last_counter()))
        return std::nullopt;
    Header header{*conversation,       *account, *device, *message, *ownHead, *peerHead, from.counter(), *previous,
                  from.stream_start(), *time,    *peer};
    if (accepted->ms != 0)
        header.accepted = accepted;
    header.lastCounter = from.last_counter();
    return header;
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
