#pragma once
#include "core/base/clock.h"

#include <algorithm>
#include <deque>
#include <map>

namespace sotto {

/// How much of something each one may have in any hour, or `span`. In memory, by the monotonic clock; copied to undo
/// what a rolled-back transaction took.
template <class Who> class HourlyLimit {
public:
    explicit HourlyLimit(std::int64_t most, Milliseconds span = std::chrono::hours(1)) : m_most(most), m_span(span) { }

    /// Whether `more` still fits.
    bool hasRoom(const Who &who, std::int64_t more, Milliseconds now) { return more <= room(who, now); }
    /// How much still fits.
    std::int64_t room(const Who &who, Milliseconds now)
    {
        const auto found = m_taken.find(who);
        if (found == m_taken.end())
            return m_most;
        std::deque<Taken> &taken = found->second;
        while (!taken.empty() && now - taken.front().at >= m_span)
            taken.pop_front();
        std::int64_t sum = 0;
        for (const Taken &one : taken)
            sum += one.amount;
        if (taken.empty())
            m_taken.erase(found);
        return std::max(m_most - sum, std::int64_t(0));
    }
    void take(const Who &who, std::int64_t amount, Milliseconds now) { m_taken[who].push_back({now, amount}); }

private:
    struct Taken {
        Milliseconds at;
        std::int64_t amount;
    };
    std::int64_t m_most;
    Milliseconds m_span;
    std::map<Who, std::deque<Taken>> m_taken;
};

} // namespace sotto
