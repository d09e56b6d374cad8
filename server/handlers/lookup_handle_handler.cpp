#include "core/base/check.h"
#include "server/handlers/handlers.h"

namespace sotto::relay {

namespace {

class LookupHandleHandler final : public HandlerFor<wire::LookupHandle> {
public:
    explicit LookupHandleHandler(HandlerServices &services) : m_services(services) { }

    /// Whatever is no handle of an open account gets the same answer after the same question to the store.
    Task<Reply> handle(SessionContext session, wire::LookupHandle request) override
    {
        const auto wait = m_services.limiter.tooSoon(session.authenticated(), LimitedAction::LookupHandle);
        if (refuseUnless(Check::LookupRate, !wait))
            co_return Reply::retryAfter(*wait);
        auto looking = m_services.store.findHandle(std::move(request.handle));
        auto found = co_await std::move(looking);
        if (!found)
            co_return Reply::unavailable();
        co_return wire::HandleFound{*found};
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeLookupHandleHandler(HandlerServices &services)
{
    return std::make_unique<LookupHandleHandler>(services);
}

} // namespace sotto::relay
