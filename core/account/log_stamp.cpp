#include "core/account/log_stamp.h"

#include "core/base/check.h"

#include <algorithm>

namespace sotto {

Result<Timestamp> logStamp(Timestamp relayNow, Timestamp ownNow, std::optional<Timestamp> newest)
{
    const bool agree = relayNow <= ownNow + kLogStampTolerance && ownNow <= relayNow + kLogStampTolerance;
    if (refuseUnless(Check::LogStampClock, agree)) {
        return Error(
            ErrorCode::Refused,
            QStringLiteral("this computer's clock and the relay's are more than a day apart: set it right first"));
    }
    return std::clamp(newest.value_or(relayNow), relayNow, relayNow + kLogStampTolerance);
}

} // namespace sotto
