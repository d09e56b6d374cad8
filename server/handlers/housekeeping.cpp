#include "server/handlers/housekeeping.h"

#include "core/base/logging.h"

namespace sotto::relay {

namespace {
constexpr Milliseconds kPeriod = std::chrono::seconds(60);
constexpr int kRoundsPerScrub = 5;
constexpr int kInvitesPerRound = 500;
constexpr int kPreKeysPerRound = 2000;
} // namespace

Housekeeping::Housekeeping(HandlerServices &services, MailStore &mailStore)
    : m_services(services), m_mailStore(mailStore), m_timer(services.clock, [this] { roundAndAgain(); })
{
    m_timer.start(kPeriod);
}

void Housekeeping::roundAndAgain()
{
    detach(round());
    m_timer.start(kPeriod);
}

Task<Done> Housekeeping::round()
{
    m_services.queues.flushCounters();
    m_services.presence.prune();
    m_services.directory.forgetIdle();
    auto expiring = m_services.queues.expire();
    const auto expired = co_await std::move(expiring);
    if (!expired)
        qCWarning(lcStore, "expiry waits for the disk: %s", name(expired.error().code)); // the next round tries again
    auto forgetting = m_services.store.expireInvites(m_services.clock.now(), kInvitesPerRound);
    const auto forgotten = co_await std::move(forgetting);
    Q_UNUSED(forgotten) // as above
    auto ageing = m_services.store.expirePreKeys(m_services.clock.now(), kPreKeysPerRound);
    const auto aged = co_await std::move(ageing);
    Q_UNUSED(aged) // as above
    if (++m_rounds % kRoundsPerScrub == 0) {
        auto scrubbing = m_mailStore.scrub();
        const auto scrubbed = co_await std::move(scrubbing);
        Q_UNUSED(scrubbed) // Busy or a full disk: the next one does it
    }
    co_return Done{};
}

} // namespace sotto::relay
