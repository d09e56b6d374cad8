#pragma once
#include "core/base/clock.h"
#include "server/limits/connection_limiter.h"

#include <functional>

namespace sotto::relay {

/// Bytes that this process has allocated and not freed (glibc's mallinfo2); falls when something is freed, which the
/// resident size does not. 0 with another allocator (sanitizers).
std::int64_t allocatedBytes();
/// Half of the machine's memory.
std::int64_t defaultMemoryLimit();

/// The relay's global memory guard (architecture.md, relay, backpressure): every other limit is one of one client, and
/// this is for what they add up to. Each second: over the limit those go that have not authenticated, and nobody new is
/// let in until a tenth of it is free again; while it still grows, authenticated connections follow, the youngest
/// first. Their mail stays in its queues, and they come back with backoff. Lives on one thread with an event loop.
class MemoryGuard {
public:
    struct Options {
        std::int64_t limitBytes = defaultMemoryLimit();
        Milliseconds period = std::chrono::seconds(1);
        std::function<std::int64_t()> used = allocatedBytes;
    };
    /// `clock` and `connections` outlive the guard. Starts at once.
    MemoryGuard(Clock &clock, ConnectionLimiter &connections, Options options);
    MemoryGuard(Clock &clock, ConnectionLimiter &connections) : MemoryGuard(clock, connections, Options()) { }

private:
    void look();

    ConnectionLimiter &m_connections;
    const Options m_options;
    Timer m_timer;
    bool m_isShort = false;
    std::int64_t m_before = 0; ///< used at the last look
};

} // namespace sotto::relay
