#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"

#include <QString>
#include <cstdint>
#include <optional>

namespace sotto {

/// How far one of our own messages has travelled. Only grows, except that Failed may become Queued again by a retry.
/// The numbers are stored.
enum class Delivery : std::uint8_t {
    Queued = 0,    ///< in the durable outbox
    Sent = 1,      ///< the relay has committed every copy
    Delivered = 2, ///< a device of the recipient has committed it
    Read = 3,      ///< the recipient has seen it
    Failed = 4,    ///< refused for good; the person decides
};
/// queued, sent, delivered, read, failed.
QString name(Delivery delivery);

/// What a message row is. The numbers are stored.
enum class MessageKind : std::uint8_t {
    Text = 0,
    UpdateNeeded = 1,  ///< made by a newer version; kept sealed until an update can show it
    Undecryptable = 2, ///< arrived from a known sender, could not be opened
    ContactRequest = 3,
    ContactAccepted = 4,
    Deleted = 5,      ///< taken back by its author: its place stays, its words are gone
    Lost = 6,         ///< messages that could not be recovered, or one that is no longer available
    TimerChanged = 7, ///< somebody has set how long messages stay
};

/// A message's place in its conversation, the same on every desktop (protocol 4 "Order"): relay time of the first
/// acceptance, then sender account, device and counter. Queued messages come last.
struct MessageOrder {
    Timestamp sortTime;
    AccountId sender;
    DeviceId senderDevice;
    std::uint64_t counter = 0;
    friend auto operator<=>(const MessageOrder &, const MessageOrder &) = default;
};

/// Names a message inside a conversation, whether it is there or not.
struct MessageReference {
    AccountId author;
    MessageId message;
    friend bool operator==(const MessageReference &, const MessageReference &) = default;
};

/// One message as the timeline shows it.
struct Message {
    std::int64_t row = 0; ///< the database's number for it, growing in order of arrival
    MessageId id;
    ConversationId conversation;
    AccountId sender;
    DeviceId senderDevice;
    std::uint64_t counter = 0; ///< of the sender device's stream in this conversation; 0 until first encrypted
    Timestamp clientTime;      ///< the sender's own clock
    Timestamp sortTime;        ///< see MessageOrder
    MessageKind kind = MessageKind::Text;
    QString text;
    Delivery delivery = Delivery::Queued;                   ///< of our own messages; Delivered for those of others
    bool forwarded = false;                                 ///< a copy of the words of somebody
    bool edited = false;                                    ///< `text` is not what was written first
    std::optional<MessageReference> replyTo = std::nullopt; ///< what it answers
    bool starred = false;                                   ///< by the person
    std::uint64_t missing = 0; ///< of Lost: how many messages may not come; 0: the one that stood here
    std::uint32_t timerSeconds =
        0; ///< how long it stays after its time began, 0: for ever; of TimerChanged: what was set
    std::optional<Timestamp> expiresAt = std::nullopt; ///< when it disappears, as far as that is known by now
    friend bool operator==(const Message &, const Message &) = default;
};

/// Where a page of messages ends: the next page has only messages before it.
struct MessageCursor {
    Timestamp sortTime;
    std::int64_t row = 0;
    friend bool operator==(const MessageCursor &, const MessageCursor &) = default;
};

inline constexpr qsizetype kMaxTextBytes = 64 * 1024; ///< of UTF-8

} // namespace sotto
