#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/content/content.h"
#include "core/messaging/inbox/arrival.h"
#include "core/storage/register_repository.h"

namespace sotto {

class ReadMarks;
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
/// unread, settings, and what ReadMarks tells. Each has its effect here and goes to the siblings as OwnSync; what they
/// tell has the same effect (protocol 4 "Own desktops"). Core thread.
class OwnRegisters {
public:
    /// `self` is this device; the others outlive it.
    OwnRegisters(Storage &storage, References &references, ReadMarks &reads, Clock &clock, Random &random,
                 const DeviceAddress &self)
        : m_storage(storage), m_references(references), m_reads(reads), m_clock(clock), m_random(random), m_self(self)
    { }

    /// What a sibling has done; inside the inbox's transaction.
    Result<Done> take(const content::OwnSync &sync, DeviceId from, InboxNews &news);

    /// A message is deleted here and on our other desktops, and stays with others. One that was never encrypted is not
    /// sent any more. NotFound.
    Result<InboxNews> deleteForMe(const ConversationId &conversation, const MessageReference &target);
    /// A text is starred, or no longer. NotFound.
    Result<InboxNews> setStar(const ConversationId &conversation, const MessageReference &target, bool on);
    /// The person wants to come back to a chat, or has. NotFound.
    Result<InboxNews> markUnread(const ConversationId &conversation, bool on);
    /// Settings that all desktops share have these values now; those that have them already are not changed.
    Result<InboxNews> setSettings(const std::vector<content::SyncSetting> &settings);

private:
    struct Origin {
        DeviceId device;
        Timestamp changed;
    };
    Result<Done> apply(const content::SyncOp &op, DeviceId from, InboxNews &news);
    Result<Done> applyDelete(const content::SyncDelete &deleted, InboxNews &news);
    Result<Done> applyStar(const content::SyncStar &star, const Origin &origin, InboxNews &news);
    Result<Done> applyUnread(const content::SyncUnread &mark, const Origin &origin, InboxNews &news);
    Result<Done> applyRead(const content::SyncRead &read, Timestamp changed, const Origin &origin, InboxNews &news);
    Result<Done> applySetting(const content::SyncSetting &setting, const Origin &origin, InboxNews &news);
    Result<Done> setUnread(const ConversationId &conversation, const SyncedFlag &change, InboxNews &news);
    Result<std::optional<AccountId>> peerOf(const ConversationId &conversation, std::optional<AccountId> author);
    Result<std::optional<AccountId>> peerAmong(const ConversationId &conversation,
                                               const std::vector<AccountId> &candidates);
    Result<InboxNews> carryOut(std::vector<content::SyncOp> ops);

    Storage &m_storage;
    References &m_references;
    ReadMarks &m_reads;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
};

} // namespace sotto
