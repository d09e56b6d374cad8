#include "server/limits/request_limiter.h"

namespace sotto::relay {

// In the order of LimitedAction.
RequestLimiter::RequestLimiter(Clock &clock, const RequestLimits &limits)
    : m_clock(clock),
      m_byDevice{KeyedBuckets<DeviceAddress>(limits.submit),       KeyedBuckets<DeviceAddress>(limits.smallCopies),
                 KeyedBuckets<DeviceAddress>(limits.fetchBundles), KeyedBuckets<DeviceAddress>(limits.lookupHandle),
                 KeyedBuckets<DeviceAddress>(limits.appendLog),    KeyedBuckets<DeviceAddress>(limits.publish),
                 KeyedBuckets<DeviceAddress>(limits.fetch),        KeyedBuckets<DeviceAddress>(limits.createInvite),
                 KeyedBuckets<DeviceAddress>(limits.ephemeral)},
      m_byTarget(limits.oneTimeKeysPerTarget),
      m_toStrangers(limits.oneTimeKeysToStrangers)
{ }

std::optional<Milliseconds> RequestLimiter::tooSoon(const DeviceAddress &device, LimitedAction action, double cost)
{
    return m_byDevice[std::size_t(action)].take(device, cost, m_clock.monotonic());
}

std::optional<Milliseconds> RequestLimiter::tooManyKeysOf(const DeviceAddress &target)
{
    return m_byTarget.take(target, 1, m_clock.monotonic());
}

std::optional<Milliseconds> RequestLimiter::tooManyKeysToStrangers(const DeviceAddress &target)
{
    return m_toStrangers.take(target, 1, m_clock.monotonic());
}

} // namespace sotto::relay
