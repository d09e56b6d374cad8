#include "tests/simulation/calendar.h"

#include <algorithm>
#include <set>

namespace sotto::simulation {

namespace {

/// People sit in a ring and know those that are so many places on.
constexpr std::size_t kPlacesOn[] = {1, 7};

} // namespace

Calendar::Calendar(const MonthSize &size, Luck &luck)
{
    const auto accounts = std::size_t(size.accounts);
    std::set<Pair> known;
    for (const std::size_t places : kPlacesOn) {
        for (std::size_t person = 0; person < accounts; ++person) {
            const std::size_t other = (person + places) % accounts;
            if (other != person && !known.contains({other, person}) && known.insert({person, other}).second)
                m_pairs.emplace_back(person, other);
        }
    }
    std::set<std::size_t> away;
    const auto somebody = [&] {
        std::size_t person = luck.below(accounts);
        while (away.contains(person))
            person = (person + 1) % accounts;
        away.insert(person);
        return person;
    };
    const int longest = std::min(size.longestAbsences, size.accounts / 2);
    for (int i = 0; i < longest; ++i) // one desktop, its sibling is there
        m_absences.push_back({{somebody(), luck.below(2)}, 1, 1 + 31 + int(luck.below(2))});
    const int others = std::min(size.longAbsences, size.accounts / 2 - longest);
    for (int i = 0; i < others; ++i) {
        const std::size_t person = somebody();
        const int length = 15 + int(luck.below(std::size_t(std::max(1, std::min(12, size.days - 17)))));
        const int first = 1 + int(luck.below(std::size_t(std::max(1, size.days - length - 1))));
        m_absences.push_back({{person, 0}, first, first + length});
        if (i % 2 == 0) // the whole person
            m_absences.push_back({{person, 1}, first, first + length});
    }
}

std::vector<std::size_t> Calendar::friendsOf(std::size_t person) const
{
    std::vector<std::size_t> friends;
    for (const auto &[one, other] : m_pairs) {
        if (one == person)
            friends.push_back(other);
        if (other == person)
            friends.push_back(one);
    }
    return friends;
}

bool Calendar::isAway(const Seat &seat, int day) const
{
    return std::ranges::any_of(m_absences, [&](const Absence &absence) {
        return absence.seat == seat && absence.first <= day && day < absence.back;
    });
}

std::vector<Seat> Calendar::leavingOn(int day) const
{
    std::vector<Seat> seats;
    for (const Absence &absence : m_absences) {
        if (absence.first == day)
            seats.push_back(absence.seat);
    }
    return seats;
}

std::vector<Seat> Calendar::comingBackOn(int day) const
{
    std::vector<Seat> seats;
    for (const Absence &absence : m_absences) {
        if (absence.back == day)
            seats.push_back(absence.seat);
    }
    return seats;
}

} // namespace sotto::simulation
