#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"

#include <QString>
#include <cstdint>
#include <optional>

namespace sotto {

/// How long messages of a chat stay from now on.
struct ChatTimer {
    std::uint32_t seconds = 0;  ///< 0: for ever; else 5 seconds to a year
    std::uint64_t revision = 0; ///< of both sides' changes; 0: nobody has set it
    friend bool operator==(const ChatTimer &, const ChatTimer &) = default;
};

/// A one-to-one chat as the chat list shows it. With oneself it is "Note to self".
struct Conversation {
    ConversationId id;
    AccountId peer;
    std::int64_t unread = 0;
    Timestamp lastActivity;         ///< sort time of the newest message; 0 when there is none
    QString lastText;               ///< of the newest message
    bool markedUnread = false;      ///< by the person
    std::uint32_t timerSeconds = 0; ///< how long messages written from now on stay; 0: for ever
    QString draft = {};             ///< what the person has begun to write, on this desktop
    friend bool operator==(const Conversation &, const Conversation &) = default;
};

} // namespace sotto
