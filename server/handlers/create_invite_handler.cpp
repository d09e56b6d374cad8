#include "server/handlers/handlers.h"

namespace sotto::relay {

namespace {

class CreateInviteHandler final : public HandlerFor<wire::CreateInvite> {
public:
    explicit CreateInviteHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::CreateInvite request) override
    {
        const DeviceAddress sender = session.authenticated();
        if (!m_services.settings.membersInvite)
            co_return Reply::refused(wire::RelayErrorCode::NotPermitted);
        if (const auto wait = m_services.limiter.tooSoon(sender, LimitedAction::CreateInvite))
            co_return Reply::retryAfter(*wait);
        auto finding = m_services.directory.find(sender.account);
        const auto account = co_await std::move(finding);
        if (!account || !*account)
            co_return Reply::unavailable();
        const Timestamp now = m_services.clock.now();
        const Timestamp expires = now + m_services.settings.inviteLife;
        auto creating = m_services.store.createInvite(request.secretHash, expires, (*account)->key,
                                                      m_services.settings.openInvitesPerMember, now);
        const auto outcome = co_await std::move(creating);
        if (!outcome)
            co_return Reply::unavailable();
        if (const auto *refusal = std::get_if<InviteRefusal>(&*outcome))
            co_return Reply::refused(*refusal == InviteRefusal::QuotaUsed ? wire::RelayErrorCode::NotPermitted
                                                                          : wire::RelayErrorCode::Conflict);
        co_return wire::InviteCreated{expires};
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeCreateInviteHandler(HandlerServices &services)
{
    return std::make_unique<CreateInviteHandler>(services);
}

} // namespace sotto::relay
