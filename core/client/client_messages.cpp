// What a person does with messages that are there: answers, changes, takes back, reacts.
#include "core/client/client_parts.h"

#include "core/messaging/sort_time.h"
#include "core/wire/limits.h"

#include <algorithm>

namespace sotto {

Result<Message> Client::messageOf(ConversationId conversation, MessageId id) const
{
    const auto found = message(conversation, id);
    if (!found)
        return found.error();
    if (!*found)
        return Error(ErrorCode::NotFound, QStringLiteral("there is no such message in this chat"));
    return **found;
}

void Client::tellChanges(const InboxNews &news)
{
    for (const auto &changed : news.changed)
        Q_EMIT messageChanged(changed.conversation, changed.message);
    for (const auto &removed : news.removed)
        Q_EMIT messageRemoved(removed.conversation, removed.message);
    for (const ConversationId &conversation : news.conversations)
        Q_EMIT conversationChanged(conversation);
}

/// Whether its time is over, perhaps only by this computer's clock: it is not shown, and may still be there.
bool Client::isHidden(const Message &message) const
{
    return m_parts->account && m_parts->account->expiry.isHidden(message);
}

/// Who does not tell what they have read does not see what others have.
void Client::hideReading(Message &message) const
{
    const bool isHiding = m_parts->account && !m_parts->account->receipts.tellsRead();
    if (isHiding && message.delivery == Delivery::Read)
        message.delivery = Delivery::Delivered;
}

/// Tells what was written; words that are gone leave the file's old pages too.
Result<Done> Client::afterWriting(const Result<InboxNews> &written)
{
    if (!written)
        return written.error();
    m_parts->account->pump.wake();
    tellChanges(*written);
    if (written->isAnythingWiped) {
        m_parts->wordsWait = true;
        m_parts->cutLog();
    }
    return Done{};
}

Result<MessageId> Client::reply(ConversationId conversation, MessageId message, QString text)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto answered = messageOf(conversation, message);
    if (!answered)
        return answered.error();
    if (answered->kind == MessageKind::Deleted)
        return Error(ErrorCode::NotFound, QStringLiteral("this message was taken back"));
    const auto chat = m_parts->storage.conversations.find(conversation);
    if (!chat)
        return chat.error();
    const TextMarks marks{MessageReference{answered->sender, answered->id}, false};
    return written((*account)->composer.writeText((*chat)->peer, text, marks));
}

Result<MessageId> Client::forward(ConversationId conversation, MessageId message, AccountId to)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto original = messageOf(conversation, message);
    if (!original)
        return original.error();
    if (original->kind != MessageKind::Text)
        return Error(ErrorCode::NotFound, QStringLiteral("there are no words to forward"));
    return written((*account)->composer.writeText(to, original->text, {std::nullopt, true}));
}

Result<Done> Client::editText(ConversationId conversation, MessageId message, QString text)
{
    const auto account = parts();
    if (!account)
        return account.error();
    return afterWriting((*account)->composer.editText(conversation, message, text));
}

Result<Done> Client::deleteForEveryone(ConversationId conversation, MessageId message)
{
    const auto account = parts();
    if (!account)
        return account.error();
    return afterWriting((*account)->composer.takeBack(conversation, message));
}

Result<Done> Client::deleteForMe(ConversationId conversation, MessageId message)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto target = messageOf(conversation, message);
    if (!target)
        return target.error();
    return afterWriting((*account)->registers.deleteForMe(conversation, {target->sender, target->id}));
}

Result<Done> Client::setStarred(ConversationId conversation, MessageId message, bool starred)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto target = messageOf(conversation, message);
    if (!target)
        return target.error();
    return afterWriting((*account)->registers.setStar(conversation, {target->sender, target->id}, starred));
}

Result<std::vector<Message>> Client::starred(int limit) const
{
    auto found = m_parts->storage.messages.starred(limit);
    if (found)
        std::erase_if(*found, [this](const Message &message) { return isHidden(message); });
    if (found)
        std::ranges::for_each(*found, [this](Message &message) { hideReading(message); });
    return found;
}

Result<Done> Client::setTimer(ConversationId conversation, std::uint32_t seconds)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto id = written((*account)->composer.setTimer(conversation, seconds));
    if (!id)
        return id.error();
    Q_EMIT conversationChanged(conversation);
    return Done{};
}

Result<Done> Client::markUnread(ConversationId conversation, bool unread)
{
    const auto account = parts();
    if (!account)
        return account.error();
    return afterWriting((*account)->registers.markUnread(conversation, unread));
}

Result<bool> Client::isChangeWaiting(ConversationId conversation, MessageId id) const
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto found = message(conversation, id);
    if (!found)
        return found.error();
    if (!*found)
        return false; // what was done with it went with it
    return (*account)->references.isChangeWaiting(conversation, {(*found)->sender, id});
}

Result<Done> Client::react(ConversationId conversation, MessageId message, QString emoji)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto target = messageOf(conversation, message);
    if (!target)
        return target.error();
    return afterWriting((*account)->composer.react(conversation, {target->sender, target->id}, emoji));
}

Result<MessageDetails> Client::details(ConversationId conversation, MessageId message) const
{
    const auto target = messageOf(conversation, message);
    if (!target)
        return target.error();
    const auto versions = m_parts->storage.references.versionsOf(target->row);
    if (!versions)
        return versions.error();
    auto standing = reactions(*target);
    if (!standing)
        return standing.error();
    auto steps = ladder(*target);
    if (!steps)
        return steps.error();
    return MessageDetails{*versions, std::move(*standing), std::move(*steps)};
}

Result<DeliveryLadder> Client::ladder(const Message &message) const
{
    DeliveryLadder ladder{message.delivery, message.clientTime, std::nullopt, std::nullopt, {}, false};
    const bool isAccepted = message.delivery != Delivery::Queued && message.delivery != Delivery::Failed;
    if (isAccepted && message.sortTime.ms > 0)
        ladder.acceptedAt = message.sortTime;
    const auto own = account();
    // Of one that was not sent the relay has at most the Void in its place, and receipts speak of that.
    if (!own || own->account != message.sender || message.delivery == Delivery::Failed)
        return ladder;
    auto readers = m_parts->storage.receipts.timesOf(message.conversation, message.senderDevice, message.counter);
    if (!readers)
        return readers.error();
    ladder.readers = std::move(*readers);
    if (const auto taken = tellAcceptance(message, ladder); !taken)
        return taken.error();
    const Timestamp earliest = ladder.acceptedAt.value_or(ladder.writtenAt); // a relay may say any time
    for (ReceiptTimes &reader : ladder.readers) {
        if (reader.deliveredAt)
            reader.deliveredAt = std::max(*reader.deliveredAt, earliest);
        if (reader.readAt)
            reader.readAt = std::max(*reader.readAt, earliest);
        if (!m_parts->account->receipts.tellsRead())
            reader.readAt.reset();
    }
    const auto chat = m_parts->storage.conversations.find(message.conversation);
    if (!chat)
        return chat.error();
    const auto held = *chat ? m_parts->storage.pins.isHeld((*chat)->peer) : Result<bool>(false);
    if (!held)
        return held.error();
    ladder.isHeld = *held && message.delivery == Delivery::Queued;
    return ladder;
}

/// What the relay said when it took a message of this desktop, as long as that is kept. It may say any time.
Result<Done> Client::tellAcceptance(const Message &message, DeliveryLadder &ladder) const
{
    const auto record = m_parts->storage.outbox.findResend(message.id);
    if (!record)
        return record.error();
    if (!*record || (*record)->conversation != message.conversation || !(*record)->acceptedAt)
        return Done{};
    ladder.acceptedAt = clampedSortTime(*(*record)->acceptedAt, message.clientTime, m_parts->environment.clock.now());
    const auto until = (*record)->keptUntil;
    if (until && *until >= *ladder.acceptedAt && until->ms <= wire::kMaxTimeMs)
        ladder.keptUntil = until;
    return Done{};
}

Result<std::vector<MessageReaction>> Client::reactions(const Message &message) const
{
    auto all = m_parts->storage.references.reactionsTo(message.row);
    if (all)
        std::erase_if(*all, [](const MessageReaction &reaction) { return reaction.emoji.isEmpty(); });
    return all;
}

} // namespace sotto
