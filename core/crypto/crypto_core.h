#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/crypto/crypto_error.h"

#include <memory>

namespace sotto {

class SignalContext;

/// The one door to the Signal protocol library, made once per process and shared by all accounts. Core thread only
/// (asserted). What stands behind it can be exchanged without touching callers (security.md 0.12).
class CryptoCore {
public:
    /// Starts the library and tests that it behaves as the gates expect (a few milliseconds). `random` and `clock`
    /// outlive the core. RandomFailed; Other when the library is not the one we measured.
    static Result<std::unique_ptr<CryptoCore>, CryptoError> create(Random &random, const Clock &clock);
    ~CryptoCore();
    CryptoCore(const CryptoCore &) = delete;
    CryptoCore &operator=(const CryptoCore &) = delete;

    Random &random() { return m_random; }
    const Clock &clock() const { return m_clock; }
    /// For this folder only.
    SignalContext &context() { return *m_context; }

private:
    CryptoCore(std::unique_ptr<SignalContext> context, Random &random, const Clock &clock);
    std::unique_ptr<SignalContext> m_context;
    Random &m_random;
    const Clock &m_clock;
};

} // namespace sotto
