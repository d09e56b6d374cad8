#include "core/wire/limits.h"
#include "server/accounts/device_log_rules.h"
#include "server/handlers/handlers.h"
#include "server/handlers/own_device.h"
#include "server/handlers/refusals.h"

namespace sotto::relay {

namespace {

class PublishPreKeysHandler final : public HandlerFor<wire::PublishPreKeys> {
public:
    explicit PublishPreKeysHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::PublishPreKeys request) override
    {
        const DeviceAddress sender = session.authenticated();
        if (const auto wait = m_services.limiter.tooSoon(sender, LimitedAction::Publish))
            co_return Reply::retryAfter(*wait);
        auto finding = findOwnDevice(&m_services, sender);
        auto found = co_await std::move(finding);
        if (auto *refused = std::get_if<Reply>(&found))
            co_return std::move(*refused);
        const auto &own = std::get<OwnDevice>(found);
        if (const auto verified = verifyPreKeys(request.preKeys, own.keys); !verified)
            co_return refusedBecause(verified.error());
        auto adding = m_services.store.addPreKeys(own.key, std::move(request.preKeys), wire::kMaxPreKeysPerUpload,
                                                  m_services.clock.now());
        const auto held = co_await std::move(adding);
        if (!held)
            co_return Reply::unavailable();
        co_return wire::PreKeyCount{std::uint32_t(*held)};
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makePublishPreKeysHandler(HandlerServices &services)
{
    return std::make_unique<PublishPreKeysHandler>(services);
}

} // namespace sotto::relay
