#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/model/message.h"

#include <QString>
#include <cstdint>

namespace sotto {

/// How something refers to a message. The numbers are stored.
enum class ReferenceKind : std::uint8_t { Edit = 0, Delete = 1, Reaction = 2 };

/// One of the texts that a message has had. Of two with one revision the greater (device, id) stays.
struct MessageVersion {
    std::uint32_t revision = 0; ///< 0: as first written
    DeviceId device;            ///< which wrote it
    MessageId id;               ///< of the Edit; of the Text under revision 0
    Timestamp clientTime;       ///< the writer's own clock
    QString text;
    friend bool operator==(const MessageVersion &, const MessageVersion &) = default;
};

/// What somebody feels about a message. Of one person the greater (revision, device, id) stays.
struct MessageReaction {
    AccountId account;
    QString emoji;              ///< empty: taken back
    std::uint32_t revision = 0; ///< from 1
    DeviceId device;
    MessageId id; ///< of the Reaction
    friend bool operator==(const MessageReaction &, const MessageReaction &) = default;
};

} // namespace sotto
