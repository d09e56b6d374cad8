#include "server/accounts/prekey_quota.h"

#include "core/base/check.h"

namespace sotto::relay {

namespace {
constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;
} // namespace

bool PreKeyQuota::take(const AccountId &requester, const DeviceAddress &target, PreKeyAsker asker)
{
    if (refuseUnless(Check::OneTimePreKeyQuota, !askedToday(requester, target)))
        return false;
    const bool isLeft = asker == PreKeyAsker::TokenHolder || !m_limiter.tooManyKeysToStrangers(target);
    if (refuseUnless(Check::StrangerPreKeys, isLeft))
        return false;
    return !refuseUnless(Check::BundleRate, !m_limiter.tooManyKeysOf(target));
}

bool PreKeyQuota::askedToday(const AccountId &requester, const DeviceAddress &target)
{
    const std::lock_guard lock(m_mutex);
    const std::int64_t today = m_clock.now().ms / kDayMs;
    if (today != m_day) {
        m_asked.clear();
        m_day = today;
    }
    return !m_asked.insert({requester, target}).second;
}

} // namespace sotto::relay
