#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "server/limits/token_bucket.h"

#include <array>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace sotto::relay {

/// Token buckets by key, each made when first needed and forgotten when full again, so that memory follows use. Any
/// thread.
template <class Key> class KeyedBuckets {
public:
    explicit KeyedBuckets(const Rate &rate) : m_rate(rate) { }

    /// Takes `cost` tokens of `key`, or nothing. @return the wait until they would be there, none when taken.
    std::optional<Milliseconds> take(const Key &key, double cost, Milliseconds now)
    {
        const std::lock_guard lock(m_mutex);
        if (m_buckets.size() >= m_forgetAt)
            forgetFull(now);
        return m_buckets.try_emplace(key, m_rate, now).first->second.take(m_rate, cost, now);
    }
    std::size_t size() const
    {
        const std::lock_guard lock(m_mutex);
        return m_buckets.size();
    }

private:
    void forgetFull(Milliseconds now)
    {
        for (auto entry = m_buckets.begin(); entry != m_buckets.end();)
            entry = entry->second.isFull(m_rate, now) ? m_buckets.erase(entry) : std::next(entry);
        m_forgetAt = std::max<std::size_t>(1024, m_buckets.size() * 2);
    }

    const Rate m_rate;
    mutable std::mutex m_mutex;
    std::unordered_map<Key, TokenBucket> m_buckets;
    std::size_t m_forgetAt = 1024;
};

/// What a device asks that costs others something.
enum class LimitedAction {
    Submit,       ///< messages; cost: submits
    SmallCopies,  ///< receipts, key distribution, own-sync; cost: copies
    FetchBundles, ///< cost: bundles asked for
    LookupHandle,
    AppendLog,
    Publish, ///< bundles, prekeys, tokens, profile, presence
    Fetch,   ///< logs and profiles of others
    CreateInvite,
    Ephemeral, ///< typing and the like
};
inline constexpr std::size_t kLimitedActions = 9;

/// How often. Defaults are security.md's fixed numbers; the others are ours and wide of honest use.
struct RequestLimits {
    Rate submit{20, 400};
    Rate smallCopies{300, 4096};
    Rate fetchBundles{120.0 / 3600, 120};
    Rate lookupHandle{20.0 / 3600, 20};
    Rate appendLog{20.0 / 3600, 20};
    Rate publish{2, 120};
    Rate fetch{5, 600};
    Rate createInvite{20.0 / 3600, 20};
    Rate ephemeral{5, 50};
    Rate oneTimeKeysPerTarget{60.0 / 3600, 60};
    Rate oneTimeKeysToStrangers{30.0 / 3600, 30}; ///< of these, to askers without the target's token
};

/// The limits of requests, counted in memory. Any thread.
class RequestLimiter {
public:
    /// `clock` outlives the limiter.
    RequestLimiter(Clock &clock, const RequestLimits &limits);

    /// Counts `cost` of `action` for `device`. @return how long to wait when it is too much now (nothing is counted
    /// then), none when it may go on.
    std::optional<Milliseconds> tooSoon(const DeviceAddress &device, LimitedAction action, double cost = 1);
    /// The same for one-time keys taken from a target's store, whoever asks: so nobody can drain it.
    std::optional<Milliseconds> tooManyKeysOf(const DeviceAddress &target);
    /// The part of that which strangers may take: asked first, for a stranger.
    std::optional<Milliseconds> tooManyKeysToStrangers(const DeviceAddress &target);

private:
    Clock &m_clock;
    std::array<KeyedBuckets<DeviceAddress>, kLimitedActions> m_byDevice;
    KeyedBuckets<DeviceAddress> m_byTarget;
    KeyedBuckets<DeviceAddress> m_toStrangers;
};

} // namespace sotto::relay
