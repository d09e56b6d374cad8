#pragma once
#include "core/client/client.h"

#include <functional>

namespace sotto {

/// Waits until `condition` holds, looking again whenever the client announces something and five times a second.
/// @return false when `longest` passed first. `client` and `clock` outlive the wait; dropping the task ends it.
Task<bool> waitUntil(Client *client, Clock *clock, std::function<bool()> condition, Milliseconds longest);

} // namespace sotto
