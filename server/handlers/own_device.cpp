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
    auto reading = services->store.readWholeLog((*account)->key);
    auto log = co_await std::move(reading);
    if (!log)
        co_return Reply::unavailable();
    co_return OwnDevice{key, std::move(*log)};
}

} // namespace sotto::relay
