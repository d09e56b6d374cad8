#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/content/content.h"
#include "core/model/contact.h"
#include "core/model/conversation.h"
#include "core/model/message.h"

namespace sotto {

class References;
struct InboxNews;
struct Storage;

/// What a text is beside its words.
struct TextMarks {
    std::optional<MessageReference> replyTo = std::nullopt;
    bool forwarded = false;
};

/// Writes what a person says and does: its effect here and the outbox row in one transaction. Core thread.
class Composer {
public:
    /// All outlive the composer.
    Composer(Storage &storage, References &references, Clock &clock, Random &random, const DeviceAddress &self)
        : m_storage(storage), m_references(references), m_clock(clock), m_random(random), m_self(self)
    { }

    /// A text to a person or to oneself; durable once this returns. InvalidArgument for an empty or malformed text,
    /// TooLarge over kMaxTextBytes, NotPermitted to somebody blocked or never asked.
    Result<Message> writeText(const AccountId &to, const QString &text, const TextMarks &marks = {});
    /// How long messages of a chat stay from now on, for both sides: a line in the chat, and nothing for what is there
    /// already. NotFound; InvalidArgument for a time that is none (content::isTimer); NotPermitted as for editText().
    Result<Message> setTimer(const ConversationId &conversation, std::uint32_t seconds);
    /// Other words for an own text; nothing happens for the same ones. NotFound; NotPermitted when it cannot be changed
    /// any more, was not sent, or to somebody who has not accepted; as writeText() for the words.
    Result<InboxNews> editText(const ConversationId &conversation, const MessageId &message, const QString &text);
    /// Takes an own text back everywhere; one that never left or was not sent just goes. NotFound; NotPermitted when it
    /// is too late, or from somebody who has not accepted.
    Result<InboxNews> takeBack(const ConversationId &conversation, const MessageId &message);
    /// What we feel about a text; empty takes it back. NotFound; InvalidArgument for what is no reaction;
    /// NotPermitted as for editText().
    Result<InboxNews> react(const ConversationId &conversation, const MessageReference &target, const QString &emoji);

private:
    Result<ContactState> stateOf(const AccountId &person);
    Result<Done> mayWriteTo(const AccountId &to);
    Result<Conversation> writableChat(const ConversationId &conversation);
    Result<Message> sentTextOf(const ConversationId &conversation, const MessageReference &target);
    Result<Message> textOf(const ConversationId &conversation, const MessageReference &target);
    Message newRow(const ConversationId &conversation, const MessageId &id);
    Result<Done> queue(Message &message, const AccountId &to, const content::Body &body);
    Result<Done> send(const Conversation &chat, const content::Body &body, InboxNews &news);

    Storage &m_storage;
    References &m_references;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
};

} // namespace sotto
