#include "server/accounts/device_log_rules.h"
#include "server/handlers/handlers.h"
#include "server/handlers/refusals.h"

namespace sotto::relay {

namespace {

class AppendLogHandler final : public HandlerFor<wire::AppendLog> {
public:
    explicit AppendLogHandler(HandlerServices &services) : m_services(services) { }

    Task<Reply> handle(SessionContext session, wire::AppendLog request) override
    {
        const DeviceAddress sender = session.authenticated();
        if (const auto wait = m_services.limiter.tooSoon(sender, LimitedAction::AppendLog))
            co_return Reply::retryAfter(*wait);
        auto finding = m_services.directory.find(sender.account);
        const auto account = co_await std::move(finding);
        if (!account)
            co_return Reply::unavailable();
        if (!*account)
            co_return Reply::refused(wire::RelayErrorCode::NotFound);
        const AccountKey key = (*account)->key;
        auto reading = m_services.store.readWholeLog(key);
        const auto log = co_await std::move(reading);
        if (!log)
            co_return Reply::unavailable();
        const Timestamp now = m_services.clock.now();
        // Always the sender's own account: an entry of another one is refused by its log.
        auto append = verifyAppend(sender.account, key, *log, request, now);
        if (!append)
            co_return refusedBecause(append.error());
        auto appending = m_services.store.appendLog(std::move(append->change), now);
        auto outcome = co_await std::move(appending);
        if (!outcome)
            co_return Reply::unavailable();
        if (std::holds_alternative<LogConflict>(*outcome))
            co_return Reply::refused(wire::RelayErrorCode::Conflict); // somebody was faster: fetch the log
        auto &record = std::get<AccountRecord>(*outcome);
        m_services.deviceKeys.put(record.account, record.logVersion, std::move(append->devices));
        announce(record);
        co_return wire::Ok{};
    }

private:
    /// Revoked devices lose their connection, the others learn of the entry. The directory first: who logs in from here
    /// on is refused there, who logged in before is among the connected (RelayBackend::welcome looks in between).
    void announce(const AccountRecord &record)
    {
        const wire::LogChanged changed{record.account, record.logVersion};
        m_services.directory.update(record);
        const std::vector<DeviceId> connected = m_services.router.connectedDevices(record.account);
        for (const DeviceId device : connected) {
            const DeviceAddress address{record.account, device};
            const DeviceRecord *const known = record.find(device);
            m_services.router.push(address, wire::Push(changed));
            if (!known || !known->active)
                m_services.router.disconnect(address, wire::RelayErrorCode::Revoked);
        }
    }

    HandlerServices &m_services;
};

} // namespace

std::unique_ptr<Handler> makeAppendLogHandler(HandlerServices &services)
{
    return std::make_unique<AppendLogHandler>(services);
}

} // namespace sotto::relay
