#pragma once
#include "core/base/clock.h"
#include "server/limits/address_key.h"
#include "server/limits/token_bucket.h"

#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace sotto::relay {

/// How many connections there may be. Defaults are security.md's fixed numbers.
struct ConnectionLimits {
    int unauthenticatedPerAddress = 20;
    int authenticatedPerAddress = 4096;
    Rate handshakesPerAddress{10, 20};
    int unauthenticatedTotal = 2048;
    int total = 18'000;
};

/// Counts connections by where they come from, in memory only. Any thread.
class ConnectionLimiter {
public:
    /// A counted connection; gives its place back when destroyed. Movable; any thread. Outlived by its limiter.
    class Ticket {
    public:
        Ticket(Ticket &&other) noexcept;
        Ticket &operator=(Ticket &&) = delete;
        ~Ticket();
        /// From now on counted as authenticated. False when its address has too many of those: close it.
        [[nodiscard]] bool markAuthenticated();
        const AddressKey &address() const { return m_address; }

    private:
        friend class ConnectionLimiter;
        Ticket(ConnectionLimiter &limiter, const AddressKey &address) : m_limiter(&limiter), m_address(address) { }
        ConnectionLimiter *m_limiter;
        AddressKey m_address;
        bool m_authenticated = false;
    };

    /// `clock` outlives the limiter.
    ConnectionLimiter(Clock &clock, const ConnectionLimits &limits) : m_clock(clock), m_limits(limits) { }

    /// A place for a new connection, or none: too many of its address, too fast, or too many altogether.
    std::optional<Ticket> admit(const AddressKey &address);
    /// Connections now, and how many of them have not authenticated.
    int total() const;
    int unauthenticated() const;
    /// Addresses that are remembered; those without connections and with a full bucket are forgotten.
    std::size_t rememberedAddresses() const;

private:
    struct Count {
        int unauthenticated = 0;
        int authenticated = 0;
        TokenBucket handshakes;
    };
    bool promote(const AddressKey &address);
    void release(const AddressKey &address, bool authenticated);
    void forgetIdleAddresses(Milliseconds now);

    Clock &m_clock;
    const ConnectionLimits m_limits;
    mutable std::mutex m_mutex;
    std::unordered_map<AddressKey, Count> m_counts;
    std::size_t m_forgetAt = 1024; ///< size of m_counts at which idle addresses are looked for
    int m_total = 0;
    int m_unauthenticated = 0;
};

} // namespace sotto::relay
