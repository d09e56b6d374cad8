#pragma once
#include "server/handlers/services.h"
#include "server/relay/reply.h"

namespace sotto::relay {

/// The asking device's place in the store, with the log it stands in.
struct OwnDevice {
    DeviceKey key = 0;
    std::vector<LoggedEntry> log;
};

/// Finds the asking device with its account's whole log; a refusal when the relay cannot answer or it was revoked.
Task<std::variant<OwnDevice, Reply>> findOwnDevice(HandlerServices *services, DeviceAddress device);

} // namespace sotto::relay
