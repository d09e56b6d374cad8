#include "tests/kit/seeded_random.h"

#include <cstring>

namespace sotto::kit {

SeededRandom::SeededRandom(std::uint64_t seed) : m_engine(seed) { }

bool SeededRandom::fill(void *out, std::size_t size)
{
    const std::scoped_lock lock(m_mutex);
    ++m_draws;
    if (m_goodDrawsLeft == 0) {
        std::memset(out, 0, size);
        return false;
    }
    if (m_goodDrawsLeft > 0)
        --m_goodDrawsLeft;
    auto *at = static_cast<std::uint8_t *>(out);
    while (size > 0) {
        // Byte by byte from the low end, so that big and little endian machines agree.
        std::uint64_t draw = m_engine();
        for (int i = 0; i < 8 && size > 0; ++i, --size, draw >>= 8)
            *at++ = std::uint8_t(draw);
    }
    return true;
}

void SeededRandom::failAfter(int draws)
{
    const std::scoped_lock lock(m_mutex);
    m_goodDrawsLeft = draws;
}

void SeededRandom::failNever()
{
    const std::scoped_lock lock(m_mutex);
    m_goodDrawsLeft = -1;
}

int SeededRandom::draws() const
{
    const std::scoped_lock lock(m_mutex);
    return m_draws;
}

} // namespace sotto::kit
