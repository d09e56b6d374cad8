#include "core/messaging/references/references.h"

#include "core/base/check.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

namespace {

using Named = References::NotSent;

/// What a body refers to; of an edit the author is its sender.
std::optional<Named> namedBy(const content::Body &body, const AccountId &sender)
{
    if (const auto *edit = std::get_if<content::Edit>(&body))
        return Named{{sender, edit->message}, ReferenceKind::Edit};
    if (const auto *taken = std::get_if<content::Delete>(&body))
        return Named{{taken->target.author, taken->target.message}, ReferenceKind::Delete};
    if (const auto *reaction = std::get_if<content::Reaction>(&body))
        return Named{{reaction->target.author, reaction->target.message}, ReferenceKind::Reaction};
    return std::nullopt;
}

/// Whether it could ever count, whatever it refers to.
bool isSensible(const ReferenceOrigin &origin, const content::Body &body)
{
    if (const auto *edit = std::get_if<content::Edit>(&body))
        return isEdit(*edit);
    if (const auto *taken = std::get_if<content::Delete>(&body))
        return isOwnDelete(*taken, origin.sender);
    const auto *reaction = std::get_if<content::Reaction>(&body);
    return reaction && isReaction(*reaction);
}

bool canBeReferredTo(const Message &message)
{
    return message.kind == MessageKind::Text || message.kind == MessageKind::Deleted;
}

MessageReaction reactionOf(const ReferenceOrigin &origin, const content::Reaction &reaction)
{
    return {origin.sender.account, reaction.emoji, reaction.revision, origin.sender.device, origin.message};
}

/// The body of an entry, when it is in there and not in the payload.
std::optional<content::Body> bodyOf(const OutboxEntry &entry)
{
    Bytes encoded = entry.content;
    if (entry.submit) {
        const auto inner = content::decodeInner(entry.content);
        const auto *inside = inner ? std::get_if<Bytes>(&inner->place) : nullptr;
        if (!inside)
            return std::nullopt;
        encoded = *inside;
    }
    auto body = content::decodeBody(encoded);
    return body ? std::optional(std::move(*body)) : std::nullopt;
}

} // namespace

Result<References::Effect> References::take(const ConversationId &conversation, const ReferenceOrigin &origin,
                                            const content::Body &body, ByteView bytes, InboxNews &news)
{
    const auto named = namedBy(body, origin.sender.account);
    if (!named)
        return ErrorCode::Refused;
    const auto target = m_storage.messages.find(conversation, named->target.author, named->target.message);
    if (!target)
        return target.error();
    if (*target && canBeReferredTo(**target))
        return applyTo(**target, origin, body, bytes, Target::Known, news);
    const auto isWiped = m_storage.registers.isWiped(conversation, named->target);
    if (!isWiped)
        return isWiped.error();
    if (refuseUnless(Check::WipedTarget, !*isWiped))
        return Effect::Ignored;
    return keep(conversation, origin, body, bytes);
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
        if ((*message)->kind == MessageKind::Deleted)
            return dropPending(conversation, target, news);
        // First, because applying may keep it again.
        if (const auto removed = m_storage.references.removePending(reference.id); !removed)
            return removed;
        const auto body = content::decodeBody(reference.body);
        if (!body)
            continue; // kept by a version with other rules
        const ReferenceOrigin origin{reference.sender, reference.message, reference.clientTime};
        if (const auto applied = applyTo(**message, origin, *body, reference.body, Target::New, news); !applied)
            return applied.error();
    }
    return Done{};
}

Result<Done> References::dropPending(const ConversationId &conversation, const MessageReference &target,
                                     InboxNews &news)
{
    const auto dropped = m_storage.references.removePendingFor(conversation, target);
    if (!dropped)
        return dropped.error();
    news.isAnythingWiped = news.isAnythingWiped || *dropped > 0;
    return Done{};
}

Result<Done> References::forget(const ConversationId &conversation, const MessageReference &target, InboxNews &news)
{
    const auto message = m_storage.messages.find(conversation, target.author, target.message);
    if (!message)
        return message.error();
    if (const auto noted = m_storage.registers.addWiped(conversation, target, m_clock.now()); !noted)
        return noted;
    if (const auto removed = m_storage.registers.removeStar(conversation, target); !removed)
        return removed;
    if (const auto dropped = dropPending(conversation, target, news); !dropped)
        return dropped;
    if (!*message)
        return Done{};
    if (const auto dropped = dropUnsent(**message); !dropped)
        return dropped.error();
    if (const auto wiped = m_storage.messages.wipe((*message)->row); !wiped)
        return wiped;
    // Without a counter nothing says whether it was read.
    const bool isPlaceholder = (*message)->counter == 0 && target.author != m_self.account;
    const auto removed = isPlaceholder ? m_storage.messages.removePlaceholder((*message)->row)
                                       : m_storage.messages.remove((*message)->row);
    if (!removed)
        return removed;
    news.removed.push_back({conversation, target.message});
    news.conversations.push_back(conversation);
    news.isAnythingWiped = true;
    return Done{};
}

Result<bool> References::dropUnsent(const Message &message)
{
    if (message.sender != m_self.account)
        return false;
    const auto entries = m_storage.outbox.entriesOf(message.row);
    if (!entries)
        return entries.error();
    const bool isFailed = message.delivery == Delivery::Failed;
    const bool isUnsent = isFailed || (!entries->empty() && message.counter == 0);
    for (const std::int64_t entry : isUnsent ? *entries : std::vector<std::int64_t>()) {
        if (const auto removed = m_storage.outbox.remove(entry); !removed)
            return removed.error();
    }
    const auto forgotten = forgetUnsent(message, isUnsent ? Unsent::All : Unsent::EditsOnly);
    return forgotten ? Result<bool>(isUnsent) : forgotten.error();
}

Result<References::Effect> References::applyTo(const Message &target, const ReferenceOrigin &origin,
                                               const content::Body &body, ByteView bytes, Target age, InboxNews &news)
{
    if (target.kind == MessageKind::Deleted)
        return Effect::Ignored;
    Result<Effect> effect = Effect::Ignored;
    if (const auto *edit = std::get_if<content::Edit>(&body))
        effect = applyEdit(target, origin, *edit, bytes);
    else if (const auto *taken = std::get_if<content::Delete>(&body))
        effect = applyDelete(target, origin, *taken, age, news);
    else if (const auto *reaction = std::get_if<content::Reaction>(&body))
        effect = applyReaction(target, origin, *reaction, bytes);
    if (effect && *effect == Effect::Applied)
        news.changed.push_back({target.conversation, target.id});
    return effect;
}

/// Whether something of our own that stands here is not sent yet, and so could be taken out again.
Result<bool> References::mayVanish(const DeviceAddress &writer, const MessageId &reference)
{
    if (writer != m_self)
        return false;
    return m_storage.outbox.holds(reference);
}

Result<References::Effect> References::applyEdit(const Message &target, const ReferenceOrigin &origin,
                                                 const content::Edit &edit, ByteView bytes)
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
    if (same != known->end() && later(*same, version) == *same) {
        const auto vanishing = mayVanish({target.sender, same->device}, same->id);
        if (!vanishing)
            return vanishing.error();
        if (!*vanishing || same->id == origin.message)
            return Effect::Ignored;
        const auto kept = keep(target.conversation, origin, edit, bytes);
        return kept ? Result<Effect>(Effect::Ignored) : kept.error();
    }
    if (const auto stored = m_storage.references.storeVersion(target.row, version); !stored)
        return stored.error();
    if (const auto shown = showNewest(target.row); !shown)
        return shown.error();
    return Effect::Applied;
}

/// The text of the greatest revision is the one that is read and found; the first alone is no version.
Result<Done> References::showNewest(std::int64_t row)
{
    const auto versions = m_storage.references.versionsOf(row);
    if (!versions)
        return versions.error();
    if (versions->empty())
        return Done{};
    const MessageVersion &newest = versions->back();
    if (newest.revision == 0) {
        if (const auto removed = m_storage.references.removeVersion(row, 0); !removed)
            return removed;
    }
    return m_storage.messages.showVersion(row, newest.text, newest.revision > 0);
}

Result<References::Effect> References::applyDelete(const Message &target, const ReferenceOrigin &origin,
                                                   const content::Delete &taken, Target age, InboxNews &news)
{
    if (!mayDelete(target, origin, taken, m_clock.now()))
        return Effect::Ignored;
    if (const auto forgotten = forgetUnsent(target, Unsent::All); !forgotten)
        return forgotten.error();
    if (const auto dropped = dropPending(target.conversation, {target.sender, target.id}, news); !dropped)
        return dropped.error();
    const auto counted =
        age == Target::New ? MessageRepository::Counted::Surely : MessageRepository::Counted::IfNotRead;
    if (const auto wiped = m_storage.messages.wipe(target.row, counted); !wiped)
        return wiped.error();
    news.isAnythingWiped = true;
    return Effect::Applied;
}

Result<bool> References::isChangeWaiting(const ConversationId &conversation, const MessageReference &target)
{
    const auto waiting = m_storage.outbox.withoutMessage(conversation);
    if (!waiting)
        return waiting.error();
    for (const OutboxEntry &entry : *waiting) {
        const auto named = namedIn(entry);
        if (!named)
            return named.error();
        if (*named && (*named)->target == target)
            return true;
    }
    return false;
}

/// What we wrote about a message of our own and was not encrypted yet goes with it.
Result<Done> References::forgetUnsent(const Message &target, Unsent which)
{
    if (target.sender != m_self.account)
        return Done{};
    const auto waiting = m_storage.outbox.withoutMessage(target.conversation);
    if (!waiting)
        return waiting.error();
    const MessageReference wanted{target.sender, target.id};
    for (const OutboxEntry &entry : *waiting) {
        const auto body = entry.submit ? std::nullopt : bodyOf(entry);
        const auto named = body ? namedBy(*body, m_self.account) : std::nullopt;
        const bool isToGo = named && (which == Unsent::All || named->kind == ReferenceKind::Edit);
        if (!isToGo || named->target != wanted)
            continue;
        if (const auto removed = m_storage.outbox.remove(entry.id); !removed)
            return removed;
    }
    return Done{};
}

Result<References::Effect> References::applyReaction(const Message &target, const ReferenceOrigin &origin,
                                                     const content::Reaction &reaction, ByteView bytes)
{
    if (!isReaction(reaction))
        return Effect::Ignored;
    const auto known = m_storage.references.reactionsTo(target.row);
    if (!known)
        return known.error();
    const MessageReaction news = reactionOf(origin, reaction);
    const auto same = std::ranges::find(*known, origin.sender.account, &MessageReaction::account);
    if (same != known->end() && same->id == news.id)
        return Effect::Ignored;
    if (same != known->end() && later(*same, news) == *same) {
        const auto vanishing = mayVanish({same->account, same->device}, same->id);
        if (!vanishing)
            return vanishing.error();
        const auto kept =
            *vanishing ? keep(target.conversation, origin, reaction, bytes) : Result<Effect>(Effect::Ignored);
        return kept ? Result<Effect>(Effect::Ignored) : kept.error();
    }
    if (same != known->end() && origin.sender == m_self) {
        // Stands again if this one is never sent.
        const content::Body former = content::Reaction{reaction.target, same->emoji, same->revision};
        const ReferenceOrigin before{{same->account, same->device}, same->id, origin.clientTime};
        if (const auto kept = keep(target.conversation, before, former, content::encode(former)); !kept)
            return kept.error();
    }
    if (const auto stored = m_storage.references.storeReaction(target.row, news); !stored)
        return stored.error();
    return Effect::Applied;
}

/// Waits for its message. Edits and deletes all do, because which of them is in time shows only then; of reactions the
/// one that would stay, and those of this desktop that may not be sent.
Result<References::Effect> References::keep(const ConversationId &conversation, const ReferenceOrigin &origin,
                                            const content::Body &body, ByteView bytes)
{
    const auto named = namedBy(body, origin.sender.account);
    if (!named || !isSensible(origin, body))
        return Effect::Ignored;
    auto size = m_storage.references.pendingOf(conversation, origin.sender.account);
    if (!size)
        return size.error();
    std::vector<std::int64_t> replaced;
    if (const auto *reaction = std::get_if<content::Reaction>(&body); reaction && origin.sender != m_self) {
        const auto waiting = m_storage.references.pendingFor(conversation, named->target, origin.sender.account,
                                                             ReferenceKind::Reaction);
        if (!waiting)
            return waiting.error();
        const MessageReaction news = reactionOf(origin, *reaction);
        for (const PendingReference &other : *waiting) {
            const auto otherBody = content::decodeBody(other.body);
            const auto *known = otherBody ? std::get_if<content::Reaction>(&*otherBody) : nullptr;
            if (!known || other.sender == m_self)
                continue;
            const MessageReaction before = reactionOf({other.sender, other.message, other.clientTime}, *known);
            if (later(before, news) == before)
                return Effect::Ignored;
            replaced.push_back(other.id);
            size->rows -= 1;
            size->bytes -= other.body.size();
        }
    }
    const bool hasRoom = size->rows < kMaxPendingRows && size->bytes + bytes.size() <= kMaxPendingBytes;
    if (refuseUnless(Check::PendingLimit, hasRoom))
        return Effect::Ignored;
    for (const std::int64_t id : replaced) {
        if (const auto removed = m_storage.references.removePending(id); !removed)
            return removed.error();
    }
    const auto added =
        m_storage.references.addPending(conversation,
                                        {0, named->target, origin.sender, origin.message, named->kind,
                                         origin.clientTime, Bytes(bytes.data(), bytes.size()), m_clock.now()});
    return added ? Result<Effect>(Effect::Applied) : added.error();
}

Result<bool> References::isStillAllowed(const OutboxEntry &entry)
{
    const auto body = bodyOf(entry);
    const auto named = body ? namedBy(*body, m_self.account) : std::nullopt;
    if (!named || !entry.conversation)
        return true;
    const auto target = m_storage.messages.find(*entry.conversation, named->target.author, named->target.message);
    if (!target)
        return target.error();
    if (!*target) // deleted here: that still reaches those who have it, and new words do not
        return named->kind != ReferenceKind::Edit;
    if ((*target)->sender == m_self.account && (*target)->delivery == Delivery::Failed)
        return false; // nobody has it
    const ReferenceOrigin origin{m_self, entry.innerId, entry.createdAt};
    const bool isThere = (*target)->kind == MessageKind::Text;
    switch (named->kind) {
    case ReferenceKind::Edit:
        return isThere && mayEdit(**target, origin, std::get<content::Edit>(*body), m_clock.now());
    case ReferenceKind::Delete: return mayDelete(**target, origin, std::get<content::Delete>(*body), m_clock.now());
    case ReferenceKind::Reaction: break;
    }
    return isThere;
}

/// What an entry refers to; nothing for what refers to nothing.
Result<std::optional<References::NotSent>> References::namedIn(const OutboxEntry &entry)
{
    using MaybeNamed = std::optional<Named>;
    if (!entry.conversation || entry.message)
        return MaybeNamed();
    if (const auto body = bodyOf(entry))
        return namedBy(*body, m_self.account);
    // Only an edit is too long for that.
    const auto target = m_storage.references.editedBy(*entry.conversation, m_self.account, entry.innerId);
    if (!target)
        return target.error();
    return *target ? MaybeNamed(Named{{m_self.account, **target}, ReferenceKind::Edit}) : MaybeNamed();
}

Result<std::optional<References::NotSent>> References::takeOut(const OutboxEntry &entry)
{
    using Taken = std::optional<NotSent>;
    const auto named = namedIn(entry);
    if (!named || !*named)
        return named;
    const auto target = m_storage.messages.find(*entry.conversation, (*named)->target.author, (*named)->target.message);
    if (!target)
        return target.error();
    if (!*target) { // deleted here, and others keep the words, if they ever had them
        const auto record = m_storage.outbox.findResend((*named)->target.message);
        if (!record)
            return record.error();
        const bool isTold = (*named)->kind == ReferenceKind::Delete && !(*record && (*record)->failed);
        return isTold ? named : Result<Taken>(Taken());
    }
    const bool isUnsent = (*target)->sender == m_self.account && (*target)->delivery == Delivery::Failed;
    if (isUnsent && (*named)->kind == ReferenceKind::Delete)
        return Taken();
    Result<Done> done = Done{};
    if ((*target)->kind == MessageKind::Text && (*named)->kind == ReferenceKind::Edit)
        done = takeOutEdit(**target, entry.innerId);
    else if ((*target)->kind == MessageKind::Text && (*named)->kind == ReferenceKind::Reaction)
        done = takeOutReaction(**target, entry.innerId);
    return done ? named : Result<Taken>(done.error());
}

Result<Done> References::takeOutEdit(const Message &target, const MessageId &edit)
{
    const auto versions = m_storage.references.versionsOf(target.row);
    if (!versions)
        return versions.error();
    const auto made = std::ranges::find_if(
        *versions, [&edit](const MessageVersion &version) { return version.revision > 0 && version.id == edit; });
    if (made == versions->end())
        return Done{};
    if (const auto removed = m_storage.references.removeVersion(target.row, made->revision); !removed)
        return removed;
    if (const auto shown = showNewest(target.row); !shown)
        return shown;
    InboxNews news; // the caller tells of this message
    return takePending(target.conversation, {target.sender, target.id}, news);
}

Result<Done> References::takeOutReaction(const Message &target, const MessageId &reaction)
{
    const MessageReference place{target.sender, target.id};
    const auto waiting = m_storage.references.pendingFor(target.conversation, place);
    if (!waiting)
        return waiting.error();
    for (const PendingReference &other : *waiting) {
        if (other.sender != m_self || other.message != reaction)
            continue;
        if (const auto removed = m_storage.references.removePending(other.id); !removed)
            return removed;
    }
    const auto known = m_storage.references.reactionsTo(target.row);
    if (!known)
        return known.error();
    const auto own = std::ranges::find(*known, m_self.account, &MessageReaction::account);
    if (own == known->end() || own->id != reaction || own->device != m_self.device)
        return Done{};
    if (const auto removed = m_storage.references.removeReaction(target.row, m_self.account); !removed)
        return removed;
    InboxNews news; // the caller tells of this message
    return takePending(target.conversation, place, news);
}

} // namespace sotto
