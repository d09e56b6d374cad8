#pragma once
#include <cstdint>
#include <random>
#include <vector>

namespace sotto::simulation {

/// What is left to chance, the same for the same seed on every machine.
class Luck {
public:
    explicit Luck(std::uint64_t seed) : m_engine(seed) { }

    /// 0 to `bound` - 1; `bound` is at least 1.
    std::size_t below(std::size_t bound) { return std::size_t(m_engine() % bound); }
    /// True with a chance from 0 to 1.
    bool happens(double chance) { return double(below(1'000'000)) < chance * 1e6; }
    /// One of `items`, which are not empty.
    template <class T> T &oneOf(std::vector<T> &items) { return items.at(below(items.size())); }
    template <class T> const T &oneOf(const std::vector<T> &items) { return items.at(below(items.size())); }

private:
    std::mt19937_64 m_engine;
};

} // namespace sotto::simulation
