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
        auto creating = m_services.store.createMemberInvite(request.secretHash, expires, (*account)->key,
                                                            m_services.settings.invites, now);
        const auto outcome = co_await std::move(creating);
        if (!outcome)
            co_return Reply::unavailable();
        if (const auto *refusal = std::get_if<InviteRefusal>(&*outcome))
            co_return refused(*refusal);
        co_return wire::InviteCreated{expires};
    }

private:
    Reply refused(InviteRefusal refusal) const
    {
        const HandlerSettings &settings = m_services.settings;
        switch (refusal) {
        case InviteRefusal::QuotaUsed:
            return Reply::refused(wire::RelayErrorCode::NotPermitted,
                                  QStringLiteral("%1 invites in %2 days have been made")
                                      .arg(settings.invites.invites)
                                      .arg(settings.invites.days));
        case InviteRefusal::TooNew:
            return Reply::refused(
                wire::RelayErrorCode::NotPermitted,
                QStringLiteral("new members may invite after %1 days").arg(settings.newMemberWaitsDays));
        case InviteRefusal::AlreadyExists: break;
        }
        return Reply::refused(wire::RelayErrorCode::Conflict);
    }

    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeCreateInviteHandler(HandlerServices &services)
{
    return std::make_unique<CreateInviteHandler>(services);
}

} // namespace sotto::relay
