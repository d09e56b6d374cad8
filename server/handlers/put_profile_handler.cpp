#include "server/handlers/handlers.h"

namespace sotto::relay {

namespace {

class PutProfileHandler final : public HandlerFor<wire::PutProfile> {
public:
    explicit PutProfileHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::PutProfile request) override
    {
        const DeviceAddress sender = session.authenticated();
        if (const auto wait = m_services.limiter.tooSoon(sender, LimitedAction::Publish))
            co_return Reply::retryAfter(*wait);
        auto finding = m_services.directory.find(sender.account);
        const auto account = co_await std::move(finding);
        if (!account || !*account)
            co_return Reply::unavailable();
        auto putting = m_services.store.putProfile((*account)->key, std::move(request.sealedProfile));
        const auto put = co_await std::move(putting);
        if (!put)
            co_return Reply::unavailable();
        co_return wire::Ok{};
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makePutProfileHandler(HandlerServices &services)
{
    return std::make_unique<PutProfileHandler>(services);
}

} // namespace sotto::relay
