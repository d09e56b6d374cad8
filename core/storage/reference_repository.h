#pragma once
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/model/reference.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// An edit, delete or reaction that came before its message.
struct PendingReference {
    std::int64_t id = 0; ///< grows; ignored by `addPending`
    MessageReference target;
    DeviceAddress sender;
    MessageId message; ///< of the reference itself
    ReferenceKind kind = ReferenceKind::Edit;
    Timestamp clientTime;
    Bytes body; ///< encoded
    Timestamp arrivedAt;
    friend bool operator==(const PendingReference &, const PendingReference &) = default;
};

/// Versions and reactions of messages, and what waits for messages that are not here. Stores what it is told: who may
/// refer to what, and which of two stays, is core/messaging/references. On the thread of the database, in the
/// transaction of the content. Conversations must exist (NotFound).
class ReferenceRepository {
public:
    explicit ReferenceRepository(Database &database) : m_database(database) { }

    /// Replaces the version of this revision.
    Result<Done> storeVersion(std::int64_t message, const MessageVersion &version);
    Result<Done> removeVersion(std::int64_t message, std::uint32_t revision);
    /// The message of `author` of which an Edit made a version that stayed. Reads all versions: for what is given up.
    Result<std::optional<MessageId>> editedBy(const ConversationId &conversation, const AccountId &author,
                                              const MessageId &edit);
    /// By revision, rising; none of a message that was never edited.
    Result<std::vector<MessageVersion>> versionsOf(std::int64_t message);

    /// Replaces this person's reaction.
    Result<Done> storeReaction(std::int64_t message, const MessageReaction &reaction);
    Result<Done> removeReaction(std::int64_t message, const AccountId &account);
    /// By account; with those that were taken back.
    Result<std::vector<MessageReaction>> reactionsTo(std::int64_t message);

    /// Keeps a reference until its message is here.
    Result<Done> addPending(const ConversationId &conversation, const PendingReference &reference);
    /// What waits for this message, in order of arrival.
    Result<std::vector<PendingReference>> pendingFor(const ConversationId &conversation,
                                                     const MessageReference &target);
    /// What of one person and kind waits for it.
    Result<std::vector<PendingReference>> pendingFor(const ConversationId &conversation, const MessageReference &target,
                                                     const AccountId &account, ReferenceKind kind);
    Result<Done> removePending(std::int64_t id);
    /// Forgets what waits for a message. How many there were.
    Result<std::int64_t> removePendingFor(const ConversationId &conversation, const MessageReference &target);
    /// How much of one person waits in a conversation.
    /// Whether an edit or reaction with this id has come, or waits. Reads the reactions: for frames that do not open.
    Result<bool> isKnown(const ConversationId &conversation, const AccountId &author, const MessageId &id);
    struct PendingSize {
        std::int64_t rows = 0;
        std::int64_t bytes = 0; ///< of bodies
    };
    Result<PendingSize> pendingOf(const ConversationId &conversation, const AccountId &account);
    /// Forgets what waited for longer. How many there were.
    Result<std::int64_t> prunePendingBefore(Timestamp limit);

private:
    Database &m_database;
};

} // namespace sotto
