#include "core/messaging/expiry/credible_clock.h"

#include "core/base/check.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

namespace {

/// A clock this far before what has surely come is wrong: more than two clocks that agree can be apart.
constexpr Milliseconds kSurelyWrong = 2 * CredibleClock::kAgreement;

} // namespace

CredibleClock::CredibleClock(Storage &storage, Clock &clock, std::function<std::optional<Timestamp>()> relayNow)
    : m_storage(storage),
      m_clock(clock),
      m_relayNow(std::move(relayNow)),
      m_known(storage.relay.credibleTime().valueOr(Timestamp{})),
      m_knownAt(clock.monotonic())
{ }

CredibleClock::Span CredibleClock::span()
{
    const Timestamp local = m_clock.now();
    const auto relay = m_relayNow();
    const Milliseconds apart = relay ? std::chrono::abs(*relay - local) : Milliseconds::max();
    if (!isKnown()) {
        if (apart > kFirstAgreement)
            return {Timestamp{}, local};
        keep(std::min(*relay, local));
    }
    if (!refuseUnless(Check::CredibleTime, apart <= kAgreement)) {
        keep(local);
        return {local, local};
    }
    if (relay)
        return between(*relay, local);
    // Alone this computer's clock says only how late it may be.
    const Timestamp certain = carried();
    const bool isPossible = local >= certain - kSurelyWrong && local <= certain + kLongestSpan;
    return {certain, isPossible ? std::max(local, certain) : certain + kLongestSpan};
}

/// Of two that contradict each other one is right: the one that lies before what has surely come is not.
CredibleClock::Span CredibleClock::between(Timestamp relay, Timestamp local)
{
    const Timestamp before = carried();
    const bool isRelayPossible = relay >= before - kSurelyWrong;
    const bool isLocalPossible = local >= before - kSurelyWrong;
    if (!isRelayPossible && !isLocalPossible)
        return {before, before + kLongestSpan};
    const Timestamp earliest = isRelayPossible && isLocalPossible ? std::min(relay, local)
        : isRelayPossible                                         ? relay
                                                                  : local;
    const Timestamp latest = isRelayPossible && isLocalPossible ? std::max(relay, local) : earliest;
    keep(std::max(earliest, before));
    return {m_known, std::clamp(latest, m_known, m_known + kLongestSpan)};
}

void CredibleClock::keep(Timestamp certain)
{
    m_known = certain;
    m_knownAt = m_clock.monotonic();
}

Timestamp CredibleClock::shownUntil()
{
    const Timestamp surely = certain();
    const bool isContradicted = isKnown() && m_relayNow();
    return isContradicted ? surely : std::max(surely, m_clock.now());
}

Result<Done> CredibleClock::store()
{
    const Timestamp surely = certain();
    return isKnown() ? m_storage.relay.setCredibleTime(surely) : Done{};
}

} // namespace sotto
