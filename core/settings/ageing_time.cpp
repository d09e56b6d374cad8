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
    const Timestamp before = isFirst ? now : std::min(Timestamp{told->toLongLong()}, now);
    const Milliseconds since = now - Timestamp{seen->toLongLong()};
    const bool isStep = since >= kAgeingStepEvery;
    if (!isFirst && !isStep && since >= Milliseconds(0) && before.ms == told->toLongLong())
        return before;
    const Timestamp time = isFirst || !isStep ? before : std::min(now, before + kLongestAgeingStep);
    if (const auto kept = settings.set(kAgeingTime, QString::number(time.ms)); !kept)
        return kept.error();
    const auto kept = settings.set(kAgeingSeen, QString::number(now.ms));
    return kept ? Result<Timestamp>(time) : kept.error();
}

} // namespace sotto
