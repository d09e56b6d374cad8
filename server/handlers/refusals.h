#pragma once
#include "core/ledger/ledger_error.h"
#include "server/relay/reply.h"

namespace sotto::relay {

/// What a client is told of a signed structure that was refused; the error's name is the detail.
Reply refusedBecause(LedgerError error);

} // namespace sotto::relay
