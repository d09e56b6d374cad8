#pragma once
#include "core/crypto/signal/signal_context.h"

namespace sotto::native {

/// Asserts that the library behaves as it did when the gates were designed (security.md A1.3, A1.4): the ABI changed
/// between releases without a new soname. Two parties with fixed keys exchange messages; sizes, error codes, limits
/// and a known fingerprint are compared. RandomFailed, or Other with a line in the log that names the step.
Result<Done, CryptoError> selfTest(SignalContext &context);

} // namespace sotto::native
