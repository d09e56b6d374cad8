#include "server/handlers/handlers.h"

namespace sotto::relay {

namespace {

class FetchProfileHandler final : public HandlerFor<wire::FetchProfile> {
public:
    explicit FetchProfileHandler(HandlerServices &services) : m_services(services) { }

    /// For holders of the account's token and for itself; no account, no profile and no token look the same.
    Task<Reply> handle(SessionContext session, wire::FetchProfile request) override
    {
        const DeviceAddress sender = session.authenticated();
        if (const auto wait = m_services.limiter.tooSoon(sender, LimitedAction::Fetch))
            co_return Reply::retryAfter(*wait);
        auto finding = m_services.directory.find(request.account);
        const auto account = co_await std::move(finding);
        if (!account)
            co_return Reply::unavailable();
        const bool mayRead = *account
            && (request.account == sender.account || opensNormalLane(**account, request.token, m_services.clock.now()));
        auto reading = m_services.store.readProfile(mayRead ? (*account)->key : AccountKey(0));
        auto profile = co_await std::move(reading);
        if (!profile)
            co_return Reply::unavailable();
        if (profile->isEmpty())
            co_return Reply::refused(wire::RelayErrorCode::NotFound);
        co_return wire::Profile{std::move(*profile)};
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeFetchProfileHandler(HandlerServices &services)
{
    return std::make_unique<FetchProfileHandler>(services);
}

} // namespace sotto::relay
