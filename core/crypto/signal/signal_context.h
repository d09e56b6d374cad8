#pragma once
#include "core/base/random.h"
#include "core/crypto/crypto_error.h"

#include <memory>
#include <mutex>
#include <thread>

struct signal_context;
struct signal_protocol_store_context;

namespace sotto {

namespace native {
class UnitOfWork;
struct StoreCallbacks;
} // namespace native

/// The library's context: its crypto provider on core/primitives and our Random, recursive locking, and one set of
/// store callbacks that serve whichever UnitOfWork is current. One thread only (asserted in debug and test builds).
class SignalContext {
public:
    /// Runs the self-test of self_test.h. RandomFailed; Other when the library behaves unlike the one we measured.
    static Result<std::unique_ptr<SignalContext>, CryptoError> create(Random &random);
    ~SignalContext();
    SignalContext(const SignalContext &) = delete;
    SignalContext &operator=(const SignalContext &) = delete;

    signal_context *raw() const { return m_context; }
    signal_protocol_store_context *stores() const { return m_stores; }
    Random &random() { return m_random; }

    /// Whether the random source has failed since the last call.
    bool takeRandomFailure();
    /// How often it has failed since the start.
    int randomFailures() const { return m_randomFailures; }
    /// Called by the crypto provider.
    bool fillRandom(void *bytes, std::size_t size);

private:
    friend class native::UnitOfWork;
    friend struct native::StoreCallbacks;
    explicit SignalContext(Random &random) : m_random(random) { }
    Result<Done, CryptoError> start();
    static void lock(void *self);
    static void unlock(void *self);

    Random &m_random;
    bool m_randomFailed = false;
    int m_randomFailures = 0;
    std::recursive_mutex m_mutex;
    std::thread::id m_thread;
    signal_context *m_context = nullptr;
    signal_protocol_store_context *m_stores = nullptr;
    native::UnitOfWork *m_current = nullptr;
};

} // namespace sotto
