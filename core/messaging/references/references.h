#pragma once
#include "core/messaging/inbox/arrival.h"
#include "core/messaging/references/reference_rules.h"
#include "core/storage/reference_repository.h"

namespace sotto {

struct OutboxEntry;
struct Storage;

/// What happens to messages after they were written: edits, deletes and reactions, of others and our own, each applied
/// by reference_rules.h. What comes before its message waits for it. Core thread, inside the caller's transaction.
class References {
public:
    /// What may wait of one person in one conversation.
    static constexpr std::int64_t kMaxPendingRows = 1000;
    static constexpr std::int64_t kMaxPendingBytes = 1024 * 1024; ///< of bodies

    /// All outlive it.
    References(Storage &storage, Clock &clock) : m_storage(storage), m_clock(clock) { }

    enum class Effect {
        Applied, ///< or kept for a message that is not here
        Ignored, ///< not allowed, too late, or nothing new
    };
    /// An Edit, Delete or Reaction that somebody, perhaps ourselves, has written in a conversation. Changed messages
    /// are told to `news`. Refused for another kind of content.
    Result<Effect> take(const ConversationId &conversation, const ReferenceOrigin &origin, const content::Body &body,
                        InboxNews &news);
    /// A message is here now: what waited for it counts.
    Result<Done> takePending(const ConversationId &conversation, const MessageReference &target, InboxNews &news);

    /// Whether something of our own in the outbox that was not encrypted yet would still count. Always true for what
    /// refers to nothing.
    Result<bool> isStillAllowed(const OutboxEntry &entry, const DeviceAddress &self);
    /// Our own edit will never be sent: the text is again what it was. The message that changed.
    Result<std::optional<MessageId>> takeOut(const MessageId &edit);
    /// Our edits of a message that were not encrypted yet go with it: they hold its words.
    Result<Done> forgetUnsent(const Message &target);

private:
    Result<Effect> applyTo(const Message &target, const ReferenceOrigin &origin, const content::Body &body,
                           InboxNews &news);
    Result<Effect> applyEdit(const Message &target, const ReferenceOrigin &origin, const content::Edit &edit);
    Result<Effect> applyDelete(const Message &target, const ReferenceOrigin &origin, const content::Delete &taken,
                               InboxNews &news);
    Result<Effect> applyReaction(const Message &target, const ReferenceOrigin &origin,
                                 const content::Reaction &reaction);
    Result<Effect> keep(const ConversationId &conversation, const MessageReference &target,
                        const ReferenceOrigin &origin, const content::Body &body);
    Result<Done> showNewest(std::int64_t row);

    Storage &m_storage;
    Clock &m_clock;
};

} // namespace sotto
