#include "tests/unit/server_relay/verification_count.h"

#include <atomic>

namespace {
std::atomic<int> g_verified{0};
}

// The linker leads every call of libsodium's function through here (--wrap in CMakeLists.txt).
extern "C" {
int __real_crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *message,
                                       unsigned long long size, const unsigned char *key);
int __wrap_crypto_sign_verify_detached(const unsigned char *signature, const unsigned char *message,
                                       unsigned long long size, const unsigned char *key)
{
    ++g_verified;
    return __real_crypto_sign_verify_detached(signature, message, size, key);
}
}

namespace sotto::relay {

int verifiedSignatures() { return g_verified; }

} // namespace sotto::relay
