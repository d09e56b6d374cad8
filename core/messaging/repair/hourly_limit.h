#pragma once
#include "core/base/clock.h"

#include <deque>
#include <map>

namespace sotto {

/// How much of something each one may have in any hour. In memory, by the monotonic clock; copied to undo what a
/// rolled-back transaction took.
template <class Who> class HourlyLimit {
public:
    explicit HourlyLimit(std::int64_t most) : m_most(most) { }

    /// Whether `more` still fits.
    bool hasRoom(const Who &who, std::int64_t more, Milliseconds now)
    {
        const auto found = m_taken.find(who);
        if (found == m_taken.end())
            return more <= m_most;
        std::deque<Taken> &taken = found->second;
        while (!taken.empty() && now - taken.front().at >= std::chrono::hours(1))
            taken.pop_front();
        std::int64_t sum = more;
        for (const Taken &one : taken)
            sum += one.amount;
        if (taken.empty())
            m_taken.erase(found);
        return sum <= m_most;
    }
    void take(const Who &who, std::int64_t amount, Milliseconds now) { m_taken[who].push_back({now, amount}); }

private:
    struct Taken {
        Milliseconds at;
        std::int64_t amount;
    };
    std::int64_t m_most;
    std::map<Who, std::deque<Taken>> m_taken;
};

} // namespace sotto
