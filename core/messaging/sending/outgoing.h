#pragma once
#include "core/base/random.h"
#include "core/content/content.h"
#include "core/wire/frame.h"

namespace sotto {

struct Storage;

/// Something to send, before it is in the outbox.
struct Outgoing {
    AccountId recipient; ///< oneself: to own desktops only
    content::Body body;
    wire::MailClass mailClass = wire::MailClass::Message;
    /// Its place in the conversation's order; none for content that keeps none (receipts, sync).
    std::optional<ConversationId> conversation;
    std::optional<std::int64_t> message;               ///< its message row
    std::optional<MessageId> innerId;                  ///< of the message row; otherwise newMessageId()
    std::optional<Timestamp> writtenAt = std::nullopt; ///< the client time of its header; otherwise now
};

/// Puts content into the durable outbox, inside the caller's transaction; the pump is woken by the caller after the
/// commit. RandomFailed, or what the database says.
Result<std::int64_t> enqueue(Storage &storage, Random &random, Timestamp now, const Outgoing &outgoing);

} // namespace sotto
