#pragma once
#include <QHashFunctions>

#include <compare>
#include <cstdint>

struct sockaddr_storage;

namespace sotto::relay {

/// Where a connection comes from, as far as limits look: a whole IPv4 address or the /64 of an IPv6 one. Kept in memory
/// while it counts, never logged, never written to disk.
struct AddressKey {
    std::uint64_t prefix = 0; ///< the /64, or the IPv4 address
    bool isIpv4 = false;
    friend auto operator<=>(const AddressKey &, const AddressKey &) = default;
    friend std::size_t qHash(const AddressKey &key, std::size_t seed = 0)
    {
        return qHashMulti(seed, key.prefix, key.isIpv4);
    }
};

/// The key of a socket's peer. IPv4 inside IPv6 (::ffff:a.b.c.d) counts as IPv4; other families are all one key.
AddressKey addressKeyOf(const sockaddr_storage &peer);

} // namespace sotto::relay

template <> struct std::hash<sotto::relay::AddressKey> {
    std::size_t operator()(const sotto::relay::AddressKey &key) const noexcept { return qHash(key); }
};
