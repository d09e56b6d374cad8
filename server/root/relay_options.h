#pragma once
#include "server/config/relay_config.h"
#include "server/handlers/services.h"
#include "server/limits/connection_limiter.h"
#include "server/limits/request_limiter.h"
#include "server/queues/queue_limits.h"
#include "server/relay/lean_socket.h"
#include "server/relay/session.h"

namespace sotto::relay {

// The operator's numbers as each part of the relay wants them.

ConnectionLimits connectionLimits(const RelayConfig &config);
SocketLimits socketLimits(const RelayConfig &config);
SessionLimits sessionLimits(const RelayConfig &config);
RequestLimits requestLimits(const RelayConfig &config);
QueueLimits queueLimits(const RelayConfig &config);
HandlerSettings handlerSettings(const RelayConfig &config);
wire::Limits statedLimits(const RelayConfig &config);

} // namespace sotto::relay
