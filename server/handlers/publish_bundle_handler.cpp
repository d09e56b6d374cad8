#include "core/ledger/bundle.h"
#include "server/handlers/handlers.h"
#include "server/handlers/own_device.h"
#include "server/handlers/refusals.h"

namespace sotto::relay {

namespace {

class PublishBundleHandler final : public HandlerFor<wire::PublishBundle> {
public:
    explicit PublishBundleHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::PublishBundle request) override
    {
        const DeviceAddress sender = session.authenticated();
        if (const auto wait = m_services.limiter.tooSoon(sender, LimitedAction::Publish))
            co_return Reply::retryAfter(*wait);
        auto finding = findOwnDevice(&m_services, sender);
        auto found = co_await std::move(finding);
        if (auto *refused = std::get_if<Reply>(&found))
            co_return std::move(*refused);
        const auto &own = std::get<OwnDevice>(found);
        const Timestamp now = m_services.clock.now();
        if (const auto verified = verifyBundle(request.bundle, sender.account, own.keys, now); !verified)
            co_return refusedBecause(verified.error());
        auto putting = m_services.store.putBundle(own.key, std::move(request.bundle));
        const auto put = co_await std::move(putting);
        if (!put)
            co_return Reply::unavailable();
        co_return wire::Ok{};
    }

private:
    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makePublishBundleHandler(HandlerServices &services)
{
    return std::make_unique<PublishBundleHandler>(services);
}

} // namespace sotto::relay
