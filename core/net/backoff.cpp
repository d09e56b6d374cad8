#include "core/net/backoff.h"

namespace sotto {

Milliseconds Backoff::ceiling() const
{
    constexpr int kEnoughDoublings = 10;
    return std::min(kFirst * (1 << std::min(m_failures, kEnoughDoublings)), kCeiling);
}

Milliseconds Backoff::next()
{
    const Milliseconds longest = ceiling();
    ++m_failures;
    const auto draw = m_random.below(std::uint64_t(longest.count()) + 1);
    return draw ? Milliseconds(*draw) : longest;
}

} // namespace sotto
