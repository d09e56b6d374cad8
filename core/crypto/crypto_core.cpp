#include "core/crypto/crypto_core.h"

#include "core/crypto/signal/signal_context.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

Result<std::unique_ptr<CryptoCore>, CryptoError> CryptoCore::create(Random &random, const Clock &clock)
{
    if (!initialisePrimitives())
        return CryptoError::Other;
    auto context = SignalContext::create(random);
    if (!context)
        return context.error();
    return std::unique_ptr<CryptoCore>(new CryptoCore(std::move(*context), random, clock));
}

CryptoCore::CryptoCore(std::unique_ptr<SignalContext> context, Random &random, const Clock &clock)
    : m_context(std::move(context)), m_random(random), m_clock(clock)
{ }

CryptoCore::~CryptoCore() = default;

} // namespace sotto
