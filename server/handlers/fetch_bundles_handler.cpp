#include "server/handlers/handlers.h"

#include <algorithm>

namespace sotto::relay {

namespace {

class FetchBundlesHandler final : public HandlerFor<wire::FetchBundles> {
public:
    explicit FetchBundlesHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::FetchBundles request) override
    {
        const DeviceAddress sender = session.authenticated();
        const double cost = double(std::max<std::size_t>(1, request.devices.size()));
        if (const auto wait = m_services.limiter.tooSoon(sender, LimitedAction::FetchBundles, cost))
            co_return Reply::retryAfter(*wait);
        auto finding = m_services.directory.find(request.account);
        const auto account = co_await std::move(finding);
        if (!account)
            co_return Reply::unavailable();
        if (!*account || (*account)->closed)
            co_return Reply::refused(wire::RelayErrorCode::NotFound);
        const bool knowsToken =
            request.account == sender.account || opensNormalLane(**account, request.token, m_services.clock.now());
        const PreKeyAsker asker = knowsToken ? PreKeyAsker::TokenHolder : PreKeyAsker::Stranger;
        auto wanted = requestsFor(sender.account, asker, **account, request.devices);
        // Who names no device asks for all; the first was counted above.
        const double more = request.devices.empty() && !wanted.empty() ? double(wanted.size() - 1) : 0;
        if (const auto wait = m_services.limiter.tooSoon(sender, LimitedAction::FetchBundles, more))
            co_return Reply::retryAfter(*wait);
        auto taking = m_services.store.takeBundles(std::move(wanted), m_services.clock.now());
        auto bundles = co_await std::move(taking);
        if (!bundles)
            co_return Reply::unavailable();
        co_return wire::Bundles{std::move(*bundles)};
    }

private:
    /// The asked devices that are active, all of them when none is named. Over the quota a bundle comes without a
    /// one-time prekey; that is no error.
    std::vector<BundleRequest> requestsFor(const AccountId &requester, PreKeyAsker asker, const AccountRecord &account,
                                           const std::vector<DeviceId> &devices)
    {
        std::vector<BundleRequest> requests;
        for (const DeviceRecord &device : account.devices) {
            const bool isAsked =
                devices.empty() || std::find(devices.begin(), devices.end(), device.device) != devices.end();
            if (!device.active || !isAsked)
                continue;
            const bool withKey = m_services.preKeys.take(requester, {account.account, device.device}, asker);
            requests.push_back({device.device, device.key, withKey});
        }
        return requests;
    }

    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeFetchBundlesHandler(HandlerServices &services)
{
    return std::make_unique<FetchBundlesHandler>(services);
}

} // namespace sotto::relay
