#pragma once
#include "server/handlers/services.h"
#include "server/relay/reply.h"

namespace sotto::relay {

/// The asking device's place in the store, with the keys that its account's log gives it.
struct OwnDevice {
    DeviceKey key = 0;
    wire::DeviceKeys keys;
};

/// Finds the asking device with its keys; a refusal when the relay cannot answer or it was revoked.
Task<std::variant<OwnDevice, Reply>> findOwnDevice(HandlerServices *services, DeviceAddress device);

} // namespace sotto::relay
