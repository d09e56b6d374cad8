#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "server/limits/request_limiter.h"

#include <mutex>
#include <unordered_set>

namespace sotto::relay {

/// Who asks for a one-time prekey.
enum class PreKeyAsker {
    Stranger,
    TokenHolder, ///< shows the target's delivery token, or is the same account
};

/// Who gets a one-time prekey: one a requesting account, target device and day, and 60 an hour of a target (B2), half
/// of them for those who have its token. Who does not still gets the bundle. In memory only. Any thread.
class PreKeyQuota {
public:
    /// Both outlive this object.
    PreKeyQuota(Clock &clock, RequestLimiter &limiter) : m_clock(clock), m_limiter(limiter) { }
    /// Whether this request gets one; counts it.
    bool take(const AccountId &requester, const DeviceAddress &target, PreKeyAsker asker);

private:
    struct Asked {
        AccountId requester;
        DeviceAddress target;
        friend bool operator==(const Asked &, const Asked &) = default;
    };
    struct AskedHash {
        std::size_t operator()(const Asked &asked) const noexcept
        {
            return qHashMulti(0, asked.requester, asked.target);
        }
    };
    bool askedToday(const AccountId &requester, const DeviceAddress &target);

    Clock &m_clock;
    RequestLimiter &m_limiter;
    std::mutex m_mutex;
    std::unordered_set<Asked, AskedHash> m_asked;
    std::int64_t m_day = 0;
};

} // namespace sotto::relay
