#include "server/queues/device_difference.h"

#include <algorithm>

namespace sotto::relay {

std::optional<wire::StaleAccount> compareDevices(const AccountRecord &account, const std::vector<wire::Copy> &copies,
                                                 std::optional<DeviceId> sender,
                                                 const std::function<bool(const DeviceRecord &)> &mayMiss)
{
    wire::StaleAccount difference{account.account, account.logVersion, {}, {}};
    const auto hasCopy = [&copies](DeviceId device) {
        return std::any_of(copies.begin(), copies.end(), [device](const auto &copy) { return copy.device == device; });
    };
    for (const DeviceRecord &device : account.devices) {
        if (device.active && device.device != sender && !hasCopy(device.device) && !mayMiss(device))
            difference.missing.push_back(device.device);
    }
    for (const wire::Copy &copy : copies) {
        const DeviceRecord *const device = account.find(copy.device);
        if (!device || !device->active || copy.device == sender)
            difference.extra.push_back(copy.device);
    }
    if (difference.missing.empty() && difference.extra.empty())
        return std::nullopt;
    return difference;
}

} // namespace sotto::relay
