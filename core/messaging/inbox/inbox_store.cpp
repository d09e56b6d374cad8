// The last stage of the inbox: what each kind of content may do to the database.
#include "core/messaging/inbox/incoming.h"

#include "core/account/device_directory.h"
#include "core/base/check.h"
#include "core/crypto/session_cipher.h"
#include "core/ledger/signature.h"
#include "core/messaging/content_hash.h"
#include "core/messaging/receipts/receipt_timing.h"
#include "core/messaging/sort_time.h"
#include "core/storage/storage.h"

namespace sotto {

Inbox::Verdict Inbox::keepUnknown(Incoming &incoming)
{
    const auto allowed = mayWrite(incoming.claim->sender.account);
    if (!allowed)
        return failed(allowed.error());
    if (refuseUnless(Check::StrangerMessage, *allowed))
        return drop("content of a newer version from somebody who may not write");
    const auto kept = keepRow(incoming, MessageKind::UpdateNeeded, incoming.plaintext.view());
    if (!kept)
        return verdictOf(kept);
    return Verdict::Kept;
}

Inbox::Verdict Inbox::keepUndecryptable(Incoming &incoming)
{
    const auto state = stateOf(incoming.claim->sender.account);
    if (!state)
        return failed(state.error());
    if (*state != ContactState::Accepted)
        return Verdict::Finished;
    incoming.hasWritten = true;
    const auto kept = keepRow(incoming, MessageKind::Undecryptable, {});
    if (!kept)
        return verdictOf(kept);
    return Verdict::Kept;
}

Result<Done> Inbox::keepRow(const Incoming &incoming, MessageKind kind, ByteView sealed)
{
    const DeviceAddress sender = incoming.claim->sender;
    const bool isOwn = sender.account == m_self.account;
    const AccountId peer = incoming.peer(m_self);
    const ConversationId conversation = directConversation(m_self.account, peer);
    const Timestamp now = m_parts.clock.now();
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
                kind,
                QString(),
                isOwn ? Delivery::Sent : Delivery::Delivered};
    const auto stored = m_parts.storage.messages.insert(row, isOwn ? Unread::No : Unread::Yes);
    if (!stored)
        return stored.error();
    if (!sealed.isEmpty()) {
        if (const auto kept = m_parts.storage.messages.keepSealed(*stored, sealed); !kept)
            return kept.error();
    }
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

Result<Done> Inbox::dispatch(const Arrival &arrival, InboxNews &news)
{
    if (!arrival.isOwn) {
        const auto state = stateOf(arrival.sender.account);
        if (!state)
            return state.error();
        if (refuseUnless(Check::BlockedSender, *state != ContactState::Blocked))
            return ErrorCode::Refused;
    }
    const auto log = m_parts.directory.find(arrival.sender.account);
    if (log && *log && arrival.header.ownHead.version > (*log)->version())
        news.newerLogs.push_back(arrival.sender.account);
    if (const auto *text = std::get_if<content::Text>(&arrival.body))
        return takeText(arrival, *text, news);
    if (const auto *receipt = std::get_if<content::Receipt>(&arrival.body))
        return arrival.isOwn ? takeOwnReceipt(arrival, *receipt, news) : takeReceipt(arrival, *receipt, news);
    if (const auto *request = std::get_if<content::ContactRequest>(&arrival.body))
        return m_parts.contactMail.takeRequest(arrival, *request, news);
    if (const auto *accept = std::get_if<content::ContactAccept>(&arrival.body))
        return m_parts.contactMail.takeAccept(arrival, *accept, news);
    if (const auto *sync = std::get_if<content::ContactSync>(&arrival.body))
        return m_parts.contactMail.takeSync(arrival, *sync, news);
    if (const auto *key = std::get_if<content::ProfileKey>(&arrival.body))
        return m_parts.contactMail.takeProfileKey(arrival, *key, news);
    return takeVoid(arrival);
}

Result<Done> Inbox::takeVoid(const Arrival &arrival)
{
    const auto state = stateOf(arrival.sender.account);
    if (!state)
        return state.error();
    const bool allowed = arrival.isOwn || *state == ContactState::Accepted || *state == ContactState::Asked;
    if (refuseUnless(Check::StrangerMessage, allowed))
        return ErrorCode::Refused;
    const auto advanced = advanceStream(arrival); // it only takes its counter
    if (!advanced)
        return advanced.error();
    return Done{};
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

Result<bool> Inbox::isIdOfOurs(const ConversationId &conversation, const MessageId &id)
{
    const auto ours = m_parts.storage.messages.find(conversation, m_self.account, id);
    if (!ours)
        return ours.error();
    return ours->has_value();
}

Result<Done> Inbox::takeText(const Arrival &arrival, const content::Text &text, InboxNews &news)
{
    const auto allowed = mayWrite(arrival.sender.account);
    if (!allowed)
        return allowed.error();
    if (refuseUnless(Check::StrangerMessage, *allowed))
        return ErrorCode::Refused;
    if (text.text.isEmpty() || refuseUnless(Check::CountedContent, arrival.header.counter != 0))
        return ErrorCode::Refused;
    return storeMessage(arrival, MessageKind::Text, text.text, news);
}

Result<Done> Inbox::storeMessage(const Arrival &arrival, MessageKind kind, const QString &text, InboxNews &news)
{
    const ConversationId conversation = arrival.header.conversation;
    const auto isReused = arrival.isOwn ? Result<bool>(false) : isIdOfOurs(conversation, arrival.header.messageId);
    if (!isReused)
        return isReused.error();
    if (refuseUnless(Check::MessageIdReuse, !*isReused))
        return ErrorCode::Refused;
    if (const auto ensured = m_parts.storage.conversations.ensure(conversation, arrival.peer); !ensured)
        return ensured.error();
    const auto sortTime = advanceStream(arrival);
    if (!sortTime)
        return sortTime.error();
    Message row{0,
                arrival.header.messageId,
                conversation,
                arrival.sender.account,
                arrival.sender.device,
                arrival.header.counter,
                arrival.header.clientTime,
                *sortTime,
                kind,
                text,
                arrival.isOwn ? Delivery::Sent : Delivery::Delivered};
    const auto stored = m_parts.storage.messages.insert(row, arrival.isOwn ? Unread::No : Unread::Yes);
    if (!stored)
        return stored.error();
    news.stored.push_back({conversation, row.id});
    return arrival.isOwn ? Result<Done>(Done{}) : oweReceipt(arrival);
}

Result<Timestamp> Inbox::advanceStream(const Arrival &arrival)
{
    const content::Header &header = arrival.header;
    const Timestamp sorted = clampedSortTime(arrival.relayTime, header.clientTime, m_parts.clock.now());
    if (header.counter == 0)
        return sorted;
    if (const auto ensured = m_parts.storage.conversations.ensure(header.conversation, arrival.peer); !ensured)
        return ensured.error();
    const auto known = m_parts.storage.streams.find(header.conversation, arrival.sender);
    if (!known)
        return known.error();
    const std::uint64_t first = std::clamp(header.streamStart, std::uint64_t(1), header.counter);
    StreamState state = known->value_or(StreamState{first, first - 1, std::nullopt, {}, 0});
    if (header.counter <= state.lastCounter) {
        const auto filled = m_parts.storage.streams.closeGap(header.conversation, arrival.sender, header.counter);
        if (!filled)
            return filled.error();
        if (refuseUnless(Check::CounterReuse, *filled))
            return ErrorCode::Refused;
        return sorted;
    }
    if (header.counter > state.lastCounter + 1) {
        const auto noted = m_parts.storage.streams.addGap(header.conversation, arrival.sender, state.lastCounter + 1,
                                                          header.counter - 1, m_parts.clock.now());
        if (!noted)
            return noted.error();
    }
    state.lastCounter = header.counter;
    state.lastHash = contentHash(header.messageId, header.counter, arrival.bodyBytes);
    state.lastSortTime = std::max(sorted, state.lastSortTime);
    if (const auto kept = m_parts.storage.streams.store(header.conversation, arrival.sender, state); !kept)
        return kept.error();
    return state.lastSortTime;
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
    if (refuseUnless(Check::ReceiptFromContact, *state == ContactState::Accepted))
        return ErrorCode::Refused;
    for (const content::StreamReceipt &stream : receipt.streams) {
        const auto own =
            m_parts.storage.streams.find(arrival.header.conversation, {m_self.account, stream.authorDevice});
        if (!own)
            return own.error();
        if (!*own && stream.deliveredUpTo == 0)
            continue; // nothing is kept for a device that has written nothing
        const std::uint64_t given = *own ? (*own)->lastCounter : 0;
        if (refuseUnless(Check::ReceiptWithinStream, stream.deliveredUpTo <= given))
            return ErrorCode::Refused;
        const auto before =
            m_parts.storage.receipts.find(arrival.header.conversation, arrival.sender.account, stream.authorDevice);
        if (!before)
            return before.error();
        const auto applied =
            m_parts.storage.receipts.apply(arrival.header.conversation, arrival.sender.account, stream.authorDevice,
                                           {stream.deliveredUpTo, stream.readUpTo, stream.notDelivered});
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

Result<Done> Inbox::takeOwnReceipt(const Arrival &arrival, const content::Receipt &receipt, InboxNews &news)
{
    // A sibling answered for all of us: what it has read is read here, and nothing more is owed for what it covers.
    if (const auto ensured = m_parts.storage.conversations.ensure(arrival.header.conversation, arrival.peer); !ensured)
        return ensured.error();
    bool covered = true;
    for (const content::StreamReceipt &stream : receipt.streams) {
        const DeviceAddress author{arrival.peer, stream.authorDevice};
        const auto known = m_parts.storage.streams.find(arrival.header.conversation, author);
        if (!known)
            return known.error();
        covered = covered && *known && (*known)->lastCounter <= stream.deliveredUpTo;
        const std::uint64_t readUpTo = *known ? std::min(stream.readUpTo, (*known)->lastCounter) : 0;
        if (readUpTo == 0)
            continue;
        const auto marked = m_parts.storage.conversations.markReadUpTo(arrival.header.conversation, {author, readUpTo});
        if (!marked)
            return marked.error();
    }
    news.conversations.push_back(arrival.header.conversation);
    if (!covered)
        return Done{};
    return m_parts.storage.receipts.clearDue(arrival.header.conversation, arrival.peer);
}

} // namespace sotto
