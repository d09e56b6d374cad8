#pragma once

namespace sotto::relay {

/// How many Ed25519 signatures this process has checked, so that work can be compared without a clock. Any thread.
int verifiedSignatures();

} // namespace sotto::relay
