#pragma once
#include "core/base/ids.h"
#include "server/limits/address_key.h"

#include <cstdint>
#include <optional>

namespace sotto::relay {

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
