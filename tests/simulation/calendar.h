#pragma once
#include "tests/simulation/luck.h"
#include "tests/simulation/month_size.h"

#include <utility>
#include <vector>

namespace sotto::simulation {

/// One desktop of somebody, by numbers.
struct Seat {
    std::size_t person = 0;
    std::size_t desktop = 0;
    friend auto operator<=>(const Seat &, const Seat &) = default;
};

/// Who knows whom, and who is away when: decided before the month begins.
class Calendar {
public:
    Calendar(const MonthSize &size, Luck &luck);

    using Pair = std::pair<std::size_t, std::size_t>; ///< the first has asked the second
    const std::vector<Pair> &pairs() const { return m_pairs; }
    /// Those with whom somebody talks, themselves (notes) not among them.
    std::vector<std::size_t> friendsOf(std::size_t person) const;
    bool isAway(const Seat &seat, int day) const;
    struct Absence {
        Seat seat;
        int first = 0; ///< day
        int back = 0;  ///< day
    };
    /// Whose absence begins, or ends, on this day.
    std::vector<Seat> leavingOn(int day) const;
    std::vector<Seat> comingBackOn(int day) const;
    const std::vector<Absence> &absences() const { return m_absences; }

private:
    std::vector<Pair> m_pairs;
    std::vector<Absence> m_absences;
};

} // namespace sotto::simulation
