#include "server/accounts/device_key_cache.h"

#include "server/accounts/device_log_rules.h"

namespace sotto::relay {

Task<Result<ActiveDevices>> DeviceKeyCache::find(FoundAccount account)
{
    {
        const std::lock_guard lock(m_mutex);
        const auto known = m_known.find(account->account);
        if (known != m_known.end() && known->second.logVersion >= account->logVersion)
            co_return known->second.devices;
    }
    auto reading = m_store.readWholeLog(account->key);
    const auto log = co_await std::move(reading);
    if (!log)
        co_return log.error();
    ++m_replays;
    auto devices = activeDevices(account->account, *log);
    if (!devices)
        co_return ErrorCode::Corrupt;
    const auto shared = std::make_shared<const std::vector<wire::DeviceKeys>>(*devices);
    put(account->account, log->size(), std::move(*devices));
    co_return shared;
}

void DeviceKeyCache::put(const AccountId &account, std::uint64_t logVersion, std::vector<wire::DeviceKeys> devices)
{
    const std::lock_guard lock(m_mutex);
    const auto [known, isNew] = m_known.try_emplace(account);
    if (known->second.logVersion > logVersion)
        return;
    known->second = {logVersion, std::make_shared<const std::vector<wire::DeviceKeys>>(std::move(devices))};
    if (!isNew)
        return;
    m_order.push_back(account);
    if (m_order.size() > m_maxAccounts) {
        m_known.erase(m_order.front());
        m_order.pop_front();
    }
}

} // namespace sotto::relay
