#pragma once
#include "core/crypto/crypto_error.h"

namespace sotto::native {

/// What a negative code of the library means.
CryptoError errorOfLibrary(int code);

} // namespace sotto::native
