#pragma once
#include <signal/signal_protocol.h>

namespace sotto {
class SignalContext;
}

namespace sotto::native {

/// The functions that the library asks for, made of core/primitives and the context's Random. `context` outlives the
/// library's context.
signal_crypto_provider cryptoProvider(SignalContext &context);

} // namespace sotto::native
