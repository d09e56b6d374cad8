#include "core/messaging/expiry/chat_timer.h"

#include "core/base/check.h"

namespace sotto {

bool replaces(const ChatTimer &change, const ChatTimer &standing)
{
    if (change.revision != standing.revision)
        return change.revision > standing.revision;
    return change.seconds != 0 && (standing.seconds == 0 || change.seconds < standing.seconds);
}

bool isTimerStep(const ChatTimer &change, const ChatTimer &standing)
{
    const bool isNear = change.revision <= standing.revision || change.revision - standing.revision <= kMaxTimerStep;
    return !refuseUnless(Check::TimerStep, isNear);
}

} // namespace sotto
