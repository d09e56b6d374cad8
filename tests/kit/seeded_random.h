#pragma once
#include "core/base/random.h"

#include <cstdint>
#include <mutex>
#include <random>

namespace sotto::kit {

/// The same bytes for the same seed on every machine, and a source that fails when the test says so. Any thread; with
/// several threads the order of their draws decides who gets what. Never for real keys.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed = 1);

    [[nodiscard]] bool fill(void *out, std::size_t size) override;

    /// The next `draws` calls of fill work, all later ones fail until failNever().
    void failAfter(int draws);
    /// All calls fail from now on.
    void failNow() { failAfter(0); }
    void failNever();
    /// How many times fill was called, failures included.
    int draws() const;

private:
    mutable std::mutex m_mutex;
    std::mt19937_64 m_engine;
    int m_draws = 0;
    int m_goodDrawsLeft = -1; ///< negative: never fails
};

} // namespace sotto::kit
