#pragma once
#include "core/base/clock.h"

#include <algorithm>
#include <optional>

namespace sotto::relay {

/// How often something may happen: `perSecond` in the long run, `burst` at once after a rest.
struct Rate {
    double perSecond = 0;
    double burst = 0;
    friend bool operator==(const Rate &, const Rate &) = default;
};

/// A token bucket: starts full, fills at the rate, every take empties it by its cost. Holds no clock; the caller gives
/// the monotonic time. Not safe to share between threads.
class TokenBucket {
public:
    TokenBucket(const Rate &rate, Milliseconds now) : m_tokens(rate.burst), m_at(now) { }

    /// Takes `cost` tokens, or nothing when they are not there. @return the wait until they would be, none when taken.
    /// A cost over the burst can never be had; its wait is that of a full bucket.
    std::optional<Milliseconds> take(const Rate &rate, double cost, Milliseconds now)
    {
        refill(rate, now);
        if (cost <= m_tokens) {
            m_tokens -= cost;
            return std::nullopt;
        }
        return waitFor(rate, cost);
    }
    /// Takes `cost` tokens even when they are not there: the bucket goes into debt. For what has happened already.
    void force(const Rate &rate, double cost, Milliseconds now)
    {
        refill(rate, now);
        m_tokens -= cost;
    }
    /// The wait until `tokens` are there; zero when they are.
    Milliseconds waitFor(const Rate &rate, double tokens) const
    {
        const double missing = std::min(tokens, rate.burst) - m_tokens;
        if (missing <= 0)
            return Milliseconds(0);
        return Milliseconds(std::int64_t(missing / std::max(rate.perSecond, 1e-9) * 1000.0) + 1);
    }
    /// Whether nothing has been taken that has not grown back: such a bucket can be forgotten.
    bool isFull(const Rate &rate, Milliseconds now)
    {
        refill(rate, now);
        return m_tokens >= rate.burst;
    }

private:
    void refill(const Rate &rate, Milliseconds now)
    {
        if (now > m_at)
            m_tokens = std::min(rate.burst, m_tokens + double((now - m_at).count()) / 1000.0 * rate.perSecond);
        m_at = std::max(m_at, now);
    }
    double m_tokens;
    Milliseconds m_at;
};

} // namespace sotto::relay
