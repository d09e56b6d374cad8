#include "server/limits/connection_limiter.h"

#include "core/base/check.h"

#include <utility>

namespace sotto::relay {

namespace {
std::uint64_t networkOf(const AddressKey &address) { return address.prefix >> 16; }
} // namespace

ConnectionLimiter::Ticket::Ticket(ConnectionLimiter &limiter, std::shared_ptr<Place> place)
    : m_limiter(&limiter), m_place(std::move(place))
{ }

ConnectionLimiter::Ticket::Ticket(Ticket &&other) noexcept
    : m_limiter(std::exchange(other.m_limiter, nullptr)), m_place(std::move(other.m_place))
{ }

ConnectionLimiter::Ticket::~Ticket()
{
    if (m_limiter)
        m_limiter->release(*m_place);
}

bool ConnectionLimiter::Ticket::markAuthenticated() { return m_limiter->promote(*m_place); }

const AddressKey &ConnectionLimiter::Ticket::address() const { return m_place->address; }

std::uint64_t ConnectionLimiter::Ticket::number() const { return m_place->number; }

void ConnectionLimiter::Ticket::setOnShed(std::function<void()> onShed)
{
    const std::lock_guard lock(m_limiter->m_mutex);
    if (m_place->standing == Standing::Shed)
        onShed();
    else
        m_place->onShed = std::move(onShed);
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
    if (unauthenticatedOfNetwork(address) >= m_limits.unauthenticatedPerNetwork)
        return std::nullopt;
    const bool slowEnough = !count.handshakes.take(m_limits.handshakesPerAddress, 1, now);
    if (refuseUnless(Check::HandshakeRate, slowEnough))
        return std::nullopt;
    if (m_total >= m_limits.total || m_memoryShort)
        return std::nullopt;
    if (int(m_unauthenticatedPlaces.size()) >= m_limits.unauthenticatedTotal)
        shed(std::shared_ptr<Place>(m_unauthenticatedPlaces.front()));
    const auto place = std::make_shared<Place>(Place{address, m_nextNumber++, Standing::Unauthenticated, {}, {}});
    place->entry = m_unauthenticatedPlaces.insert(m_unauthenticatedPlaces.end(), place);
    countUnauthenticated(address, 1);
    ++m_total;
    return Ticket(*this, place);
}

void ConnectionLimiter::setMemoryShort(bool isShort)
{
    const std::lock_guard lock(m_mutex);
    m_memoryShort = isShort;
    while (isShort && !m_unauthenticatedPlaces.empty())
        shed(std::shared_ptr<Place>(m_unauthenticatedPlaces.front()));
}

int ConnectionLimiter::shedAuthenticated(int count)
{
    const std::lock_guard lock(m_mutex);
    int ended = 0;
    for (; ended < count && !m_authenticatedPlaces.empty(); ++ended)
        shed(std::shared_ptr<Place>(m_authenticatedPlaces.back()));
    return ended;
}

/// It counts for its address no more, and altogether until its connection is really closed.
void ConnectionLimiter::shed(const std::shared_ptr<Place> &place)
{
    leave(*place);
    place->standing = Standing::Shed;
    if (const auto onShed = std::exchange(place->onShed, nullptr))
        onShed();
}

bool ConnectionLimiter::promote(Place &place)
{
    const std::lock_guard lock(m_mutex);
    Q_ASSERT(place.standing != Standing::Authenticated);
    if (place.standing == Standing::Shed)
        return false;
    Count &count = m_counts.at(place.address);
    if (count.authenticated >= m_limits.authenticatedPerAddress)
        return false;
    countUnauthenticated(place.address, -1);
    ++count.authenticated;
    place.standing = Standing::Authenticated;
    m_authenticatedPlaces.splice(m_authenticatedPlaces.end(), m_unauthenticatedPlaces, place.entry);
    return true;
}

void ConnectionLimiter::release(Place &place)
{
    const std::lock_guard lock(m_mutex);
    --m_total;
    leave(place);
}

/// Takes a place out of the counts and lists it stands in.
void ConnectionLimiter::leave(Place &place)
{
    if (place.standing == Standing::Unauthenticated) {
        countUnauthenticated(place.address, -1);
        m_unauthenticatedPlaces.erase(place.entry);
    } else if (place.standing == Standing::Authenticated) {
        --m_counts.at(place.address).authenticated;
        m_authenticatedPlaces.erase(place.entry);
    }
}

void ConnectionLimiter::countUnauthenticated(const AddressKey &address, int change)
{
    m_counts.at(address).unauthenticated += change;
    if (address.isIpv4)
        return;
    const auto network = m_networks.try_emplace(networkOf(address), 0).first;
    network->second += change;
    if (network->second == 0)
        m_networks.erase(network);
}

int ConnectionLimiter::unauthenticatedOfNetwork(const AddressKey &address) const
{
    const auto network = address.isIpv4 ? m_networks.end() : m_networks.find(networkOf(address));
    return network == m_networks.end() ? 0 : network->second;
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
    return int(m_unauthenticatedPlaces.size());
}

std::size_t ConnectionLimiter::rememberedAddresses() const
{
    const std::lock_guard lock(m_mutex);
    return m_counts.size();
}

} // namespace sotto::relay
