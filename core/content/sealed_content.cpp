// Content that needs no session, inside a sealed copy.
#include "core/content/content_readers.h"
#include "core/content/proto/content_schema.h"
#include "core/wire/limits.h"

namespace sotto::content {

namespace {

namespace rules = ::sotto::content::schema::content;

/// A ratchet key as libsignal writes it: its type and 32 bytes.
constexpr qsizetype kRatchetKeyBytes = 33;

std::optional<DeviceAddress> addressOf(const std::string &account, std::uint32_t device)
{
    const auto id = idOf<AccountId>(account);
    const auto number = DeviceId::from(device);
    if (!id || !number)
        return std::nullopt;
    return DeviceAddress{*id, *number};
}

std::optional<Wanted> take(const pb::Wanted &from)
{
    const auto message = idOf<MessageId>(from.message_id());
    const auto key = optionalBytes(from.ratchet_key(), kRatchetKeyBytes);
    if (!message || !key)
        return std::nullopt;
    return Wanted{*message, key->value_or(Bytes())};
}

std::optional<GapRange> take(const pb::GapRange &from)
{
    const auto conversation = idOf<ConversationId>(from.conversation());
    if (!conversation || from.first() == 0 || from.first() > from.last() || !isStorable(from.last()))
        return std::nullopt;
    return GapRange{*conversation, from.first(), from.last()};
}

} // namespace

Bytes encode(const SealedContent &content)
{
    pb::SealedContent message;
    message.set_from_account(bytesOf(content.from.account));
    message.set_from_device(content.from.device.number());
    message.set_to_account(bytesOf(content.to.account));
    message.set_to_device(content.to.device.number());
    auto *retry = message.mutable_retry();
    for (const Wanted &wanted : content.retry.wanted) {
        auto *w = retry->add_wanted();
        w->set_message_id(bytesOf(wanted.message));
        w->set_ratchet_key(bytesOf(wanted.ratchetKey));
    }
    for (const GapRange &gap : content.retry.gaps) {
        auto *g = retry->add_gaps();
        g->set_conversation(bytesOf(gap.conversation));
        g->set_first(gap.first);
        g->set_last(gap.last);
    }
    return serialise(message);
}

Result<SealedContent, WireError> decodeSealedContent(ByteView bytes)
{
    const auto message = parse<pb::SealedContent>(bytes, rules::kSealedContent, wire::kMaxFrameBytes);
    if (!message)
        return message.error();
    const auto from = addressOf(message->from_account(), message->from_device());
    const auto to = addressOf(message->to_account(), message->to_device());
    auto wanted = readAll(message->retry().wanted(), [](const pb::Wanted &one) { return take(one); });
    auto gaps = readAll(message->retry().gaps(), [](const pb::GapRange &one) { return take(one); });
    if (!from || !to || !message->has_retry() || !wanted || !gaps)
        return WireError::Invalid;
    return SealedContent{*from, *to, {std::move(*wanted), std::move(*gaps)}};
}

} // namespace sotto::content
