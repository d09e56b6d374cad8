#pragma once
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/model/message.h"

#include <optional>

namespace sotto {

class Database;

/// Something that all own desktops keep equal: on or off, and which change of it stands here.
struct SyncedFlag {
    bool on = false;
    Timestamp changed;                             ///< hybrid clock
    std::optional<DeviceId> device = std::nullopt; ///< which changed it; none: nobody has
    friend bool operator==(const SyncedFlag &, const SyncedFlag &) = default;
};

/// What the person did for all of their desktops: stars, chats marked as unread, and the ids of messages that were
/// deleted here. Stores what it is told: which of two changes stays is core/messaging/sync. On the thread of the
/// database, in a transaction. Conversations must exist (NotFound).
class RegisterRepository {
public:
    explicit RegisterRepository(Database &database) : m_database(database) { }

    /// Off, without a device, when nobody has starred it.
    Result<SyncedFlag> star(const ConversationId &conversation, const MessageReference &target);
    /// The message need not be here.
    Result<Done> setStar(const ConversationId &conversation, const MessageReference &target, const SyncedFlag &flag);
    /// As if nobody had ever starred it.
    Result<Done> removeStar(const ConversationId &conversation, const MessageReference &target);
    /// Forgets what was said before about messages that are not here; how much it was.
    Result<std::int64_t> pruneStarsBefore(Timestamp limit);

    /// Whether the person has marked a chat as unread.
    Result<SyncedFlag> unreadMark(const ConversationId &conversation);
    /// Replaces what stands.
    Result<Done> setUnreadMark(const ConversationId &conversation, const SyncedFlag &flag);

    /// A message is gone here for good, or never comes. Again: the later time stands.
    Result<Done> addWiped(const ConversationId &conversation, const MessageReference &target, Timestamp now);
    /// Whether addWiped() has noted it, and not too long ago.
    Result<bool> isWiped(const ConversationId &conversation, const MessageReference &target);
    /// Forgets what was wiped before; how many there were.
    Result<std::int64_t> pruneWipedBefore(Timestamp limit);

private:
    Database &m_database;
};

} // namespace sotto
