#pragma once
#include "core/wire/ledger_entry.h"
#include "server/accounts/account_directory.h"

#include <atomic>
#include <deque>

namespace sotto::relay {

/// An account's active devices with their public keys, in log order.
using ActiveDevices = std::shared_ptr<const std::vector<wire::DeviceKeys>>;

/// What device logs say of devices' keys, so that who publishes a bundle or prekeys does not make the relay read and
/// apply a whole log each time: once after a start, and again only for entries. In memory, bounded. Any thread;
/// outlives its Tasks.
class DeviceKeyCache {
public:
    /// `store` outlives the cache.
    explicit DeviceKeyCache(AccountStore &store, std::size_t maxAccounts = 10'000)
        : m_store(store), m_maxAccounts(maxAccounts)
    { }

    /// The active devices of an account that exists, from memory when its log has not grown since. Corrupt for a stored
    /// log that cannot be applied; else what the store refuses with.
    Task<Result<ActiveDevices>> find(FoundAccount account);
    /// The devices after an entry that was just applied and stored.
    void put(const AccountId &account, std::uint64_t logVersion, std::vector<wire::DeviceKeys> devices);
    /// How many logs were read and applied; for tests and metrics.
    int replays() const { return m_replays; }

private:
    struct Known {
        std::uint64_t logVersion = 0;
        ActiveDevices devices;
    };
    AccountStore &m_store;
    const std::size_t m_maxAccounts;
    std::atomic<int> m_replays{0};
    std::mutex m_mutex; ///< guards what follows
    std::unordered_map<AccountId, Known> m_known;
    std::deque<AccountId> m_order; ///< oldest first
};

} // namespace sotto::relay
