#include "server/handlers/own_device.h"

namespace sotto::relay {

Task<std::variant<OwnDevice, Reply>> findOwnDevice(HandlerServices *services, DeviceAddress device)
{
    auto finding = services->directory.find(device.account);
    const auto account = co_await std::move(finding);
    if (!account)
        co_return Reply::unavailable();
    const DeviceRecord *const record = *account ? (*account)->find(device.device) : nullptr;
    if (!record || !record->active)
        co_return Reply::refused(wire::RelayErrorCode::Revoked);
    const DeviceKey key = record->key;
    auto asking = services->deviceKeys.find(*account);
    const auto devices = co_await std::move(asking);
    if (!devices)
        co_return Reply::unavailable();
    for (const wire::DeviceKeys &keys : **devices) {
        if (keys.device == device.device)
            co_return OwnDevice{key, keys};
    }
    co_return Reply::refused(wire::RelayErrorCode::Revoked); // by an entry that was stored meanwhile
}

} // namespace sotto::relay
