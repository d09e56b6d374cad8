// The bodies of messages: one reader and one writer for each kind.
#include "core/content/content_readers.h"
#include "core/content/proto/content_schema.h"
#include "core/model/message.h"
#include "core/model/names.h"
#include "core/wire/limits.h"

#include <algorithm>
#include <functional>

namespace sotto::content {

namespace {

namespace rules = ::sotto::content::schema::content;

void put(const Reference &from, pb::Reference *to)
{
    to->set_author_account(bytesOf(from.author));
    to->set_message_id(bytesOf(from.message));
}

std::optional<Reference> take(const pb::Reference &from)
{
    const auto author = idOf<AccountId>(from.author_account());
    const auto message = idOf<MessageId>(from.message_id());
    if (!author || !message)
        return std::nullopt;
    return Reference{*author, *message};
}

/// Fills the member of an operation that fits.
struct SyncWriter {
    pb::SyncOp *to;

    void operator()(const SyncDelete &from) const
    {
        to->mutable_delete_for_me()->set_conversation(bytesOf(from.conversation));
        for (const Reference &target : from.targets)
            put(target, to->mutable_delete_for_me()->add_targets());
    }
    void operator()(const SyncStar &from) const
    {
        to->mutable_star()->set_conversation(bytesOf(from.conversation));
        put(from.target, to->mutable_star()->mutable_target());
        to->mutable_star()->set_on(from.on);
    }
    void operator()(const SyncUnread &from) const
    {
        to->mutable_mark_unread()->set_conversation(bytesOf(from.conversation));
        to->mutable_mark_unread()->set_on(from.on);
    }
    void operator()(const SyncRead &from) const
    {
        to->mutable_read()->set_conversation(bytesOf(from.conversation));
        for (const ReadStream &stream : from.streams) {
            auto *s = to->mutable_read()->add_streams();
            s->set_author_device(stream.authorDevice.number());
            s->set_up_to(stream.upTo);
            for (const std::uint64_t counter : stream.missing)
                s->add_missing(counter);
        }
    }
    void operator()(const SyncSetting &from) const { putSetting(from, to->mutable_setting()); }
};

void put(const SyncOp &from, pb::SyncOp *to)
{
    to->set_changed_ms(from.changed.ms);
    std::visit(SyncWriter{to}, from.what);
}

std::optional<ReadStream> take(const pb::ReadStream &from)
{
    const auto device = DeviceId::from(from.author_device());
    ReadStream stream{
        device.value_or(*DeviceId::from(1)), from.up_to(), {from.missing().begin(), from.missing().end()}};
    const auto &missing = stream.missing;
    const bool rises = std::ranges::adjacent_find(missing, std::greater_equal()) == missing.end();
    const bool isInside = missing.empty() || (missing.front() > 0 && missing.back() <= stream.upTo);
    if (!device || !isStorable(stream.upTo) || !rises || !isInside)
        return std::nullopt;
    return stream;
}

using SyncKind = decltype(SyncOp::what);

std::optional<SyncKind> take(const pb::SyncDelete &from)
{
    const auto conversation = idOf<ConversationId>(from.conversation());
    auto targets = readAll(from.targets(), [](const pb::Reference &target) { return take(target); });
    if (!conversation || !targets)
        return std::nullopt;
    return SyncDelete{*conversation, std::move(*targets)};
}

std::optional<SyncKind> take(const pb::SyncStar &from)
{
    const auto conversation = idOf<ConversationId>(from.conversation());
    const auto target = take(from.target());
    if (!conversation || !target)
        return std::nullopt;
    return SyncStar{*conversation, *target, from.on()};
}

std::optional<SyncKind> take(const pb::SyncRead &from)
{
    const auto conversation = idOf<ConversationId>(from.conversation());
    auto streams = readAll(from.streams(), [](const pb::ReadStream &stream) { return take(stream); });
    if (!conversation || !streams)
        return std::nullopt;
    return SyncRead{*conversation, std::move(*streams)};
}

std::optional<SyncKind> takeKind(const pb::SyncOp &from)
{
    switch (from.kind_case()) {
    case pb::SyncOp::kDeleteForMe: return take(from.delete_for_me());
    case pb::SyncOp::kStar: return take(from.star());
    case pb::SyncOp::kMarkUnread:
        if (const auto conversation = idOf<ConversationId>(from.mark_unread().conversation()))
            return SyncUnread{*conversation, from.mark_unread().on()};
        return std::nullopt;
    case pb::SyncOp::kRead: return take(from.read());
    case pb::SyncOp::kSetting:
        if (auto setting = takeSetting(from.setting()))
            return std::move(*setting);
        return std::nullopt;
    case pb::SyncOp::KIND_NOT_SET: return std::nullopt;
    }
    return std::nullopt;
}

std::optional<SyncOp> take(const pb::SyncOp &from)
{
    const auto changed = hybridTimeOf(from.changed_ms());
    auto kind = takeKind(from);
    if (!changed || !kind)
        return std::nullopt;
    return SyncOp{*changed, std::move(*kind)};
}

/// Fills the body's member that fits.
struct BodyWriter {
    pb::Body *to;

    void operator()(const Text &from) const
    {
        auto *text = to->mutable_text();
        text->set_text(from.text.toStdString());
        text->set_timer_s(from.timerSeconds);
        text->set_timer_revision(from.timerRevision);
        if (from.replyTo)
            put(*from.replyTo, text->mutable_reply_to());
        text->set_forwarded(from.forwarded);
    }
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
        if (from.linkSecret)
            request->set_link_secret(bytesOf(*from.linkSecret));
        request->set_profile_key_ms(from.profileKeyMade.ms);
    }
    void operator()(const ContactAccept &from) const
    {
        to->mutable_contact_accept()->set_name(from.name.toStdString());
        to->mutable_contact_accept()->set_profile_key(bytesOf(from.profileKey));
        to->mutable_contact_accept()->set_profile_key_ms(from.profileKeyMade.ms);
    }
    void operator()(const ContactSync &from) const { putSync(from, to->mutable_contact_sync()); }
    void operator()(const ProfileKey &from) const
    {
        to->mutable_profile_key()->set_profile_key(bytesOf(from.profileKey));
        to->mutable_profile_key()->set_made_ms(from.made.ms);
    }
    void operator()(const Void &from) const { to->mutable_void_()->set_reason(pb::VoidReason(int(from.reason))); }
    void operator()(const Edit &from) const
    {
        to->mutable_edit()->set_message_id(bytesOf(from.message));
        to->mutable_edit()->set_text(from.text.toStdString());
        to->mutable_edit()->set_revision(from.revision);
    }
    void operator()(const Delete &from) const { put(from.target, to->mutable_delete_()->mutable_target()); }
    void operator()(const Reaction &from) const
    {
        put(from.target, to->mutable_reaction()->mutable_target());
        to->mutable_reaction()->set_emoji(from.emoji.toStdString());
        to->mutable_reaction()->set_revision(from.revision);
    }
    void operator()(const TimerChange &from) const
    {
        to->mutable_timer_change()->set_timer_s(from.timerSeconds);
        to->mutable_timer_change()->set_revision(from.revision);
    }
    void operator()(const OwnSync &from) const
    {
        auto *sync = to->mutable_own_sync();
        for (const SyncOp &op : from.ops)
            put(op, sync->add_ops());
    }
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
    const auto linkSecret = optionalBytes(from.link_secret(), wire::kContactLinkSecretBytes);
    const auto made = hybridTimeOf(from.profile_key_ms());
    if (!isKey(from.profile_key()) || (!handle.isEmpty() && !isHandle(handle)) || !secret || !linkSecret || !made)
        return std::nullopt;
    return ContactRequest{
        cleanName(textOf(from.name())), handle, bytesOf(from.profile_key()), *secret, *linkSecret, *made};
}

std::optional<Body> take(const pb::Text &from)
{
    Text text{textOf(from.text()), from.timer_s(), from.timer_revision(), std::nullopt, from.forwarded()};
    if (!isStorable(from.timer_revision()))
        return std::nullopt;
    if (from.has_reply_to()) {
        text.replyTo = take(from.reply_to());
        if (!text.replyTo)
            return std::nullopt;
    }
    return text;
}

std::optional<Body> take(const pb::ContactAccept &from)
{
    const auto made = hybridTimeOf(from.profile_key_ms());
    if (!isKey(from.profile_key()) || !made)
        return std::nullopt;
    return ContactAccept{cleanName(textOf(from.name())), bytesOf(from.profile_key()), *made};
}

std::optional<Body> take(const pb::ProfileKey &from)
{
    const auto made = hybridTimeOf(from.made_ms());
    if (!isKey(from.profile_key()) || !made)
        return std::nullopt;
    return ProfileKey{bytesOf(from.profile_key()), *made};
}

std::optional<Body> take(const pb::Edit &from)
{
    const auto message = idOf<MessageId>(from.message_id());
    if (!message || from.text().empty() || from.revision() == 0)
        return std::nullopt;
    return Edit{*message, textOf(from.text()), from.revision()};
}

std::optional<Body> take(const pb::Reaction &from)
{
    const auto target = take(from.target());
    if (!target || from.revision() == 0)
        return std::nullopt;
    return Reaction{*target, textOf(from.emoji()), from.revision()};
}

std::optional<Body> take(const pb::TimerChange &from)
{
    if (from.revision() == 0 || !isStorable(from.revision()))
        return std::nullopt;
    return TimerChange{from.timer_s(), from.revision()};
}

std::optional<Body> take(const pb::OwnSync &from)
{
    auto ops = readAll(from.ops(), [](const pb::SyncOp &op) { return take(op); });
    if (!ops)
        return std::nullopt;
    return OwnSync{std::move(*ops)};
}

template <class Taken> std::optional<Body> asBody(std::optional<Taken> taken)
{
    if (!taken)
        return std::nullopt;
    return Body(std::move(*taken));
}

std::optional<Body> take(const pb::Body &from)
{
    switch (from.kind_case()) {
    case pb::Body::kText: return take(from.text());
    case pb::Body::kReceipt: return take(from.receipt());
    case pb::Body::kContactRequest: return take(from.contact_request());
    case pb::Body::kContactAccept: return take(from.contact_accept());
    case pb::Body::kContactSync: return asBody(takeSync(from.contact_sync()));
    case pb::Body::kProfileKey: return take(from.profile_key());
    case pb::Body::kVoid:
        return Void{from.void_().reason() == pb::VOID_NEVER_SENT ? VoidReason::NeverSent : VoidReason::Gone};
    case pb::Body::kEdit: return take(from.edit());
    case pb::Body::kDelete:
        if (const auto target = take(from.delete_().target()))
            return Delete{*target};
        return std::nullopt;
    case pb::Body::kReaction: return take(from.reaction());
    case pb::Body::kTimerChange: return take(from.timer_change());
    case pb::Body::kOwnSync: return take(from.own_sync());
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

void putSetting(const SyncSetting &from, pb::SyncSetting *to)
{
    to->set_name(from.name.toStdString());
    to->set_value(from.value.toStdString());
    to->set_changed_ms(from.changed.ms);
    to->set_device(from.device ? from.device->number() : 0);
}

std::optional<SyncSetting> takeSetting(const pb::SyncSetting &from)
{
    const auto changed = hybridTimeOf(from.changed_ms());
    if (!changed)
        return std::nullopt;
    return SyncSetting{textOf(from.name()), textOf(from.value()), *changed, DeviceId::from(from.device())};
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

} // namespace sotto::content
