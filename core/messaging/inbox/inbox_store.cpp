// The last stage of the inbox: what each kind of content may do to the database.
#include "core/messaging/inbox/incoming.h"

#include "core/account/device_directory.h"
#include "core/base/check.h"
#include "core/crypto/session_cipher.h"
#include "core/ledger/signature.h"
#include "core/messaging/content_hash.h"
#include "core/messaging/expiry/chat_timer.h"
#include "core/messaging/expiry/expiry_service.h"
#include "core/messaging/message_ids.h"
#include "core/messaging/receipts/receipt_timing.h"
#include "core/messaging/references/references.h"
#include "core/messaging/repair/repair_schedule.h"
#include "core/messaging/repair/repair_store.h"
#include "core/messaging/sort_time.h"
#include "core/messaging/sync/own_registers.h"
#include "core/primitives/padding.h"
#include "core/settings/settings.h"
#include "core/storage/storage.h"

namespace sotto {

/// A message that this version cannot read at all, so that its counter is not known.
Inbox::Verdict Inbox::keepUnknown(Incoming &incoming)
{
    const DeviceAddress sender = incoming.claim->sender;
    const auto state = stateOf(sender.account);
    if (!state)
        return failed(state.error());
    const bool isKnown = sender.account == m_self.account || *state == ContactState::Accepted;
    if (refuseUnless(Check::UnknownFromContact, isKnown))
        return drop("a message of a newer version from somebody who is no contact");
    const auto kept = keepRow(incoming, incoming.plaintext.view());
    if (!kept)
        return verdictOf(kept);
    return Verdict::Kept;
}

/// A body that this version cannot read behind a header that it can.
Inbox::Verdict Inbox::keepUnknownBody(Incoming &incoming)
{
    const ArrivalPlace place = incoming.place(m_self);
    const auto state = stateOf(place.sender.account);
    if (!state)
        return failed(state.error());
    if (refuseUnless(Check::UnknownFromContact, place.isOwn || *state == ContactState::Accepted))
        return ignoreBody(incoming, "content of a newer version from somebody who is no contact");
    const auto isGone = isWiped(place);
    if (!isGone)
        return failed(isGone.error());
    if (refuseUnless(Check::RevivedMessage, !*isGone))
        return ignoreBody(incoming, "content of a newer version that is deleted here");
    const auto sortTime = advanceStream(place, std::nullopt, incoming.news);
    if (!sortTime)
        return verdictOf(sortTime.error());
    const auto row = storeMessage(place, *sortTime, MessageKind::UpdateNeeded, {}, incoming.news);
    if (!row)
        return verdictOf(row.error());
    // With the body inside, whatever it came in: the payload will not be there when an update reads it.
    const Bytes whole =
        padded(content::encode(content::Inner{incoming.inner->header, incoming.bodyBytes, std::nullopt}));
    if (const auto kept = m_parts.storage.messages.keepSealed(*row, whole); !kept)
        return verdictOf(kept);
    if (const auto settled = m_parts.repairs.settle(place, nullptr, incoming.news); !settled)
        return verdictOf(settled);
    if (const auto learned = learnSecret(incoming); !learned)
        return verdictOf(learned);
    return Verdict::Kept;
}

/// The header is right and the body of no use. Of somebody who may not write yet nothing is kept: what they say counts
/// once they are accepted.
Inbox::Verdict Inbox::ignoreBody(Incoming &incoming, const char *why)
{
    const ArrivalPlace place = incoming.place(m_self);
    const auto state = stateOf(place.sender.account);
    if (!state)
        return failed(state.error());
    if (!place.isOwn && (*state == ContactState::Stranger || *state == ContactState::Asking))
        return drop(why);
    if (const auto counted = onlyCount(place, incoming.news); !counted)
        return verdictOf(counted.error());
    if (const auto settled = m_parts.repairs.settle(place, nullptr, incoming.news); !settled)
        return verdictOf(settled);
    if (const auto learned = learnSecret(incoming); !learned)
        return verdictOf(learned);
    return ignored(why);
}

/// An UpdateNeeded row without a counter, or in the place of the placeholder that waited for it.
Result<Done> Inbox::keepRow(Incoming &incoming, ByteView sealed)
{
    const DeviceAddress sender = incoming.claim->sender;
    const bool isOwn = sender.account == m_self.account;
    const AccountId peer = incoming.peer(m_self);
    const ConversationId conversation = directConversation(m_self.account, peer);
    const Timestamp now = m_parts.clock.now();
    const auto isGone = m_parts.storage.registers.isWiped(conversation, {sender.account, incoming.claim->messageId});
    if (!isGone)
        return isGone.error();
    if (refuseUnless(Check::RevivedMessage, !*isGone))
        return m_parts.repairs.forget(*incoming.claim); // nobody waits for it any more
    const auto isReused = isOwn ? Result<bool>(false) : isIdOfOurs(conversation, incoming.claim->messageId);
    if (!isReused)
        return isReused.error();
    if (refuseUnless(Check::MessageIdReuse, !*isReused))
        return ErrorCode::Refused;
    if (const auto ensured = m_parts.storage.conversations.ensure(conversation, peer); !ensured)
        return ensured.error();
    Message row{0,
                incoming.claim->messageId,
                conversation,
                sender.account,
                sender.device,
                0,
                now,
                clampedSortTime(incoming.envelope.relayTime, now, now),
                MessageKind::UpdateNeeded,
                QString(),
                isOwn ? Delivery::Sent : Delivery::Delivered};
    const auto waiting = m_parts.storage.messages.find(conversation, sender.account, row.id);
    if (!waiting)
        return waiting.error();
    const bool isRepaired =
        *waiting && (*waiting)->kind == MessageKind::Undecryptable && (*waiting)->senderDevice == sender.device;
    Result<std::int64_t> stored = isRepaired ? (*waiting)->row : std::int64_t(0);
    if (isRepaired) {
        if (const auto filled = m_parts.storage.messages.fill(*stored, row.kind, row.text); !filled)
            return filled;
        if (const auto closed = m_parts.repairs.forget(*incoming.claim); !closed)
            return closed;
    } else {
        stored = m_parts.storage.messages.insert(row, isOwn ? Unread::No : Unread::Yes);
    }
    if (!stored)
        return stored.error();
    if (const auto kept = m_parts.storage.messages.keepSealed(*stored, sealed); !kept)
        return kept.error();
    incoming.news.stored.push_back({conversation, row.id});
    return Done{};
}

Result<Done> Inbox::learnSecret(const Incoming &incoming)
{
    if (!incoming.inner->ephemeralSecret)
        return Done{};
    const AccountId sender = incoming.claim->sender.account;
    const auto state = stateOf(sender);
    if (!state)
        return state.error();
    if (sender != m_self.account && (*state == ContactState::Stranger || *state == ContactState::Blocked))
        return Done{};
    return m_parts.storage.ephemeralSecrets.storePeer(incoming.claim->sender, *incoming.inner->ephemeralSecret,
                                                      m_parts.clock.now());
}

Result<Inbox::Effect> Inbox::dispatch(const Arrival &arrival, InboxNews &news)
{
    if (refuseUnless(Check::CountedContent, (arrival.header.counter != 0) == content::isCounted(arrival.body)))
        return ErrorCode::Refused;
    const bool isSync = std::holds_alternative<content::ContactSync>(arrival.body)
        || std::holds_alternative<content::OwnSync>(arrival.body);
    if (!arrival.isOwn && !isSync) {
        const auto state = stateOf(arrival.sender.account);
        if (!state)
            return state.error();
        // Refused, it would leave a gap, and whoever ends the block would ask for all that was written meanwhile.
        if (refuseUnless(Check::BlockedSender, *state != ContactState::Blocked))
            return onlyCount(arrival, news);
    }
    if (const auto *text = std::get_if<content::Text>(&arrival.body))
        return takeText(arrival, *text, news);
    if (const auto *receipt = std::get_if<content::Receipt>(&arrival.body)) {
        const auto taken = arrival.isOwn ? takeOwnReceipt(arrival, *receipt) : takeReceipt(arrival, *receipt, news);
        return taken ? Result<Effect>(Effect::Applied) : taken.error();
    }
    if (const auto *sync = std::get_if<content::OwnSync>(&arrival.body))
        return takeOwnSync(arrival, *sync, news);
    const bool isContactMail = std::holds_alternative<content::ContactRequest>(arrival.body)
        || std::holds_alternative<content::ContactAccept>(arrival.body)
        || std::holds_alternative<content::ContactSync>(arrival.body)
        || std::holds_alternative<content::ProfileKey>(arrival.body);
    if (isContactMail)
        return takeContactMail(arrival, news);
    if (const auto *change = std::get_if<content::TimerChange>(&arrival.body))
        return takeTimer(arrival, *change, news);
    return takeOther(arrival, news);
}

Result<Inbox::Effect> Inbox::takeContactMail(const Arrival &arrival, InboxNews &news)
{
    const auto advanced = advanceStream(arrival, news);
    if (!advanced)
        return advanced.error();
    Result<Done> taken = Done{};
    if (const auto *request = std::get_if<content::ContactRequest>(&arrival.body))
        taken = m_parts.contactMail.takeRequest(arrival, *request, news);
    else if (const auto *accept = std::get_if<content::ContactAccept>(&arrival.body))
        taken = m_parts.contactMail.takeAccept(arrival, *accept, news);
    else if (const auto *sync = std::get_if<content::ContactSync>(&arrival.body))
        taken = m_parts.contactMail.takeSync(arrival, *sync, news);
    else if (const auto *key = std::get_if<content::ProfileKey>(&arrival.body))
        taken = m_parts.contactMail.takeProfileKey(arrival, *key, news);
    return taken ? Result<Effect>(Effect::Applied) : taken.error();
}

Result<Inbox::Effect> Inbox::takeOwnSync(const Arrival &arrival, const content::OwnSync &sync, InboxNews &news)
{
    if (refuseUnless(Check::OwnSyncFromOwnDevice, arrival.isOwn && arrival.peer == m_self.account))
        return ErrorCode::Refused;
    if (const auto advanced = advanceStream(arrival, news); !advanced)
        return advanced.error();
    const auto taken = m_parts.registers.take(sync, arrival.sender.device, news);
    return taken ? Result<Effect>(Effect::Applied) : taken.error();
}

/// Void, and what happens to messages after they were written: edits, deletes, reactions.
Result<Inbox::Effect> Inbox::takeOther(const Arrival &arrival, InboxNews &news)
{
    const auto allowed = mayConverse(arrival);
    if (!allowed)
        return allowed.error();
    if (refuseUnless(Check::StrangerMessage, *allowed))
        return ErrorCode::Refused;
    if (std::holds_alternative<content::Void>(arrival.body)) {
        const auto closed = advanceStream(arrival, std::nullopt, news); // it closes its counter
        if (!closed)
            return closed.error();
        const auto dropped = m_parts.references.dropPending(arrival.header.conversation,
                                                            {arrival.sender.account, arrival.header.messageId}, news);
        return dropped ? Result<Effect>(Effect::Applied) : dropped.error();
    }
    const auto *reaction = std::get_if<content::Reaction>(&arrival.body);
    const bool isOfChat = !reaction || canHaveWritten(arrival, reaction->target.author);
    if (refuseUnless(Check::ReferenceAuthor, isOfChat))
        return onlyCount(arrival, news);
    if (const auto advanced = advanceStream(arrival, news); !advanced)
        return advanced.error();
    const ReferenceOrigin origin{arrival.sender, arrival.header.messageId, arrival.header.clientTime};
    const auto taken =
        m_parts.references.take(arrival.header.conversation, origin, arrival.body, arrival.bodyBytes, news);
    if (!taken)
        return taken.error();
    return *taken == References::Effect::Applied ? Effect::Applied : Effect::Ignored;
}

Result<Inbox::Effect> Inbox::takeTimer(const Arrival &arrival, const content::TimerChange &change, InboxNews &news)
{
    const auto allowed = mayConverse(arrival);
    if (!allowed)
        return allowed.error();
    if (refuseUnless(Check::StrangerMessage, *allowed))
        return ErrorCode::Refused;
    if (refuseUnless(Check::TimerBounds, content::isTimer(change.timerSeconds)))
        return onlyCount(arrival, news);
    const auto sortTime = advanceStream(arrival, news);
    if (!sortTime)
        return sortTime.error();
    const ChatTimer timer{change.timerSeconds, change.revision};
    if (const auto learned = learnTimer(arrival, timer); !learned)
        return learned.error();
    const auto isGone = isWiped(arrival);
    if (!isGone)
        return isGone.error();
    if (refuseUnless(Check::RevivedMessage, !*isGone))
        return Effect::Ignored;
    // The line says what was set, whichever timer stands in the end: it is the same on every desktop.
    content::Text line;
    line.timerSeconds = change.timerSeconds;
    const auto stored = storeMessage(arrival, *sortTime, MessageKind::TimerChanged, line, news);
    return stored ? Result<Effect>(Effect::Applied) : stored.error();
}

/// A timer that somebody names, in a change or beside a text.
Result<Done> Inbox::learnTimer(const ArrivalPlace &place, const ChatTimer &timer)
{
    const ConversationId conversation = place.header.conversation;
    if (const auto ensured = m_parts.storage.conversations.ensure(conversation, place.peer); !ensured)
        return ensured;
    const auto standing = m_parts.storage.conversations.timer(conversation);
    const auto allowed = mayConverse(place); // whoever only asks may write, and sets nothing
    if (!standing || !allowed)
        return !standing ? standing.error() : allowed.error();
    if (!*allowed)
        return Done{};
    const bool isCredible = timer.revision > 0 && (place.isOwn || isTimerStep(timer, *standing));
    return isCredible && replaces(timer, *standing) ? m_parts.storage.conversations.setTimer(conversation, timer)
                                                    : Done{};
}

/// When another desktop of ours has seen it, though it comes here only now.
Result<std::optional<Timestamp>> Inbox::readAt(const ArrivalPlace &place)
{
    if (place.isOwn)
        return std::optional<Timestamp>();
    return m_parts.storage.reads.readAt(place.header.conversation, place.sender, place.header.counter);
}

/// When a text that came just now disappears, as far as that is known.
Result<Timestamp> Inbox::endOf(const ArrivalPlace &place, std::uint32_t timerSeconds)
{
    const Milliseconds timer = std::chrono::seconds(timerSeconds);
    const Timestamp now = m_parts.credible.now();
    const auto read = readAt(place);
    if (!read)
        return read.error();
    if (!place.isOwn && !*read)
        return now + std::max(ExpiryService::kUnread, timer);
    // Where it was written its time began when the relay took it first, and where it was read with that: not before it
    // was written, and not later than now.
    const Timestamp began = read->value_or(place.header.accepted.value_or(place.relayTime));
    return std::clamp(began, std::min(place.header.clientTime, now), now) + timer;
}

/// Disappeared before it came here.
Result<Inbox::Effect> Inbox::takeExpired(const ArrivalPlace &place, InboxNews &news)
{
    const auto counted = onlyCount(place, news);
    if (!counted)
        return counted;
    const auto gone =
        m_parts.references.forget(place.header.conversation, {place.sender.account, place.header.messageId}, news);
    return gone ? counted : Result<Effect>(gone.error());
}

Result<Inbox::Effect> Inbox::onlyCount(const ArrivalPlace &place, InboxNews &news)
{
    const auto advanced = advanceStream(place, std::nullopt, news);
    return advanced ? Result<Effect>(Effect::Ignored) : advanced.error();
}

Result<ContactState> Inbox::stateOf(const AccountId &person)
{
    const auto contact = m_parts.storage.contacts.find(person);
    if (!contact)
        return contact.error();
    return *contact ? (*contact)->state : ContactState::Stranger;
}

Result<bool> Inbox::mayWrite(const AccountId &person)
{
    if (person == m_self.account)
        return true;
    const auto state = stateOf(person);
    if (!state)
        return state.error();
    if (*state == ContactState::Accepted || *state == ContactState::Asked)
        return true;
    if (*state != ContactState::Asking)
        return false; // a stranger has to ask first
    const auto written = m_parts.storage.contacts.countStrangerMessage(person);
    if (!written)
        return written.error();
    return *written <= kMaxStrangerMessages;
}

/// Whether the message was deleted for us, or has disappeared, before it came.
Result<bool> Inbox::isWiped(const ArrivalPlace &place)
{
    return m_parts.storage.registers.isWiped(place.header.conversation, {place.sender.account, place.header.messageId});
}

Result<bool> Inbox::isIdOfOurs(const ConversationId &conversation, const MessageId &id)
{
    const auto ours = m_parts.storage.messages.find(conversation, m_self.account, id);
    if (!ours)
        return ours.error();
    // Of one that is gone only some of our desktops may know, and all are to take the same.
    return *ours ? Result<bool>(true) : m_parts.storage.registers.isWiped(conversation, {m_self.account, id});
}

/// Whether messages of somebody can be in the conversation.
bool Inbox::canHaveWritten(const ArrivalPlace &place, const AccountId &author) const
{
    return author == place.peer || author == m_self.account;
}

/// Whether our other desktop wrote this before its contact was removed, and the chat with them.
Result<bool> Inbox::wasDeletedWithItsChat(const Arrival &arrival)
{
    if (!arrival.isOwn || arrival.peer == m_self.account)
        return false;
    const auto contact = m_parts.storage.contacts.find(arrival.peer);
    if (!contact)
        return contact.error();
    if (!*contact || (*contact)->state != ContactState::Stranger)
        return false;
    const auto since = m_parts.storage.contacts.stateSince(arrival.peer);
    return since ? Result<bool>(arrival.header.clientTime <= *since) : since.error();
}

/// Whether more than Texts and requests are taken from the sender: of ourselves, of contacts and of people we asked.
Result<bool> Inbox::mayConverse(const ArrivalPlace &place)
{
    const auto state = stateOf(place.sender.account);
    if (!state)
        return state.error();
    return place.isOwn || *state == ContactState::Accepted || *state == ContactState::Asked;
}

Result<Inbox::Effect> Inbox::takeText(const Arrival &arrival, const content::Text &text, InboxNews &news)
{
    const auto allowed = mayWrite(arrival.sender.account);
    if (!allowed)
        return allowed.error();
    if (refuseUnless(Check::StrangerMessage, *allowed))
        return ErrorCode::Refused;
    const auto deleted = wasDeletedWithItsChat(arrival);
    if (!deleted)
        return deleted.error();
    if (*deleted)
        return onlyCount(arrival, news);
    if (text.text.isEmpty() || refuseUnless(Check::TimerBounds, content::isTimer(text.timerSeconds)))
        return onlyCount(arrival, news);
    const auto isGone = isWiped(arrival);
    if (!isGone)
        return isGone.error();
    if (refuseUnless(Check::RevivedMessage, !*isGone))
        return onlyCount(arrival, news);
    if (const auto learned = learnTimer(arrival, {text.timerSeconds, text.timerRevision}); !learned)
        return learned.error();
    const auto end = endOf(arrival, text.timerSeconds);
    if (!end)
        return end.error();
    if (text.timerSeconds != 0 && *end <= m_parts.credible.certain())
        return takeExpired(arrival, news);
    const auto sortTime = advanceStream(arrival, news);
    if (!sortTime)
        return sortTime.error();
    const auto stored = storeMessage(arrival, *sortTime, MessageKind::Text, text, news);
    if (!stored)
        return stored.error();
    if (!arrival.isOwn) {
        if (const auto owed = oweReceipt(arrival); !owed)
            return owed.error();
    }
    return Effect::Applied;
}

Result<std::int64_t> Inbox::storeMessage(const ArrivalPlace &place, Timestamp sortTime, MessageKind kind,
                                         const content::Text &text, InboxNews &news)
{
    const ConversationId conversation = place.header.conversation;
    const auto isReused = place.isOwn ? Result<bool>(false) : isIdOfOurs(conversation, place.header.messageId);
    if (!isReused)
        return isReused.error();
    if (refuseUnless(Check::MessageIdReuse, !*isReused))
        return ErrorCode::Refused;
    if (const auto ensured = m_parts.storage.conversations.ensure(conversation, place.peer); !ensured)
        return ensured.error();
    Message row{0,
                place.header.messageId,
                conversation,
                place.sender.account,
                place.sender.device,
                place.header.counter,
                place.header.clientTime,
                sortTime,
                kind,
                text.text,
                place.isOwn ? Delivery::Sent : Delivery::Delivered,
                text.forwarded};
    // To somebody who cannot be in this chat: the words count all the same.
    if (text.replyTo && !refuseUnless(Check::ReferenceAuthor, canHaveWritten(place, text.replyTo->author)))
        row.replyTo = MessageReference{text.replyTo->author, text.replyTo->message};
    const auto placeholder = m_parts.repairs.placeholderOf(place);
    if (!placeholder)
        return placeholder.error();
    const auto read = readAt(place);
    if (!read)
        return read.error();
    const bool isUnread = !place.isOwn && !*read;
    const auto stored = *placeholder ? m_parts.repairs.fill(**placeholder, row)
                                     : m_parts.storage.messages.insert(row, isUnread ? Unread::Yes : Unread::No);
    if (!stored)
        return stored;
    if (*placeholder && !place.isOwn) {
        if (const auto counted = countRepaired(conversation, isUnread); !counted)
            return counted.error();
    }
    if (text.timerSeconds != 0 || kind == MessageKind::TimerChanged) {
        const auto end = endOf(place, text.timerSeconds);
        if (!end)
            return end.error();
        const auto until = kind == MessageKind::Text ? std::optional(*end) : std::nullopt;
        if (const auto timed = m_parts.storage.expiry.add(*stored, text.timerSeconds, until); !timed)
            return timed.error();
    }
    news.stored.push_back({row.conversation, row.id});
    const auto referred = m_parts.references.takePending(row.conversation, {row.sender, row.id}, news);
    return referred ? stored : referred.error();
}

/// A placeholder has words now. Whether it was counted as unread does not show in it.
Result<Done> Inbox::countRepaired(const ConversationId &conversation, bool isUnread)
{
    if (isUnread)
        return m_parts.storage.reads.ensureUnread(conversation);
    const auto counted = m_parts.storage.reads.recount(conversation);
    return counted ? Result<Done>(Done{}) : counted.error();
}

Result<Timestamp> Inbox::advanceStream(const Arrival &arrival, InboxNews &news)
{
    const Hash256 hash = contentHash(arrival.header.messageId, arrival.header.counter, arrival.bodyBytes);
    return advanceStream(arrival, hash, news);
}

/// Takes the counter of the header; its place in the order. `hash` is what the next message names as its predecessor;
/// nothing when the sender may mean something else than what came, as with a Void.
Result<Timestamp> Inbox::advanceStream(const ArrivalPlace &place, const std::optional<Hash256> &hash, InboxNews &news)
{
    const content::Header &header = place.header;
    const auto placed = placeInTime(place);
    if (!placed)
        return placed;
    const Timestamp sorted = *placed;
    if (header.counter == 0)
        return sorted;
    if (const auto ensured = m_parts.storage.conversations.ensure(header.conversation, place.peer); !ensured)
        return ensured.error();
    const auto known = m_parts.storage.streams.find(header.conversation, place.sender);
    if (!known)
        return known.error();
    const std::uint64_t first = std::clamp(header.streamStart, std::uint64_t(1), header.counter);
    StreamState state = known->value_or(StreamState{first, first - 1, std::nullopt, {}, 0});
    if (first < state.firstCounter) {
        if (const auto extended = extendStream(place, first, state, news); !extended)
            return extended.error();
    }
    if (header.counter <= state.lastCounter)
        return fillCounter(place, sorted, news);
    if (header.counter > state.lastCounter + 1) {
        const auto noted =
            m_parts.repairs.noteGap(header.conversation, place.sender, state.lastCounter + 1, header.counter - 1, news);
        if (!noted)
            return noted.error();
    }
    state.lastCounter = header.counter;
    state.lastHash = hash;
    state.lastSortTime = std::max(sorted, state.lastSortTime);
    if (const auto kept = m_parts.storage.streams.store(header.conversation, place.sender, state); !kept)
        return kept.error();
    return state.lastSortTime;
}

/// What was asked for stands where it stood: its author says when it was accepted first, as far back as messages are
/// kept to be sent again. Of all else the relay says when.
Result<Timestamp> Inbox::placeInTime(const ArrivalPlace &place)
{
    const content::Header &header = place.header;
    Timestamp accepted = place.relayTime;
    if (header.accepted) {
        const auto noticed = m_parts.repairs.noticedAt(place);
        if (!noticed)
            return noticed.error();
        if (!refuseUnless(Check::AcceptedWhenAsked, noticed->has_value()))
            accepted = std::max(*header.accepted, noticed->value_or(Timestamp{0}) - kRepairLife);
    }
    return clampedSortTime(accepted, header.clientTime, m_parts.clock.now());
}

/// A counter that was skipped; its place in the order.
Result<Timestamp> Inbox::fillCounter(const ArrivalPlace &place, Timestamp sorted, InboxNews &news)
{
    const content::Header &header = place.header;
    const auto filled = m_parts.repairs.closeGap(place, news);
    const auto awaited = m_parts.repairs.isAwaited(place); // its counter was given up, and its placeholder was not
    if (!filled || !awaited)
        return !filled ? filled.error() : awaited.error();
    if (refuseUnless(Check::CounterReuse, *filled || *awaited))
        return ErrorCode::Refused;
    if (!header.accepted)
        return sorted;
    const auto before =
        m_parts.storage.messages.greatestSortTimeBefore(header.conversation, place.sender, header.counter);
    return before ? Result<Timestamp>(std::max(sorted, *before)) : before.error();
}

/// A message that was sealed for this device late, after others that came before it: the stream begins earlier than it
/// seemed, and what lies between is missing.
Result<Done> Inbox::extendStream(const ArrivalPlace &place, std::uint64_t first, StreamState &state, InboxNews &news)
{
    const ConversationId conversation = place.header.conversation;
    const auto noted = m_parts.repairs.noteGap(conversation, place.sender, first, state.firstCounter - 1, news);
    if (!noted)
        return noted.error();
    state.firstCounter = first;
    return m_parts.storage.streams.store(conversation, place.sender, state);
}

Result<Done> Inbox::oweReceipt(const Arrival &arrival)
{
    const auto state = stateOf(arrival.sender.account);
    if (!state)
        return state.error();
    if (*state != ContactState::Accepted)
        return Done{};
    const auto jitter = receiptJitter(m_parts.random);
    if (!jitter)
        return jitter.error();
    return m_parts.storage.receipts.setDue(
        {arrival.header.conversation, arrival.sender.account, m_parts.clock.now() + *jitter});
}

Result<Done> Inbox::takeReceipt(const Arrival &arrival, const content::Receipt &receipt, InboxNews &news)
{
    const auto state = stateOf(arrival.sender.account);
    if (!state)
        return state.error();
    if (receipt.streams.empty() && *state == ContactState::Asked)
        return Done{}; // it says only how far its own stream goes, where a lost acceptance shows
    if (refuseUnless(Check::ReceiptFromContact, *state == ContactState::Accepted))
        return ErrorCode::Refused;
    const auto tellsRead = Settings(m_parts.storage.settings).get(kSendReadReceipts);
    if (!tellsRead)
        return tellsRead.error();
    const bool hidesReads = refuseUnless(Check::ReciprocalPrivacy, *tellsRead);
    for (content::StreamReceipt stream : receipt.streams) {
        if (hidesReads)
            stream.readUpTo = 0;
        const auto own =
            m_parts.storage.streams.find(arrival.header.conversation, {m_self.account, stream.authorDevice});
        if (!own)
            return own.error();
        // Of what another desktop of ours wrote we may have missed the newest.
        const bool isOurs = stream.authorDevice == m_self.device;
        if (!*own && (stream.deliveredUpTo == 0 || !isOurs))
            continue; // nothing is kept for a device that has written nothing
        const std::uint64_t given = *own ? (*own)->lastCounter : 0;
        if (refuseUnless(Check::ReceiptWithinStream, !isOurs || stream.deliveredUpTo <= given))
            return ErrorCode::Refused;
        const auto before =
            m_parts.storage.receipts.find(arrival.header.conversation, arrival.sender.account, stream.authorDevice);
        if (!before)
            return before.error();
        const auto applied =
            m_parts.storage.receipts.apply(arrival.header.conversation, arrival.sender.account, stream.authorDevice,
                                           {stream.deliveredUpTo, stream.readUpTo, stream.notDelivered},
                                           std::min(arrival.relayTime, m_parts.clock.now()));
        if (!applied)
            return applied.error().code == ErrorCode::InvalidArgument ? Error(ErrorCode::Refused) : applied.error();
        const DeliveryState known = before->value_or(DeliveryState{});
        const std::uint64_t settled =
            std::min(known.readUpTo, stream.readUpTo) == stream.readUpTo ? known.deliveredUpTo : known.readUpTo;
        const auto touched = m_parts.storage.messages.recentOfStream(
            arrival.header.conversation, {m_self.account, stream.authorDevice}, settled, stream.deliveredUpTo);
        if (!touched)
            return touched.error();
        for (auto message = touched->rbegin(); *applied && message != touched->rend(); ++message)
            news.delivered.push_back({arrival.header.conversation, *message});
    }
    return Done{};
}

Result<Done> Inbox::takeOwnReceipt(const Arrival &arrival, const content::Receipt &receipt)
{
    if (receipt.streams.empty())
        return Done{}; // it says only how far its own stream goes
    // A sibling answered for all of us: nothing more is owed for what it covers. What it has read SyncRead says.
    const ConversationId conversation = arrival.header.conversation;
    if (const auto ensured = m_parts.storage.conversations.ensure(conversation, arrival.peer); !ensured)
        return ensured.error();
    const auto tellsRead = Settings(m_parts.storage.settings).get(kSendReadReceipts);
    if (!tellsRead)
        return tellsRead.error();
    bool covered = true;
    for (const content::StreamReceipt &stream : receipt.streams) {
        const DeviceAddress author{arrival.peer, stream.authorDevice};
        const auto known = m_parts.storage.streams.find(arrival.header.conversation, author);
        if (!known)
            return known.error();
        covered = covered && *known && (*known)->lastCounter <= stream.deliveredUpTo
            && (!*tellsRead || (*known)->readTold <= stream.readUpTo);
        auto reading = m_parts.storage.reads.find(conversation, author);
        if (!reading)
            return reading.error();
        if (stream.readUpTo <= reading->told)
            continue;
        reading->told = stream.readUpTo; // it is told already
        if (const auto noted = m_parts.storage.reads.store(conversation, *reading); !noted)
            return noted;
    }
    return covered ? m_parts.storage.receipts.clearDue(arrival.header.conversation, arrival.peer) : Done{};
}

} // namespace sotto
