#include "core/model/alarm.h"

namespace sotto {

const char *name(AlarmKind kind)
{
    switch (kind) {
    case AlarmKind::Fork: return "fork";
    case AlarmKind::Frozen: return "frozen";
    case AlarmKind::OwnLogHidden: return "own_log_hidden";
    case AlarmKind::OwnDeviceAdded: return "own_device_added";
    case AlarmKind::OwnLogForked: return "own_log_forked";
    case AlarmKind::BadLog: return "bad_log";
    case AlarmKind::RootChanged: return "root_changed";
    }
    return "unknown";
}

} // namespace sotto
