#pragma once
#include "core/base/random.h"
#include "core/crypto/sealed_sender.h"
#include "core/messaging/inbox/arrival.h"

namespace sotto {

struct Gap;
struct Repair;
struct Storage;

/// What the inbox leaves to repair: frames that did not open, counters that are missing, and what becomes of both when
/// the message comes after all. Core thread, inside the inbox's transaction.
class RepairStore {
public:
    /// All outlive it; `self` is this device.
    RepairStore(Storage &storage, Clock &clock, Random &random, const DeviceAddress &self)
        : m_storage(storage), m_clock(clock), m_random(random), m_self(self)
    { }

    /// Whether frames of an account are asked for: of ourselves, of contacts and of people we asked.
    Result<bool> asks(const AccountId &account);
    /// A frame did not open whose sender is proved. Of a contact a placeholder stands in the chat until it is repaired.
    /// `ratchetKey` is the frame's, empty when it could not be read.
    Result<Done> noteFrame(const SenderClaim &claim, const Bytes &ratchetKey, Timestamp relayTime, InboxNews &news);

    /// The placeholder that waits for this message. Refused when it waits for another device's (RepairSender).
    Result<std::optional<Message>> placeholderOf(const ArrivalPlace &place);
    /// The placeholder becomes the message, at its place unless a message before it in its stream sorts later.
    /// The placeholder's row.
    Result<std::int64_t> fill(const Message &placeholder, Message message);
    /// Whether something asked for, or sent again, has come whose counter was taken before, or given up; of people who
    /// are not asked nothing has.
    Result<bool> isTaken(const ArrivalPlace &place);
    /// When it was missed first, if it was asked for: as a frame, or by its counter.
    Result<std::optional<Timestamp>> noticedAt(const ArrivalPlace &place);
    /// Whether a placeholder of its device waits for it, or our own desktop's frame did not open and it is not here.
    Result<bool> isAwaited(const ArrivalPlace &place);
    /// A message is here, with what follows from it: nothing is left to repair. `body` is null when it could not be
    /// read.
    Result<Done> settle(const ArrivalPlace &place, const content::Body *body, InboxNews &news);

    /// The message is here without a counter that could be read.
    Result<Done> forget(const SenderClaim &claim);

    /// Counters were skipped. What is too much is given up at once.
    Result<Done> noteGap(const ConversationId &conversation, const DeviceAddress &sender, std::uint64_t first,
                         std::uint64_t last, InboxNews &news);
    /// A counter came. False when it was not missing.
    Result<bool> closeGap(const ArrivalPlace &place, InboxNews &news);
    /// Ranges were split: beyond kMaxGapsOfStream the oldest is given up (StreamGapLimit).
    Result<Done> limitGaps(const ConversationId &conversation, const DeviceAddress &sender, InboxNews &news);
    /// Nobody will send what a frame was to bring.
    Result<Done> giveUp(const Repair &repair, InboxNews &news);
    /// Whether a frame without a placeholder was asked for in vain although nothing of its device is missing
    /// (kTriesOfReplayed); what has a placeholder waits until its sender says where its stream ends.
    Result<bool> isReplayed(const Repair &repair);
    /// Nor the counters of a range.
    Result<Done> giveUp(const Gap &gap);
    /// What uncounted content says of its sender's stream: a loss at the end shows (LastCounterFromContact).
    Result<Done> noteTail(const ArrivalPlace &place, InboxNews &news);
    /// A row in the chat says that the counters of a gap may be lost. Its row; nothing where nobody is told.
    Result<std::optional<std::int64_t>> tellLost(const Gap &gap, InboxNews &news);

private:
    Result<std::optional<std::int64_t>> placeholderFor(const SenderClaim &claim, Timestamp relayTime, InboxNews &news);
    Result<bool> asksForFramesOf(const DeviceAddress &sender);
    Result<Done> endReplayed(const ArrivalPlace &place, InboxNews &news);
    Result<Done> giveUpFrame(const Repair &repair, const Message &placeholder, InboxNews &news);
    Result<Done> countLost(const Gap &gap);
    Result<Done> lower(std::int64_t lost, InboxNews &news);
    Result<Done> giveUpOldest(const ConversationId &conversation, const DeviceAddress &sender, InboxNews &news);

    Storage &m_storage;
    Clock &m_clock;
    Random &m_random;
    DeviceAddress m_self;
};

} // namespace sotto
