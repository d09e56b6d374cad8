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
