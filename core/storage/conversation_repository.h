#pragma once
#include "core/base/result.h"
#include "core/model/conversation.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// What a person has set for one chat.
struct ConversationSettings {
    Timestamp mutedUntil;
    bool pinned = false;
    bool archived = false;
    QString draft;
    friend bool operator==(const ConversationSettings &, const ConversationSettings &) = default;
};

/// Up to which counter one device's messages have been read.
struct ReadMark {
    DeviceAddress author;
    std::uint64_t readUpTo = 0;
    friend bool operator==(const ReadMark &, const ReadMark &) = default;
};

/// Chats. On the thread of the database; calls that change belong in a transaction.
class ConversationRepository {
public:
    explicit ConversationRepository(Database &database) : m_database(database) { }

    /// Makes the one-to-one chat with `peer` unless it exists.
    Result<Done> ensure(const ConversationId &id, const AccountId &peer);
    Result<std::optional<Conversation>> find(const ConversationId &id);
    Result<std::optional<Conversation>> withPeer(const AccountId &peer);
    /// Every chat that has a message, latest activity first.
    Result<std::vector<Conversation>> all();

    /// Everything of others in the chat counts as read. The marks that moved: what a read receipt says; none when no
    /// message was unread, because counters of content that is not shown move too.
    Result<std::vector<ReadMark>> markRead(const ConversationId &id);
    /// Another own desktop has read up to `mark`. Marks never go back.
    Result<Done> markReadUpTo(const ConversationId &id, const ReadMark &mark);

    /// NotFound for an unknown chat.
    Result<ChatTimer> timer(const ConversationId &id);
    /// Which of two timers stands is core/messaging/expiry. NotFound.
    Result<Done> setTimer(const ConversationId &id, const ChatTimer &timer);
    /// What the person has begun to write. NotFound.
    Result<Done> setDraft(const ConversationId &id, const QString &text);

    /// NotFound for an unknown chat.
    Result<ConversationSettings> settings(const ConversationId &id);
    /// Replaces all of them. NotFound for an unknown chat.
    Result<Done> setSettings(const ConversationId &id, const ConversationSettings &settings);

private:
    Database &m_database;
};

} // namespace sotto
