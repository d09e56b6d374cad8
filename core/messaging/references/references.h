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

    /// `self` is this device; the others outlive it.
    References(Storage &storage, Clock &clock, const DeviceAddress &self)
        : m_storage(storage), m_clock(clock), m_self(self)
    { }

    enum class Effect {
        Applied, ///< or kept for a message that is not here
        Ignored, ///< not allowed, too late, or nothing new
    };
    /// An Edit, Delete or Reaction that somebody, perhaps ourselves, has written in a conversation; `bytes` are the
    /// body as it was written. Changed messages are told to `news`. Refused for another kind of content.
    Result<Effect> take(const ConversationId &conversation, const ReferenceOrigin &origin, const content::Body &body,
                        ByteView bytes, InboxNews &news);
    /// A message was stored just now, and counts as unread when it is somebody else's: what waited for it counts.
    Result<Done> takePending(const ConversationId &conversation, const MessageReference &target, InboxNews &news);
    /// A message will never be here: what waits for it goes, and `news` hears when there were words.
    Result<Done> dropPending(const ConversationId &conversation, const MessageReference &target, InboxNews &news);

    /// A message goes here for good, if it is here: words, place, star and what waits for it. Its id is noted, so that
    /// nothing that comes late is kept. One of ours that was never encrypted is not sent any more, nor what we wrote
    /// about it.
    Result<Done> forget(const ConversationId &conversation, const MessageReference &target, InboxNews &news);

    /// Whether something of our own in the outbox that was not encrypted yet would still count. Always true for what
    /// refers to nothing.
    Result<bool> isStillAllowed(const OutboxEntry &entry);
    /// What of our own will never be sent, and what it was about.
    struct NotSent {
        MessageReference target;
        ReferenceKind kind = ReferenceKind::Edit;
    };
    /// Something of our own in the outbox will never be sent: an edit or a reaction is taken out again, and what it had
    /// pushed aside counts. A message that was taken back stays so here. Nothing for what refers to nothing, nor for
    /// what took a message back that was not sent itself: nobody has it.
    Result<std::optional<NotSent>> takeOut(const OutboxEntry &entry);
    /// Whether an edit, a delete or a reaction of ours about this message waits in the outbox. Reads the conversation's
    /// part of it.
    Result<bool> isChangeWaiting(const ConversationId &conversation, const MessageReference &target);
    /// A message of ours goes here. When it was never encrypted, or was refused for good, nobody else has it: its way
    /// out ends, with all that we wrote about it and is not encrypted yet. Otherwise only its new words stay here.
    /// Whether nobody else has it.
    Result<bool> dropUnsent(const Message &message);

private:
    /// Whether the message that something is applied to was stored in the same transaction.
    enum class Target { Known, New };
    Result<Effect> applyTo(const Message &target, const ReferenceOrigin &origin, const content::Body &body,
                           ByteView bytes, Target age, InboxNews &news);
    Result<Effect> applyEdit(const Message &target, const ReferenceOrigin &origin, const content::Edit &edit,
                             ByteView bytes);
    Result<Effect> applyDelete(const Message &target, const ReferenceOrigin &origin, const content::Delete &taken,
                               Target age, InboxNews &news);
    Result<Effect> applyReaction(const Message &target, const ReferenceOrigin &origin,
                                 const content::Reaction &reaction, ByteView bytes);
    Result<Effect> keep(const ConversationId &conversation, const ReferenceOrigin &origin, const content::Body &body,
                        ByteView bytes);
    Result<bool> mayVanish(const DeviceAddress &writer, const MessageId &reference);
    Result<std::optional<NotSent>> namedIn(const OutboxEntry &entry);
    enum class Unsent { All, EditsOnly };
    Result<Done> forgetUnsent(const Message &target, Unsent which);
    Result<Done> takeOutEdit(const Message &target, const MessageId &edit);
    Result<Done> takeOutReaction(const Message &target, const MessageId &reaction);
    Result<Done> showNewest(std::int64_t row);

    Storage &m_storage;
    Clock &m_clock;
    DeviceAddress m_self;
};

} // namespace sotto
