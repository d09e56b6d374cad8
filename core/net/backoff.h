#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"

namespace sotto {

/// How long to wait before connecting again: exponential from 0.5 s to 60 s with full jitter (a uniform draw between
/// nothing and the ceiling), so that a relay that comes back is not met by all its clients at once.
/// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
class Backoff {
public:
    static constexpr Milliseconds kFirst{500};
    static constexpr Milliseconds kCeiling{60'000};

    /// `random` outlives it.
    explicit Backoff(Random &random) : m_random(random) { }
    /// The wait before the next try; grows with every call. Without randomness it is the ceiling of this try.
    Milliseconds next();
    /// The longest wait next() can give now.
    Milliseconds ceiling() const;
    /// Starts small again: the connection was good.
    void reset() { m_failures = 0; }

private:
    Random &m_random;
    int m_failures = 0;
};

} // namespace sotto
