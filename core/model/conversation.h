#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"

#include <QString>
#include <cstdint>
#include <optional>

namespace sotto {

/// A one-to-one chat as the chat list shows it. With oneself it is "Note to self".
struct Conversation {
    ConversationId id;
    AccountId peer;
    std::int64_t unread = 0;
    Timestamp lastActivity;    ///< sort time of the newest message; 0 when there is none
    QString lastText;          ///< of the newest message
    bool markedUnread = false; ///< by the person
    friend bool operator==(const Conversation &, const Conversation &) = default;
};

} // namespace sotto
