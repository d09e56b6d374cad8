#include "server/handlers/handlers.h"

namespace sotto::relay {

namespace {

/// How long mail with the token before is still let in: contacts may not have met the new profile key yet.
constexpr Milliseconds kPreviousTokenLife = std::chrono::hours(24 * 7);

class SetTokensHandler final : public HandlerFor<wire::SetTokens> {
public:
    explicit SetTokensHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::SetTokens request) override
    {
        const DeviceAddress sender = session.authenticated();
        if (const auto wait = m_services.limiter.tooSoon(sender, LimitedAction::Publish))
            co_return Reply::retryAfter(*wait);
        std::optional<Timestamp> until;
        if (!request.endPrevious)
            until = m_services.clock.now() + kPreviousTokenLife;
        auto setting = m_services.store.setTokenHash(sender.account, request.deliveryTokenHash, until);
        auto changed = co_await std::move(setting);
        if (!changed)
            co_return Reply::unavailable();
        m_services.directory.update(std::move(*changed));
        co_return wire::Ok{};
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeSetTokensHandler(HandlerServices &services)
{
    return std::make_unique<SetTokensHandler>(services);
}

} // namespace sotto::relay
