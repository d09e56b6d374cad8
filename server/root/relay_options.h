#pragma once
#include "server/config/relay_config.h"
#include "server/handlers/services.h"
#include "server/limits/connection_limiter.h"
#include "server/limits/memory_guard.h"
#include "server/limits/request_limiter.h"
#include "server/queues/queue_limits.h"
#include "server/relay/lean_socket.h"
#include "server/relay/session.h"

namespace sotto::relay {

// The operator's numbers as each part of the relay wants them.

/// [limits.connections].
ConnectionLimits connectionLimits(const RelayConfig &config);
/// [limits.memory], in bytes.
std::int64_t memoryLimit(const RelayConfig &config);
/// [limits.sockets]; the outbound caps follow the window of [limits.sessions].
SocketLimits socketLimits(const RelayConfig &config);
/// [limits.sessions].
SessionLimits sessionLimits(const RelayConfig &config);
/// [limits.requests].
RequestLimits requestLimits(const RelayConfig &config);
/// [limits.queues]; one sender gets a quarter of a queue.
QueueLimits queueLimits(const RelayConfig &config);
/// Invites, from [relay] and [limits.invites].
HandlerSettings handlerSettings(const RelayConfig &config);
/// What Hello tells clients of all this.
wire::Limits statedLimits(const RelayConfig &config);

} // namespace sotto::relay
