#include "core/messaging/sending/composer.h"

#include "core/ledger/signature.h"
#include "core/messaging/message_ids.h"
#include "core/messaging/references/references.h"
#include "core/messaging/sending/outgoing.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include <algorithm>
#include <limits>

namespace sotto {

namespace {

Result<Done> checkWords(const QString &text)
{
    if (text.isEmpty() || !text.isValidUtf16())
        return Error(ErrorCode::InvalidArgument, QStringLiteral("there is no text to send"));
    if (text.toUtf8().size() > kMaxTextBytes)
        return Error(ErrorCode::TooLarge, QStringLiteral("a message has at most 64 KiB of text"));
    return Done{};
}

} // namespace

/// What somebody is to us; to ourselves we are accepted.
Result<ContactState> Composer::stateOf(const AccountId &person)
{
    if (person == m_self.account)
        return ContactState::Accepted;
    const auto contact = m_storage.contacts.find(person);
    if (!contact)
        return contact.error();
    return *contact ? (*contact)->state : ContactState::Stranger;
}

Result<Done> Composer::mayWriteTo(const AccountId &to)
{
    const auto state = stateOf(to);
    if (!state)
        return state.error();
    switch (*state) {
    case ContactState::Accepted:
    case ContactState::Asked: return Done{};
    case ContactState::Blocked: return Error(ErrorCode::NotPermitted, QStringLiteral("you have blocked this person"));
    case ContactState::Asking:
        return Error(ErrorCode::NotPermitted, QStringLiteral("accept this person's request first"));
    case ContactState::Stranger: break;
    }
    return Error(ErrorCode::NotPermitted, QStringLiteral("add this person as a contact first"));
}

Result<Message> Composer::writeText(const AccountId &to, const QString &text, const TextMarks &marks)
{
    if (const auto fit = checkWords(text); !fit)
        return fit.error();
    const auto id = newMessageId(m_random, true);
    if (!id)
        return id.error();
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto allowed = mayWriteTo(to); !allowed)
        return allowed.error();
    const ConversationId conversation = directConversation(m_self.account, to);
    if (const auto ensured = m_storage.conversations.ensure(conversation, to); !ensured)
        return ensured.error();
    const auto timer = m_storage.conversations.timer(conversation);
    if (!timer)
        return timer.error();
    Message message = newRow(conversation, *id);
    message.text = text;
    message.forwarded = marks.forwarded;
    message.replyTo = marks.replyTo;
    message.timerSeconds = timer->seconds;
    content::Text body{text, timer->seconds, timer->revision};
    body.forwarded = marks.forwarded;
    if (marks.replyTo)
        body.replyTo = content::Reference{marks.replyTo->author, marks.replyTo->message};
    if (const auto queued = queue(message, to, body); !queued)
        return queued.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return message;
}

Result<Message> Composer::setTimer(const ConversationId &conversation, std::uint32_t seconds)
{
    if (!content::isTimer(seconds))
        return Error(ErrorCode::InvalidArgument, QStringLiteral("messages stay for 5 seconds to a year, or for ever"));
    const auto id = newMessageId(m_random, true);
    if (!id)
        return id.error();
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto chat = writableChat(conversation);
    if (!chat)
        return chat.error();
    const auto standing = m_storage.conversations.timer(conversation);
    if (!standing)
        return standing.error();
    if (standing->revision >= std::uint64_t(std::numeric_limits<qint64>::max()))
        return Error(ErrorCode::NotPermitted, QStringLiteral("this chat's timer cannot be changed any more"));
    const ChatTimer timer{seconds, standing->revision + 1};
    if (const auto set = m_storage.conversations.setTimer(conversation, timer); !set)
        return set.error();
    Message message = newRow(conversation, *id);
    message.kind = MessageKind::TimerChanged;
    message.timerSeconds = seconds;
    if (const auto queued = queue(message, chat->peer, content::TimerChange{timer.seconds, timer.revision}); !queued)
        return queued.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return message;
}

/// A message of ours that is written now.
Message Composer::newRow(const ConversationId &conversation, const MessageId &id)
{
    return {.id = id,
            .conversation = conversation,
            .sender = m_self.account,
            .senderDevice = m_self.device,
            .clientTime = m_clock.now(),
            .sortTime = kQueuedSortTime,
            .text = {}};
}

/// Its row, its timer and its way out, in the caller's transaction.
Result<Done> Composer::queue(Message &message, const AccountId &to, const content::Body &body)
{
    const auto row = m_storage.messages.insert(message);
    if (!row)
        return row.error();
    message.row = *row;
    if (message.timerSeconds != 0 || message.kind == MessageKind::TimerChanged) {
        if (const auto timed = m_storage.expiry.add(*row, message.timerSeconds, std::nullopt); !timed)
            return timed;
    }
    const auto queued = enqueue(m_storage, m_random, message.clientTime,
                                {to, body, wire::MailClass::Message, message.conversation, *row, message.id});
    return queued ? Result<Done>(Done{}) : queued.error();
}

Result<Conversation> Composer::writableChat(const ConversationId &conversation)
{
    const auto chat = m_storage.conversations.find(conversation);
    if (!chat)
        return chat.error();
    if (!*chat)
        return Error(ErrorCode::NotFound, QStringLiteral("there is no such chat"));
    if (const auto allowed = mayWriteTo((*chat)->peer); !allowed)
        return allowed.error();
    // Whoever has not accepted takes nothing but texts, so it would be so here and not there.
    const auto state = stateOf((*chat)->peer);
    if (!state)
        return state.error();
    if (*state != ContactState::Accepted)
        return Error(ErrorCode::NotPermitted, QStringLiteral("not before this person has accepted your request"));
    return **chat;
}

Result<Message> Composer::textOf(const ConversationId &conversation, const MessageReference &target)
{
    const auto message = m_storage.messages.find(conversation, target.author, target.message);
    if (!message)
        return message.error();
    if (!*message || (*message)->kind != MessageKind::Text)
        return Error(ErrorCode::NotFound, QStringLiteral("there is no such text in this chat"));
    return **message;
}

/// A text that others have or will have.
Result<Message> Composer::sentTextOf(const ConversationId &conversation, const MessageReference &target)
{
    auto message = textOf(conversation, target);
    if (message && target.author == m_self.account && message->delivery == Delivery::Failed)
        return Error(ErrorCode::NotPermitted, QStringLiteral("this message was not sent"));
    return message;
}

/// Its effect here, by the same rules as everywhere, and its way out.
Result<Done> Composer::send(const Conversation &chat, const content::Body &body, InboxNews &news)
{
    const auto id = newMessageId(m_random, true);
    if (!id)
        return id.error();
    const Timestamp now = m_clock.now();
    const auto taken = m_references.take(chat.id, {m_self, *id, now}, body, content::encode(body), news);
    if (!taken)
        return taken.error();
    if (*taken == References::Effect::Ignored)
        return Error(ErrorCode::NotPermitted, QStringLiteral("it is too late to change this message"));
    const auto queued =
        enqueue(m_storage, m_random, now, {chat.peer, body, wire::MailClass::Message, chat.id, std::nullopt, *id});
    return queued ? Result<Done>(Done{}) : queued.error();
}

Result<InboxNews> Composer::editText(const ConversationId &conversation, const MessageId &message, const QString &text)
{
    if (const auto fit = checkWords(text); !fit)
        return fit.error();
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto chat = writableChat(conversation);
    if (!chat)
        return chat.error();
    const auto target = sentTextOf(conversation, {m_self.account, message});
    if (!target)
        return target.error();
    InboxNews news;
    if (target->text == text)
        return news;
    const auto versions = m_storage.references.versionsOf(target->row);
    if (!versions)
        return versions.error();
    const std::uint32_t revision = versions->empty() ? 1 : versions->back().revision + 1;
    if (revision > kMaxRevision)
        return Error(ErrorCode::NotPermitted, QStringLiteral("a message can be changed ten times"));
    if (const auto sent = send(*chat, content::Edit{message, text, revision}, news); !sent)
        return sent.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return news;
}

Result<InboxNews> Composer::takeBack(const ConversationId &conversation, const MessageId &message)
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto target = textOf(conversation, {m_self.account, message});
    if (!target)
        return target.error();
    const auto isUnsent = m_references.dropUnsent(*target);
    if (!isUnsent)
        return isUnsent.error();
    InboxNews news;
    if (*isUnsent) { // it goes as if never written
        if (const auto dropped = m_references.dropPending(conversation, {m_self.account, message}, news); !dropped)
            return dropped.error();
        if (const auto removed = m_storage.messages.remove(target->row); !removed)
            return removed.error();
        news.conversations.push_back(conversation);
        news.removed.push_back({conversation, message});
        news.isAnythingWiped = true;
    } else {
        const auto writable = writableChat(conversation);
        if (!writable)
            return writable.error();
        if (const auto sent = send(*writable, content::Delete{{m_self.account, message}}, news); !sent)
            return sent.error();
    }
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return news;
}

Result<InboxNews> Composer::react(const ConversationId &conversation, const MessageReference &target,
                                  const QString &emoji)
{
    if (!isReactionText(emoji))
        return Error(ErrorCode::InvalidArgument, QStringLiteral("a reaction is an emoji or a short word"));
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    const auto chat = writableChat(conversation);
    if (!chat)
        return chat.error();
    const auto message = sentTextOf(conversation, target);
    if (!message)
        return message.error();
    const auto known = m_storage.references.reactionsTo(message->row);
    if (!known)
        return known.error();
    const auto own = std::ranges::find(*known, m_self.account, &MessageReaction::account);
    InboxNews news;
    if (own == known->end() ? emoji.isEmpty() : own->emoji == emoji)
        return news;
    const std::uint32_t revision = own == known->end() ? 1 : own->revision + 1;
    const content::Reaction reaction{{target.author, target.message}, emoji, revision};
    if (const auto sent = send(*chat, reaction, news); !sent)
        return sent.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return news;
}

} // namespace sotto
