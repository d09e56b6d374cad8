#include "core/crypto/signal/signal_context.h"

#include "core/crypto/signal/crypto_provider.h"
#include "core/crypto/signal/self_test.h"
#include "core/crypto/signal/unit_of_work.h"

#include <signal/signal_protocol.h>

namespace sotto {

Result<std::unique_ptr<SignalContext>, CryptoError> SignalContext::create(Random &random)
{
    std::unique_ptr<SignalContext> context(new SignalContext(random));
    const auto started = context->start();
    if (!started)
        return started.error();
    const auto tested = native::selfTest(*context);
    if (!tested)
        return tested.error();
    return context;
}

Result<Done, CryptoError> SignalContext::start()
{
    if (signal_context_create(&m_context, this) != SG_SUCCESS)
        return CryptoError::Other;
    const signal_crypto_provider provider = native::cryptoProvider(*this);
    if (signal_context_set_crypto_provider(m_context, &provider) != SG_SUCCESS
        || signal_context_set_locking_functions(m_context, lock, unlock) != SG_SUCCESS
        || signal_protocol_store_context_create(&m_stores, m_context) != SG_SUCCESS
        || !native::UnitOfWork::install(m_stores, *this)) {
        return CryptoError::Other;
    }
    return Done{};
}

SignalContext::~SignalContext()
{
    if (m_stores)
        signal_protocol_store_context_destroy(m_stores);
    if (m_context)
        signal_context_destroy(m_context);
}

bool SignalContext::takeRandomFailure() { return std::exchange(m_randomFailed, false); }

bool SignalContext::fillRandom(void *bytes, std::size_t size)
{
    if (m_random.fill(bytes, size))
        return true;
    m_randomFailed = true;
    ++m_randomFailures;
    return false;
}

void SignalContext::lock(void *self)
{
    auto *const context = static_cast<SignalContext *>(self);
    context->m_mutex.lock();
    if (context->m_thread == std::thread::id())
        context->m_thread = std::this_thread::get_id();
    Q_ASSERT_X(context->m_thread == std::this_thread::get_id(), "SignalContext", "entered by a second thread");
}

void SignalContext::unlock(void *self) { static_cast<SignalContext *>(self)->m_mutex.unlock(); }

} // namespace sotto
