#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"

#include <QString>

namespace sotto {

/// What a person must be told. The numbers are stored.
enum class AlarmKind {
    Fork = 1,           ///< a message or the relay names another device list than the one we have
    Frozen = 2,         ///< the relay does not show a device list that a message names
    OwnLogHidden = 3,   ///< somebody knows a newer list of our devices than the relay shows us
    OwnDeviceAdded = 4, ///< our account has a device that this one did not add
    OwnLogForked = 5,   ///< somebody was shown another list of our devices
    BadLog = 7,         ///< the relay served a device list that does not verify or does not follow ours
    RootChanged = 11,   ///< they have a new recovery kit, and with it another safety number
};
/// Stable lower-case name.
const char *name(AlarmKind kind);

/// One alarm; an account has one of each kind.
struct Alarm {
    AccountId account;
    AlarmKind kind;
    std::uint64_t version = 0; ///< the highest version of the device list that it was about
    std::int64_t count = 0;
    Timestamp firstAt;
    Timestamp lastAt;
    bool acknowledged = false;
    friend bool operator==(const Alarm &, const Alarm &) = default;
};

} // namespace sotto
