#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/content/content.h"
#include "core/messaging/inbox/arrival.h"
#include "core/storage/register_repository.h"

namespace sotto {

class References;
struct Storage;

/// Whether a change of a synced flag takes the place of the one that stands: of two the greater (time, device) stays,
/// whatever order they come in.
bool replaces(const SyncedFlag &change, const SyncedFlag &standing);

/// The end of the year 2199. A change that says it is later counts as the first there was, on every desktop: with all
/// times that can be written somebody could take the last one, and an answer a millisecond later would be none.
inline constexpr Timestamp kLatestChange{7'258'118'399'999};
/// When a change is made that is to take the place of `standing`: now, or right after it where a clock is ahead.
Timestamp changeAfter(const SyncedFlag &standing, Timestamp now);

/// What a person does on one desktop and means for all of them: messages deleted for oneself, stars, chats marked as
/// unread. Each has its effect here and goes to the siblings as OwnSync; what comes from them has the same effect
/// (protocol 4 "Own desktops"). Core thread.
class OwnRegisters {
public:
    /// `self` is this device; the others outlive it.
    OwnRegisters(Storage &storage, References &references, Clock &clock, Random &random, const DeviceAddress &self)
        : m_storage(storage), m_references(references), m_clock(clock), m_random(random), m_self(self)
    { }

    /// Whether this version acts on all of it.
    static bool isUnderstood(const content::OwnSync &sync);
    /// What a sibling has done, as far as this version acts on it; inside the inbox's transaction.
    Result<Done> take(const content::OwnSync &sync, DeviceId from, InboxNews &news);

    /// A message is deleted here and on our other desktops, and stays with others. One that was never encrypted is not
    /// sent any more. NotFound.
    Result<InboxNews> deleteForMe(const ConversationId &conversation, const MessageReference &target);
    /// A text is starred, or no longer. NotFound.
    Result<InboxNews> setStar(const ConversationId &conversation, const MessageReference &target, bool on);
    /// The person wants to come back to a chat, or has. NotFound.
    Result<InboxNews> markUnread(const ConversationId &conversation, bool on);

private:
    struct Origin {
        DeviceId device;
        Timestamp changed;
    };
    Result<Done> apply(const content::SyncOp &op, DeviceId from, InboxNews &news);
    Result<Done> applyDelete(const content::SyncDelete &deleted, InboxNews &news);
    Result<Done> applyStar(const content::SyncStar &star, const Origin &origin, InboxNews &news);
    Result<Done> applyUnread(const content::SyncUnread &mark, const Origin &origin, InboxNews &news);
    Result<std::optional<AccountId>> peerOf(const ConversationId &conversation, std::optional<AccountId> author);
    Result<std::optional<AccountId>> peerAmong(const ConversationId &conversation,
                                               const std::vector<AccountId> &candidates);
    Result<InboxNews> carryOut(content::SyncOp op);

    Storage &m_storage;
    References &m_references;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
};

} // namespace sotto
