#include "core/crypto/jump_limiter.h"

namespace sotto {

bool JumpLimiter::mayJump(const Bytes &owner, Milliseconds now) const
{
    const auto at = m_entries.constFind(owner);
    if (at == m_entries.cend())
        return true;
    const bool jumpedLately = at->jumpedAt >= Milliseconds(0) && now - at->jumpedAt < kPeriod;
    const bool hasFailedTooMuch = now - at->failingSince < kPeriod && at->failedSteps >= kFailedStepsPerPeriod;
    return !jumpedLately && !hasFailedTooMuch;
}

void JumpLimiter::noteJump(const Bytes &owner, Milliseconds now) { entry(owner, now).jumpedAt = now; }

void JumpLimiter::noteFailure(const Bytes &owner, std::uint32_t steps, Milliseconds now)
{
    Entry &failing = entry(owner, now);
    if (now - failing.failingSince >= kPeriod) {
        failing.failingSince = now;
        failing.failedSteps = 0;
    }
    failing.failedSteps += steps;
}

JumpLimiter::Entry &JumpLimiter::entry(const Bytes &owner, Milliseconds now)
{
    if (m_entries.size() >= kMaxOwners && !m_entries.contains(owner)) {
        m_entries.removeIf([now](const auto &item) {
            return now - item.value().jumpedAt >= kPeriod && now - item.value().failingSince >= kPeriod;
        });
        // All of them within one minute: forget everybody rather than grow.
        if (m_entries.size() >= kMaxOwners)
            m_entries.clear();
    }
    const auto at = m_entries.find(owner);
    if (at != m_entries.end())
        return *at;
    return *m_entries.insert(owner, Entry{Milliseconds(-1), now, 0});
}

} // namespace sotto
