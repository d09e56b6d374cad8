#pragma once
#include "core/base/clock.h"
#include "server/limits/address_key.h"
#include "server/limits/token_bucket.h"

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace sotto::relay {

/// How many connections there may be. Defaults are security.md's fixed numbers; those of a network are ours.
struct ConnectionLimits {
    int unauthenticatedPerAddress = 20;
    int authenticatedPerAddress = 4096;
    Rate handshakesPerAddress{10, 20};
    int unauthenticatedTotal = 2048;
    int total = 18'000;
    int unauthenticatedPerNetwork = 160; ///< of an IPv6 /48: one customer has 65,536 of what counts as an address
};

/// Counts connections by where they come from, in memory only. When the places of those that have not authenticated are
/// all taken, the oldest of them goes: a flood then costs it its place and not the next honest one. Any thread.
class ConnectionLimiter {
    struct Place;

public:
    /// A counted connection; gives its place back when destroyed. Movable; any thread. Outlived by its limiter.
    class Ticket {
    public:
        Ticket(Ticket &&other) noexcept;
        Ticket &operator=(Ticket &&) = delete;
        ~Ticket();
        /// From now on counted as authenticated. False when its address has too many of those, or when its place has
        /// been given away: close it.
        [[nodiscard]] bool markAuthenticated();
        const AddressKey &address() const;
        /// Tells tickets of one limiter apart.
        std::uint64_t number() const;
        /// `onShed` is called, on any thread and under a lock, when the connection has to go; it may only post. At once
        /// when it had to go before.
        void setOnShed(std::function<void()> onShed);

    private:
        friend class ConnectionLimiter;
        Ticket(ConnectionLimiter &limiter, std::shared_ptr<Place> place);
        ConnectionLimiter *m_limiter;
        std::shared_ptr<Place> m_place;
    };

    /// `clock` outlives the limiter.
    ConnectionLimiter(Clock &clock, const ConnectionLimits &limits) : m_clock(clock), m_limits(limits) { }

    /// A place for a new connection, or none: too many of its address or network, too fast, too many altogether, or the
    /// relay is short of memory.
    std::optional<Ticket> admit(const AddressKey &address);
    /// Memory is short: until this is taken back there are no places for new connections, and those that have not
    /// authenticated go.
    void setMemoryShort(bool isShort);
    /// Ends at most `count` authenticated connections, the youngest first; how many.
    int shedAuthenticated(int count);
    /// Connections now, and how many of them have not authenticated.
    int total() const;
    int unauthenticated() const;
    /// Addresses that are remembered; those without connections and with a full bucket are forgotten.
    std::size_t rememberedAddresses() const;

private:
    using Places = std::list<std::shared_ptr<Place>>; ///< oldest first
    enum class Standing { Unauthenticated, Authenticated, Shed };
    struct Place {
        AddressKey address;
        std::uint64_t number = 0;
        Standing standing = Standing::Unauthenticated;
        std::function<void()> onShed;
        Places::iterator entry; ///< while not shed
    };
    struct Count {
        int unauthenticated = 0;
        int authenticated = 0;
        TokenBucket handshakes;
    };
    bool promote(Place &place);
    void release(Place &place);
    void leave(Place &place);
    void shed(const std::shared_ptr<Place> &place);
    void countUnauthenticated(const AddressKey &address, int change);
    int unauthenticatedOfNetwork(const AddressKey &address) const;
    void forgetIdleAddresses(Milliseconds now);

    Clock &m_clock;
    const ConnectionLimits m_limits;
    mutable std::mutex m_mutex;
    std::unordered_map<AddressKey, Count> m_counts;
    std::unordered_map<std::uint64_t, int> m_networks; ///< unauthenticated, by the first 48 bits
    Places m_unauthenticatedPlaces;
    Places m_authenticatedPlaces;
    std::uint64_t m_nextNumber = 1;
    std::size_t m_forgetAt = 1024; ///< size of m_counts at which idle addresses are looked for
    int m_total = 0;
    bool m_memoryShort = false;
};

} // namespace sotto::relay
