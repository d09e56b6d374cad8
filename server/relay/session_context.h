#pragma once
#include "core/base/ids.h"

#include <cstdint>
#include <optional>

namespace sotto::relay {

/// Where a connection comes from, as far as limits look: a whole IPv4 address or the /64 of an IPv6 one. Never logged,
/// never written to disk.
struct AddressKey {
    std::uint64_t prefix = 0; ///< the /64, or the IPv4 address
    bool isIpv4 = false;
    friend auto operator<=>(const AddressKey &, const AddressKey &) = default;
    friend std::size_t qHash(const AddressKey &key, std::size_t seed = 0)
    {
        return qHashMulti(seed, key.prefix, key.isIpv4);
    }
};

/// Number of a session, unique while the relay runs; never given to anybody outside.
using SessionId = std::uint64_t;

/// Who asks: a plain value, so that a handler's coroutine may outlive the session. Handlers of anything but Register
/// are only called with a device.
struct SessionContext {
    SessionId id = 0;
    AddressKey address;
    std::optional<DeviceAddress> device; ///< authenticated; nothing while the socket registers

    /// The authenticated device; asserts that there is one.
    const DeviceAddress &authenticated() const
    {
        Q_ASSERT(device);
        return *device;
    }
};

} // namespace sotto::relay
