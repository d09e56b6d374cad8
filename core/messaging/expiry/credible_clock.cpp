#include "core/messaging/expiry/credible_clock.h"

#include "core/base/check.h"
#include "core/storage/storage.h"

namespace sotto {

CredibleClock::CredibleClock(Storage &storage, Clock &clock, std::function<std::optional<Timestamp>()> relayNow)
    : m_storage(storage),
      m_clock(clock),
      m_relayNow(std::move(relayNow)),
      m_agreed(storage.relay.credibleTime().valueOr(Timestamp{})),
      m_agreedAt(clock.monotonic())
{ }

Timestamp CredibleClock::now()
{
    const Timestamp local = m_clock.now();
    const auto relay = m_relayNow();
    const bool isAgreed = relay && std::chrono::abs(*relay - local) <= kAgreement;
    const bool goesOn = isKnown() && local >= m_agreed && local <= m_agreed + kLongestAway;
    if (!isAgreed && !isKnown())
        return local;
    if (refuseUnless(Check::CredibleTime, isAgreed || goesOn))
        return m_agreed + (m_clock.monotonic() - m_agreedAt);
    m_agreed = local;
    m_agreedAt = m_clock.monotonic();
    return local;
}

Result<Done> CredibleClock::store() { return isKnown() ? m_storage.relay.setCredibleTime(m_agreed) : Done{}; }

} // namespace sotto
