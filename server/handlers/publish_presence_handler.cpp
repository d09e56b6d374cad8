#include "server/handlers/handlers.h"

namespace sotto::relay {

namespace {

class PublishPresenceHandler final : public HandlerFor<wire::PublishPresence> {
public:
    explicit PublishPresenceHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::PublishPresence request) override
    {
        if (const auto wait = m_services.limiter.tooSoon(session.authenticated(), LimitedAction::Publish))
            return Task<Reply>::finished(Reply::retryAfter(*wait));
        m_services.presence.publish(session.authenticated(), request.topic);
        return Task<Reply>::finished(Reply(wire::Ok{}));
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makePublishPresenceHandler(HandlerServices &services)
{
    return std::make_unique<PublishPresenceHandler>(services);
}

} // namespace sotto::relay
