#include "core/messaging/references/references.h"

#include "core/base/check.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

namespace {

struct Named {
    MessageReference target;
    ReferenceKind kind;
    std::uint32_t revision;
};

/// What a body refers to; of an edit the author is its sender.
std::optional<Named> namedBy(const content::Body &body, const AccountId &sender)
{
    if (const auto *edit = std::get_if<content::Edit>(&body))
        return Named{{sender, edit->message}, ReferenceKind::Edit, edit->revision};
    if (const auto *taken = std::get_if<content::Delete>(&body))
        return Named{{taken->target.author, taken->target.message}, ReferenceKind::Delete, 0};
    if (const auto *reaction = std::get_if<content::Reaction>(&body))
        return Named{{reaction->target.author, reaction->target.message}, ReferenceKind::Reaction, reaction->revision};
    return std::nullopt;
}

/// Whether it could ever count, whatever it refers to.
bool isSensible(const Named &named, const ReferenceOrigin &origin, const content::Body &body)
{
    switch (named.kind) {
    case ReferenceKind::Edit:
        return named.revision >= 1 && named.revision <= kMaxRevision && !std::get<content::Edit>(body).text.isEmpty();
    case ReferenceKind::Delete: return named.target.author == origin.sender.account;
    case ReferenceKind::Reaction: break;
    }
    return named.revision >= 1 && isReactionText(std::get<content::Reaction>(body).emoji);
}

bool canBeReferredTo(const Message &message)
{
    return message.kind == MessageKind::Text || message.kind == MessageKind::Deleted;
}

} // namespace

Result<References::Effect> References::take(const ConversationId &conversation, const ReferenceOrigin &origin,
                                            const content::Body &body, InboxNews &news)
{
    const auto named = namedBy(body, origin.sender.account);
    if (!named)
        return ErrorCode::Refused;
    const auto target = m_storage.messages.find(conversation, named->target.author, named->target.message);
    if (!target)
        return target.error();
    if (*target && canBeReferredTo(**target))
        return applyTo(**target, origin, body, news);
    return keep(conversation, named->target, origin, body);
}

Result<Done> References::takePending(const ConversationId &conversation, const MessageReference &target,
                                     InboxNews &news)
{
    const auto waiting = m_storage.references.pendingFor(conversation, target);
    if (!waiting)
        return waiting.error();
    for (const PendingReference &reference : *waiting) {
        const auto message = m_storage.messages.find(conversation, target.author, target.message);
        if (!message)
            return message.error();
        if (!*message || !canBeReferredTo(**message))
            return Done{};
        const auto body = content::decodeBody(reference.body);
        if (!body)
            return ErrorCode::Corrupt;
        const ReferenceOrigin origin{reference.sender, reference.message, reference.clientTime};
        if (const auto applied = applyTo(**message, origin, *body, news); !applied)
            return applied.error();
        if (const auto removed = m_storage.references.removePending(reference.id); !removed)
            return removed;
    }
    return Done{};
}

Result<References::Effect> References::applyTo(const Message &target, const ReferenceOrigin &origin,
                                               const content::Body &body, InboxNews &news)
{
    if (target.kind == MessageKind::Deleted)
        return Effect::Ignored;
    Result<Effect> effect = Effect::Ignored;
    if (const auto *edit = std::get_if<content::Edit>(&body))
        effect = applyEdit(target, origin, *edit);
    else if (const auto *taken = std::get_if<content::Delete>(&body))
        effect = applyDelete(target, origin, *taken, news);
    else if (const auto *reaction = std::get_if<content::Reaction>(&body))
        effect = applyReaction(target, origin, *reaction);
    if (effect && *effect == Effect::Applied)
        news.changed.push_back({target.conversation, target.id});
    return effect;
}

Result<References::Effect> References::applyEdit(const Message &target, const ReferenceOrigin &origin,
                                                 const content::Edit &edit)
{
    if (!mayEdit(target, origin, edit, m_clock.now()))
        return Effect::Ignored;
    const auto known = m_storage.references.versionsOf(target.row);
    if (!known)
        return known.error();
    if (known->empty()) {
        const MessageVersion original{0, target.senderDevice, target.id, target.clientTime, target.text};
        if (const auto stored = m_storage.references.storeVersion(target.row, original); !stored)
            return stored.error();
    }
    const MessageVersion version{edit.revision, origin.sender.device, origin.message, origin.clientTime, edit.text};
    const auto same = std::ranges::find(*known, edit.revision, &MessageVersion::revision);
    if (same != known->end() && later(*same, version) == *same)
        return Effect::Ignored;
    if (const auto stored = m_storage.references.storeVersion(target.row, version); !stored)
        return stored.error();
    if (const auto shown = showNewest(target.row); !shown)
        return shown.error();
    return Effect::Applied;
}

/// The text of the greatest revision is the one that is read and found.
Result<Done> References::showNewest(std::int64_t row)
{
    const auto versions = m_storage.references.versionsOf(row);
    if (!versions)
        return versions.error();
    if (versions->empty())
        return Done{};
    const MessageVersion &newest = versions->back();
    return m_storage.messages.showVersion(row, newest.text, newest.revision > 0);
}

Result<References::Effect> References::applyDelete(const Message &target, const ReferenceOrigin &origin,
                                                   const content::Delete &taken, InboxNews &news)
{
    if (!mayDelete(target, origin, taken, m_clock.now()))
        return Effect::Ignored;
    if (const auto forgotten = forgetUnsent(target); !forgotten)
        return forgotten.error();
    if (const auto wiped = m_storage.messages.wipe(target.row); !wiped)
        return wiped.error();
    news.isAnythingWiped = true;
    return Effect::Applied;
}

Result<Done> References::forgetUnsent(const Message &target)
{
    const auto waiting = m_storage.outbox.notEncrypted(target.conversation);
    if (!waiting)
        return waiting.error();
    for (const OutboxEntry &entry : *waiting) {
        const auto body = content::decodeBody(entry.content);
        const auto *edit = body ? std::get_if<content::Edit>(&*body) : nullptr;
        if (!edit || edit->message != target.id)
            continue;
        if (const auto removed = m_storage.outbox.remove(entry.id); !removed)
            return removed;
    }
    return Done{};
}

Result<References::Effect> References::applyReaction(const Message &target, const ReferenceOrigin &origin,
                                                     const content::Reaction &reaction)
{
    if (reaction.revision == 0 || !isReactionText(reaction.emoji))
        return Effect::Ignored;
    const auto known = m_storage.references.reactionsTo(target.row);
    if (!known)
        return known.error();
    const MessageReaction news{origin.sender.account, reaction.emoji, reaction.revision, origin.sender.device,
                               origin.message};
    const auto same = std::ranges::find(*known, origin.sender.account, &MessageReaction::account);
    if (same != known->end() && later(*same, news) == *same)
        return Effect::Ignored;
    if (const auto stored = m_storage.references.storeReaction(target.row, news); !stored)
        return stored.error();
    return Effect::Applied;
}

/// Waits for its message; of what one device says twice under one revision the one that would stay.
Result<References::Effect> References::keep(const ConversationId &conversation, const MessageReference &target,
                                            const ReferenceOrigin &origin, const content::Body &body)
{
    const auto named = namedBy(body, origin.sender.account);
    if (!named || !isSensible(*named, origin, body))
        return Effect::Ignored;
    const auto waiting = m_storage.references.pendingFor(conversation, target);
    if (!waiting)
        return waiting.error();
    for (const PendingReference &other : *waiting) {
        const auto otherBody = content::decodeBody(other.body);
        const auto otherNamed = otherBody ? namedBy(*otherBody, other.sender.account) : std::nullopt;
        const bool isSame = otherNamed && other.sender == origin.sender && other.kind == named->kind
            && otherNamed->revision == named->revision;
        // Of deletes each may be the one that is in time.
        if (!isSame || named->kind == ReferenceKind::Delete)
            continue;
        if (origin.message <= other.message)
            return Effect::Ignored;
        if (const auto removed = m_storage.references.removePending(other.id); !removed)
            return removed.error();
    }
    const auto size = m_storage.references.pendingOf(conversation, origin.sender.account);
    if (!size)
        return size.error();
    const Bytes encoded = content::encode(body);
    const bool hasRoom = size->rows < kMaxPendingRows && size->bytes + encoded.size() <= kMaxPendingBytes;
    if (refuseUnless(Check::PendingLimit, hasRoom))
        return Effect::Ignored;
    const auto added = m_storage.references.addPending(
        conversation,
        {0, target, origin.sender, origin.message, named->kind, origin.clientTime, encoded, m_clock.now()});
    return added ? Result<Effect>(Effect::Applied) : added.error();
}

Result<bool> References::isStillAllowed(const OutboxEntry &entry, const DeviceAddress &self)
{
    const auto body = content::decodeBody(entry.content);
    const auto named = body ? namedBy(*body, self.account) : std::nullopt;
    if (!named || !entry.conversation)
        return true;
    const auto target = m_storage.messages.find(*entry.conversation, named->target.author, named->target.message);
    if (!target)
        return target.error();
    if (!*target) // its author's desktop may have deleted the chat here
        return true;
    if ((*target)->sender == self.account && (*target)->delivery == Delivery::Failed)
        return false; // nobody has it
    const ReferenceOrigin origin{self, entry.innerId, entry.createdAt};
    const bool isThere = (*target)->kind == MessageKind::Text;
    switch (named->kind) {
    case ReferenceKind::Edit:
        return isThere && mayEdit(**target, origin, std::get<content::Edit>(*body), m_clock.now());
    case ReferenceKind::Delete: return mayDelete(**target, origin, std::get<content::Delete>(*body), m_clock.now());
    case ReferenceKind::Reaction: break;
    }
    return isThere;
}

Result<std::optional<MessageId>> References::takeOut(const MessageId &edit)
{
    using Changed = std::optional<MessageId>;
    const auto place = m_storage.references.versionMadeBy(edit);
    if (!place)
        return place.error();
    if (!*place)
        return Changed();
    if (const auto removed = m_storage.references.removeVersion((*place)->message, (*place)->revision); !removed)
        return removed.error();
    if (const auto shown = showNewest((*place)->message); !shown)
        return shown.error();
    const auto message = m_storage.messages.byRow((*place)->message);
    if (!message)
        return message.error();
    return *message ? Changed((*message)->id) : Changed();
}

} // namespace sotto
