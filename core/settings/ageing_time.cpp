#include "core/settings/ageing_time.h"

#include "core/settings/settings.h"

#include <algorithm>

namespace sotto {

Result<Timestamp> ageingTime(Settings &settings, Timestamp now)
{
    const auto told = settings.get(kAgeingTime);
    const auto seen = settings.get(kAgeingSeen);
    if (!told || !seen)
        return !told ? told.error() : seen.error();
    const bool isFirst = told->isEmpty() || seen->isEmpty();
    const Timestamp before = isFirst ? now : Timestamp{told->toLongLong()};
    const Milliseconds since = now - Timestamp{seen->toLongLong()};
    const bool isLater = since >= Milliseconds(0) && since < kAgeingStepEvery;
    if (now < kEarliestClock || (!isFirst && isLater))
        return std::min(before, now);
    // Backwards as slowly as forwards: it would take as long to come back.
    const Timestamp time = std::clamp(now, before - kLongestAgeingStep, before + kLongestAgeingStep);
    if (const auto kept = settings.set(kAgeingTime, QString::number(time.ms)); !kept)
        return kept.error();
    const auto kept = settings.set(kAgeingSeen, QString::number(now.ms));
    return kept ? Result<Timestamp>(std::min(time, now)) : kept.error();
}

} // namespace sotto
