#pragma once
#include "server/store/store.h"

#include <functional>

namespace sotto::relay {

/// How the copies of a target differ from the account's active devices; nothing when they fit. `mayMiss` says of an
/// active device that no copy is demanded of it (dormant, or the sender itself). A copy for such a device is no
/// difference, except for the sender's own.
std::optional<wire::StaleAccount> compareDevices(const AccountRecord &account, const std::vector<wire::Copy> &copies,
                                                 std::optional<DeviceId> sender,
                                                 const std::function<bool(const DeviceRecord &)> &mayMiss);

} // namespace sotto::relay
