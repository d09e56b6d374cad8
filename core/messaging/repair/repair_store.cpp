#include "core/messaging/repair/repair_store.h"

#include "core/base/check.h"
#include "core/ledger/signature.h"
#include "core/messaging/message_ids.h"
#include "core/messaging/repair/repair_schedule.h"
#include "core/messaging/sort_time.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

Result<bool> RepairStore::asks(const AccountId &account)
{
    if (account == m_self.account)
        return true;
    const auto contact = m_storage.contacts.find(account);
    if (!contact)
        return contact.error();
    if (!*contact)
        return false;
    return (*contact)->state == ContactState::Accepted || (*contact)->state == ContactState::Asked;
}

// ---- Frames that did not open --------------------------------------------------------------------------------------

Result<Done> RepairStore::noteFrame(const SenderClaim &claim, const Bytes &ratchetKey, Timestamp relayTime,
                                    InboxNews &news)
{
    if (const auto counted = m_storage.repairs.count(Tally::Undecryptable, 1); !counted)
        return counted;
    const auto open = m_storage.repairs.countOf(claim.sender);
    if (!open)
        return open.error();
    // Of content without a counter nothing is missing: the next receipt covers a lost one.
    if (!isCountedId(claim.messageId) || *open >= kMaxOpenRepairs)
        return Done{};
    const ConversationId chat = directConversation(m_self.account, claim.sender.account);
    const auto known = m_storage.messages.find(chat, claim.sender.account, claim.messageId);
    const auto isChange = m_storage.references.isKnown(chat, claim.sender.account, claim.messageId);
    const auto mayAsk = asksForFramesOf(claim.sender);
    if (!known || !isChange || !mayAsk)
        return !known ? known.error() : !isChange ? isChange.error() : mayAsk.error();
    if (*isChange || !*mayAsk)
        return Done{};
    if (*known && ((*known)->kind != MessageKind::Undecryptable || (*known)->senderDevice != claim.sender.device))
        return Done{}; // it is here, or another device's
    std::optional<std::int64_t> row;
    if (*known) {
        row = (*known)->row;
    } else {
        const auto made = placeholderFor(claim, relayTime, news);
        if (!made)
            return made.error();
        row = *made;
    }
    return m_storage.repairs.add({.sender = claim.sender,
                                  .message = claim.messageId,
                                  .placeholder = row,
                                  .ratchetKey = ratchetKey,
                                  .noticedAt = m_clock.now()});
}

/// Somebody we asked may not see all our desktops by what they send: of them it is asked for once a gap shows that
/// something was meant for us.
Result<bool> RepairStore::asksForFramesOf(const DeviceAddress &sender)
{
    if (sender.account == m_self.account)
        return true;
    const auto contact = m_storage.contacts.find(sender.account);
    if (!contact)
        return contact.error();
    if (*contact && (*contact)->state == ContactState::Asked)
        return m_storage.streams.hasGap(sender);
    return true;
}

/// Of contacts only: of a desktop of ours it is not known which chat the message belongs to.
Result<std::optional<std::int64_t>> RepairStore::placeholderFor(const SenderClaim &claim, Timestamp relayTime,
                                                                InboxNews &news)
{
    using Placeholder = std::optional<std::int64_t>;
    const AccountId person = claim.sender.account;
    const auto contact = m_storage.contacts.find(person);
    if (!contact)
        return contact.error();
    if (person == m_self.account || !*contact || (*contact)->state != ContactState::Accepted)
        return Placeholder();
    const ConversationId chat = directConversation(m_self.account, person);
    const auto wiped = m_storage.repairs.isWiped(chat, person, claim.messageId);
    const auto ours = m_storage.messages.find(chat, m_self.account, claim.messageId);
    if (!wiped || !ours)
        return !wiped ? wiped.error() : ours.error();
    if (*wiped || *ours)
        return Placeholder();
    if (const auto ensured = m_storage.conversations.ensure(chat, person); !ensured)
        return ensured.error();
    const Timestamp now = m_clock.now();
    Message message{0,
                    claim.messageId,
                    chat,
                    person,
                    claim.sender.device,
                    0,
                    now,
                    clampedSortTime(relayTime, now, now),
                    MessageKind::Undecryptable,
                    QString(),
                    Delivery::Delivered};
    const auto row = m_storage.messages.insert(message, Unread::Yes);
    if (!row)
        return row.error();
    news.stored.push_back({chat, message.id});
    return Placeholder(*row);
}

Result<std::optional<Message>> RepairStore::placeholderOf(const ArrivalPlace &place)
{
    const auto known = m_storage.messages.find(place.header.conversation, place.sender.account, place.header.messageId);
    if (!known || !*known || (*known)->kind != MessageKind::Undecryptable)
        return known ? Result<std::optional<Message>>(std::optional<Message>()) : known.error();
    if (refuseUnless(Check::RepairSender, (*known)->senderDevice == place.sender.device))
        return ErrorCode::Refused;
    return known;
}

Result<std::int64_t> RepairStore::fill(const Message &placeholder, Message message)
{
    const auto before = m_storage.messages.greatestSortTimeBefore(
        message.conversation, {message.sender, message.senderDevice}, message.counter);
    if (!before)
        return before.error();
    message.sortTime = std::max(placeholder.sortTime, *before);
    const auto filled = m_storage.messages.repair(placeholder.row, message);
    return filled ? Result<std::int64_t>(placeholder.row) : filled.error();
}

Result<bool> RepairStore::isTaken(const ArrivalPlace &place)
{
    const content::Header &header = place.header;
    const auto repair = m_storage.repairs.find(place.sender, header.messageId);
    if (!repair)
        return repair.error();
    if ((!*repair && !header.accepted) || header.counter == 0)
        return false;
    const auto stream = m_storage.streams.find(header.conversation, place.sender);
    if (!stream)
        return stream.error();
    if (!*stream || header.counter < (*stream)->firstCounter || header.counter > (*stream)->lastCounter)
        return false;
    const auto missing = m_storage.streams.gapAt(header.conversation, place.sender, header.counter);
    const auto counts = asks(place.sender.account);
    if (!missing || !counts)
        return !missing ? missing.error() : counts.error();
    return !*missing && *counts;
}

Result<std::optional<Timestamp>> RepairStore::noticedAt(const ArrivalPlace &place)
{
    using Noticed = std::optional<Timestamp>;
    const auto repair = m_storage.repairs.find(place.sender, place.header.messageId);
    const auto gap = m_storage.streams.gapAt(place.header.conversation, place.sender, place.header.counter);
    if (!repair || !gap)
        return !repair ? repair.error() : gap.error();
    if (*repair)
        return Noticed((*repair)->noticedAt);
    return *gap && (*gap)->tries > 0 ? Noticed((*gap)->noticedAt) : Noticed();
}

Result<bool> RepairStore::isAwaited(const ArrivalPlace &place)
{
    const auto repair = m_storage.repairs.find(place.sender, place.header.messageId);
    if (!repair)
        return repair.error();
    if (!*repair)
        return false;
    if (place.sender.account == m_self.account) { // no placeholder stands for what our own desktops wrote
        const auto here = m_storage.messages.find(place.header.conversation, m_self.account, place.header.messageId);
        return here ? Result<bool>(!*here) : here.error();
    }
    if (!(*repair)->placeholder)
        return false;
    const auto row = m_storage.messages.byRow(*(*repair)->placeholder);
    if (!row)
        return row.error();
    return *row && (*row)->kind == MessageKind::Undecryptable && (*row)->conversation == place.header.conversation;
}

Result<Done> RepairStore::settle(const ArrivalPlace &place, const content::Body *body, InboxNews &news)
{
    const MessageId &id = place.header.messageId;
    if (place.header.counter == 0)
        return Done{};
    const auto repair = m_storage.repairs.find(place.sender, id);
    if (!repair || !*repair)
        return repair ? Result<Done>(Done{}) : repair.error();
    const auto row = m_storage.messages.find(place.header.conversation, place.sender.account, id);
    if (!row)
        return row.error();
    const auto *closing = body ? std::get_if<content::Void>(body) : nullptr;
    const bool isGone = closing && closing->reason == content::VoidReason::Gone;
    if (*row && (*row)->kind == MessageKind::Undecryptable && (*row)->senderDevice == place.sender.device) {
        const auto ended = isGone ? m_storage.messages.fill((*row)->row, MessageKind::Lost, QString())
                                  : m_storage.messages.removePlaceholder((*row)->row);
        if (!ended)
            return ended;
        news.conversations.push_back(place.header.conversation);
    }
    if (const auto removed = m_storage.repairs.remove((*repair)->id); !removed)
        return removed;
    return m_storage.repairs.count(isGone ? Tally::Lost : Tally::Repaired, 1);
}

Result<Done> RepairStore::forget(const SenderClaim &claim)
{
    const auto repair = m_storage.repairs.find(claim.sender, claim.messageId);
    if (!repair)
        return repair.error();
    return *repair ? m_storage.repairs.remove((*repair)->id) : Result<Done>(Done{});
}

// ---- Counters that are missing -------------------------------------------------------------------------------------

Result<Done> RepairStore::noteGap(const ConversationId &conversation, const DeviceAddress &sender, std::uint64_t first,
                                  std::uint64_t last, InboxNews &news)
{
    if (last - first >= kMaxJumpCounters) {
        const Gap skipped{conversation, sender, first, last - kMaxJumpCounters, m_clock.now()};
        if (const auto told = tellLost(skipped, news); !told)
            return told.error();
        if (const auto counted = countLost(skipped); !counted)
            return counted;
        first = skipped.last + 1;
    }
    if (const auto added = m_storage.streams.addGap(conversation, sender, first, last, m_clock.now()); !added)
        return added;
    // Joining two ranges would let what came between them in twice.
    return limitGaps(conversation, sender, news);
}

Result<Done> RepairStore::giveUpOldest(const ConversationId &conversation, const DeviceAddress &sender, InboxNews &news)
{
    const auto oldest = m_storage.streams.gapsOf(conversation, sender, 1);
    if (!oldest)
        return oldest.error();
    for (const Gap &gap : *oldest) {
        if (!gap.lost) {
            if (const auto told = tellLost(gap, news); !told)
                return told.error();
        }
        if (const auto ended = giveUp(gap); !ended)
            return ended;
    }
    return Done{};
}

Result<bool> RepairStore::closeGap(const ArrivalPlace &place, InboxNews &news)
{
    const ConversationId &conversation = place.header.conversation;
    const std::uint64_t counter = place.header.counter;
    const auto gap = m_storage.streams.gapAt(conversation, place.sender, counter);
    if (!gap)
        return gap.error();
    const auto closed = m_storage.streams.closeGap(conversation, place.sender, counter);
    if (!closed || !*closed || !*gap)
        return closed;
    if ((*gap)->tries > 0) {
        const auto repair = m_storage.repairs.find(place.sender, place.header.messageId);
        if (!repair)
            return repair.error();
        if (!*repair) { // else settle() counts it
            if (const auto counted = m_storage.repairs.count(Tally::Repaired, 1); !counted)
                return counted.error();
        }
    }
    if ((*gap)->lost) {
        if (const auto lowered = lower(*(*gap)->lost, news); !lowered)
            return lowered.error();
    }
    if ((*gap)->first < counter && counter < (*gap)->last) {
        if (const auto kept = limitGaps(conversation, place.sender, news); !kept)
            return kept.error();
    }
    return true;
}

/// One of those that a Lost row stands for has come. What was given up meanwhile stays in it.
Result<Done> RepairStore::lower(std::int64_t lost, InboxNews &news)
{
    const auto row = m_storage.messages.byRow(lost);
    if (!row)
        return row.error();
    if (!*row || (*row)->kind != MessageKind::Lost)
        return Done{};
    news.conversations.push_back((*row)->conversation);
    return (*row)->missing <= 1 ? m_storage.messages.remove(lost)
                                : m_storage.messages.setMissing(lost, (*row)->missing - 1);
}

Result<Done> RepairStore::limitGaps(const ConversationId &conversation, const DeviceAddress &sender, InboxNews &news)
{
    const auto ranges = m_storage.streams.countGaps(conversation, sender);
    if (!ranges)
        return ranges.error();
    for (std::int64_t more = *ranges; refuseUnless(Check::StreamGapLimit, more <= kMaxGapsOfStream); --more) {
        if (const auto ended = giveUpOldest(conversation, sender, news); !ended)
            return ended;
    }
    return Done{};
}

Result<Done> RepairStore::noteTail(const ArrivalPlace &place, InboxNews &news)
{
    const content::Header &header = place.header;
    if (header.counter != 0 || header.lastCounter == 0)
        return Done{};
    const auto counts = asks(place.sender.account);
    if (!counts)
        return counts.error();
    if (refuseUnless(Check::LastCounterFromContact, *counts))
        return Done{};
    if (const auto ensured = m_storage.conversations.ensure(header.conversation, place.peer); !ensured)
        return ensured;
    const auto known = m_storage.streams.find(header.conversation, place.sender);
    if (!known)
        return known.error();
    const std::uint64_t first = std::clamp(header.streamStart, std::uint64_t(1), header.lastCounter);
    StreamState state = known->value_or(StreamState{first, first - 1, std::nullopt, {}, 0});
    if (header.lastCounter <= state.lastCounter)
        return endReplayed(place, news);
    const auto noted = noteGap(header.conversation, place.sender, state.lastCounter + 1, header.lastCounter, news);
    if (!noted)
        return noted;
    state.lastCounter = header.lastCounter;
    state.lastHash.reset();
    return m_storage.streams.store(header.conversation, place.sender, state);
}

/// The sender's stream ends with what is here. Where nothing is missing in it, placeholders that were asked for in vain
/// stand for nothing.
Result<Done> RepairStore::endReplayed(const ArrivalPlace &place, InboxNews &news)
{
    const auto rows = m_storage.repairs.askedInVain(place.sender, kTriesOfReplayed, m_clock.now() - kAnswerPatience);
    if (!rows || rows->empty())
        return rows ? Result<Done>(Done{}) : rows.error();
    const auto missing = m_storage.streams.gapsOf(place.header.conversation, place.sender, 1);
    if (!missing || !missing->empty())
        return missing ? Result<Done>(Done{}) : missing.error();
    for (const Repair &repair : *rows) {
        const auto row = repair.placeholder ? m_storage.messages.byRow(*repair.placeholder)
                                            : Result<std::optional<Message>>(std::nullopt);
        if (!row)
            return row.error();
        if (!*row || (*row)->conversation != place.header.conversation)
            continue;
        if (const auto ended = giveUp(repair, news); !ended)
            return ended;
    }
    return Done{};
}

Result<bool> RepairStore::isReplayed(const Repair &repair)
{
    const Timestamp now = m_clock.now();
    if (repair.placeholder || repair.tries < kTriesOfReplayed || !repair.askedAt
        || now - *repair.askedAt < kAnswerPatience)
        return false;
    const auto hasGap = m_storage.streams.hasGap(repair.sender);
    return hasGap ? Result<bool>(!*hasGap) : hasGap.error();
}

Result<std::optional<std::int64_t>> RepairStore::tellLost(const Gap &gap, InboxNews &news)
{
    using Told = std::optional<std::int64_t>;
    const auto counts = asks(gap.sender.account);
    if (!counts)
        return counts.error();
    if (!*counts)
        return Told();
    const auto before = m_storage.messages.greatestSortTimeBefore(gap.conversation, gap.sender, gap.first);
    if (!before)
        return before.error();
    const auto id = newMessageId(m_random, false);
    if (!id)
        return id.error();
    const Timestamp now = m_clock.now();
    const bool isOwn = gap.sender.account == m_self.account;
    Message message{0,
                    *id,
                    gap.conversation,
                    gap.sender.account,
                    gap.sender.device,
                    0,
                    now,
                    before->ms > 0 ? *before + Milliseconds(1) : std::min(gap.noticedAt, now), // behind it
                    MessageKind::Lost,
                    QString(),
                    isOwn ? Delivery::Sent : Delivery::Delivered};
    const auto row = m_storage.messages.insert(message);
    if (!row)
        return row.error();
    const std::uint64_t missing = std::min(gap.last - gap.first + 1, MessageRepository::kMaxMissing);
    if (const auto counted = m_storage.messages.setMissing(*row, missing); !counted)
        return counted.error();
    news.conversations.push_back(gap.conversation);
    return Told(*row);
}

// ---- What never came ----------------------------------------------------------------------------------------------

Result<Done> RepairStore::giveUp(const Repair &repair, InboxNews &news)
{
    if (const auto removed = m_storage.repairs.remove(repair.id); !removed)
        return removed;
    const auto row = repair.placeholder ? m_storage.messages.byRow(*repair.placeholder)
                                        : Result<std::optional<Message>>(std::nullopt);
    if (!row)
        return row.error();
    if (*row && (*row)->kind == MessageKind::Undecryptable)
        return giveUpFrame(repair, **row, news);
    // Its chat is not known. Where a counter is missing, that is counted.
    const auto hasGap = m_storage.streams.hasGap(repair.sender);
    if (!hasGap)
        return hasGap.error();
    return *hasGap ? Result<Done>(Done{}) : m_storage.repairs.count(Tally::Lost, 1);
}

/// Where nothing is missing it was a frame of long ago that the relay played again: nobody remembers it, and its
/// placeholder goes. Otherwise it is one of those that are missing, and stands for it.
Result<Done> RepairStore::giveUpFrame(const Repair &repair, const Message &placeholder, InboxNews &news)
{
    news.conversations.push_back(placeholder.conversation);
    const auto missing = m_storage.streams.gapsOf(placeholder.conversation, repair.sender, kMaxGapsOfStream);
    if (!missing)
        return missing.error();
    if (missing->empty())
        return m_storage.messages.removePlaceholder(placeholder.row);
    const auto untold = std::ranges::find_if(*missing, [](const Gap &gap) { return !gap.lost; });
    if (untold != missing->end()) {
        const auto closed = m_storage.streams.closeGap(placeholder.conversation, repair.sender, untold->first);
        if (!closed)
            return closed.error();
    }
    if (const auto counted = m_storage.repairs.count(Tally::Lost, 1); !counted)
        return counted;
    return m_storage.messages.fill(placeholder.row, MessageKind::Lost, QString());
}

Result<Done> RepairStore::giveUp(const Gap &gap)
{
    if (const auto dropped = m_storage.streams.dropGap(gap); !dropped)
        return dropped;
    return countLost(gap);
}

/// Of people who are not asked nothing is lost.
Result<Done> RepairStore::countLost(const Gap &gap)
{
    const auto counts = asks(gap.sender.account);
    if (!counts || !*counts)
        return counts ? Result<Done>(Done{}) : counts.error();
    return m_storage.repairs.count(Tally::Lost, std::int64_t(gap.last - gap.first) + 1);
}

} // namespace sotto
