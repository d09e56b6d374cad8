#include "server/limits/connection_limiter.h"

#include "core/base/check.h"

#include <utility>

namespace sotto::relay {

ConnectionLimiter::Ticket::Ticket(Ticket &&other) noexcept
    : m_limiter(std::exchange(other.m_limiter, nullptr)),
      m_address(other.m_address),
      m_authenticated(other.m_authenticated)
{ }

ConnectionLimiter::Ticket::~Ticket()
{
    if (m_limiter)
        m_limiter->release(m_address, m_authenticated);
}

bool ConnectionLimiter::Ticket::markAuthenticated()
{
    Q_ASSERT(!m_authenticated);
    m_authenticated = m_limiter->promote(m_address);
    return m_authenticated;
}

std::optional<ConnectionLimiter::Ticket> ConnectionLimiter::admit(const AddressKey &address)
{
    const std::lock_guard lock(m_mutex);
    const Milliseconds now = m_clock.monotonic();
    if (m_counts.size() >= m_forgetAt)
        forgetIdleAddresses(now);
    Count &count =
        m_counts.try_emplace(address, Count{0, 0, TokenBucket(m_limits.handshakesPerAddress, now)}).first->second;
    if (refuseUnless(Check::ConnectionsPerAddress, count.unauthenticated < m_limits.unauthenticatedPerAddress))
        return std::nullopt;
    const bool slowEnough = !count.handshakes.take(m_limits.handshakesPerAddress, 1, now);
    if (refuseUnless(Check::HandshakeRate, slowEnough))
        return std::nullopt;
    if (m_total >= m_limits.total || m_unauthenticated >= m_limits.unauthenticatedTotal)
        return std::nullopt;
    ++count.unauthenticated;
    ++m_unauthenticated;
    ++m_total;
    return Ticket(*this, address);
}

bool ConnectionLimiter::promote(const AddressKey &address)
{
    const std::lock_guard lock(m_mutex);
    Count &count = m_counts.at(address);
    if (count.authenticated >= m_limits.authenticatedPerAddress)
        return false;
    --count.unauthenticated;
    --m_unauthenticated;
    ++count.authenticated;
    return true;
}

void ConnectionLimiter::release(const AddressKey &address, bool authenticated)
{
    const std::lock_guard lock(m_mutex);
    Count &count = m_counts.at(address);
    --m_total;
    if (authenticated) {
        --count.authenticated;
    } else {
        --count.unauthenticated;
        --m_unauthenticated;
    }
}

void ConnectionLimiter::forgetIdleAddresses(Milliseconds now)
{
    for (auto entry = m_counts.begin(); entry != m_counts.end();) {
        Count &count = entry->second;
        const bool idle = count.unauthenticated == 0 && count.authenticated == 0
            && count.handshakes.isFull(m_limits.handshakesPerAddress, now);
        entry = idle ? m_counts.erase(entry) : std::next(entry);
    }
    m_forgetAt = std::max<std::size_t>(1024, m_counts.size() * 2);
}

int ConnectionLimiter::total() const
{
    const std::lock_guard lock(m_mutex);
    return m_total;
}

int ConnectionLimiter::unauthenticated() const
{
    const std::lock_guard lock(m_mutex);
    return m_unauthenticated;
}

std::size_t ConnectionLimiter::rememberedAddresses() const
{
    const std::lock_guard lock(m_mutex);
    return m_counts.size();
}

} // namespace sotto::relay
