#include "server/limits/memory_guard.h"

#include "core/base/logging.h"

#include <algorithm>
#include <malloc.h>
#include <unistd.h>

namespace sotto::relay {

namespace {
/// Authenticated connections that go at a time: so many that it ends, and not all at once.
constexpr int kPartThatGoes = 16;
} // namespace

std::int64_t allocatedBytes()
{
    const struct mallinfo2 info = ::mallinfo2();
    return std::int64_t(info.uordblks) + std::int64_t(info.hblkhd);
}

std::int64_t defaultMemoryLimit()
{
    return std::int64_t(::sysconf(_SC_PHYS_PAGES)) * std::int64_t(::sysconf(_SC_PAGESIZE)) / 2;
}

MemoryGuard::MemoryGuard(Clock &clock, ConnectionLimiter &connections, Options options)
    : m_connections(connections), m_options(std::move(options)), m_timer(clock, [this] { look(); })
{
    m_timer.start(m_options.period);
}

void MemoryGuard::look()
{
    m_timer.start(m_options.period);
    const std::int64_t used = m_options.used();
    const std::int64_t before = std::exchange(m_before, used);
    const bool isOver = used > m_options.limitBytes;
    if (!isOver && m_isShort && used < m_options.limitBytes / 10 * 9) {
        m_isShort = false;
        m_connections.setMemoryShort(false);
        qCWarning(lcRelay, "memory is enough again");
    }
    if (!isOver)
        return;
    if (!std::exchange(m_isShort, true)) {
        qCWarning(lcRelay, "memory is short: nobody new is let in");
        m_connections.setMemoryShort(true);
    } else if (used >= before) {
        const int ended = m_connections.shedAuthenticated(std::max(1, m_connections.total() / kPartThatGoes));
        qCWarning(lcRelay, "memory is short: %d connections are ended", ended);
    }
}

} // namespace sotto::relay
