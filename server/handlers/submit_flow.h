#pragma once
#include "server/handlers/services.h"

namespace sotto::relay {

/// A submit with its accounts, or why it gets no further.
using ResolvedSubmit = std::variant<AddressedSubmit, wire::RelayError>;

/// Counts a submit against its sender's limits and finds the accounts it goes to.
Task<ResolvedSubmit> resolveSubmit(HandlerServices *services, DeviceAddress sender, wire::Submit submit);

} // namespace sotto::relay
