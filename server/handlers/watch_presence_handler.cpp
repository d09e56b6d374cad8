#include "server/handlers/handlers.h"

namespace sotto::relay {

namespace {

class WatchPresenceHandler final : public HandlerFor<wire::WatchPresence> {
public:
    explicit WatchPresenceHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::WatchPresence request) override
    {
        if (const auto wait = m_services.limiter.tooSoon(session.authenticated(), LimitedAction::Publish))
            return Task<Reply>::finished(Reply::retryAfter(*wait));
        m_services.presence.watch(session.authenticated(), request.topics);
        return Task<Reply>::finished(Reply(wire::Ok{}));
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeWatchPresenceHandler(HandlerServices &services)
{
    return std::make_unique<WatchPresenceHandler>(services);
}

} // namespace sotto::relay
