#include "server/accounts/account_directory.h"

#include "core/base/check.h"
#include "core/primitives/hash.h"

namespace sotto::relay {

Task<Result<FoundAccount>> AccountDirectory::find(AccountId account)
{
    if (auto found = known(account))
        co_return found;
    auto loading = m_store.loadAccount(account);
    auto loaded = co_await std::move(loading);
    if (!loaded) {
        if (loaded.error().code == ErrorCode::NotFound)
            co_return FoundAccount();
        co_return loaded.error();
    }
    update(std::move(*loaded));
    co_return known(account);
}

FoundAccount AccountDirectory::known(const AccountId &account) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_accounts.find(account);
    if (found == m_accounts.end())
        return {};
    found->second.askedIn = m_round;
    return found->second.record;
}

std::size_t AccountDirectory::size() const
{
    const std::lock_guard lock(m_mutex);
    return m_accounts.size();
}

void AccountDirectory::forgetIdle(std::size_t keep)
{
    // A little at a time: everybody who submits waits for this lock.
    constexpr std::size_t kMostAtOnce = 2'000;
    const std::lock_guard lock(m_mutex);
    ++m_round;
    std::vector<FoundAccount> idle;
    const std::size_t tooMany = m_accounts.size() > keep ? m_accounts.size() - keep : 0;
    for (const auto &[account, entry] : m_accounts) {
        if (idle.size() == std::min(tooMany, kMostAtOnce))
            break;
        if (entry.askedIn + 1 < m_round)
            idle.push_back(entry.record);
    }
    if (idle.empty())
        return;
    for (const AccountId &account : m_listener.accountsIdle(idle))
        m_accounts.erase(account);
}

void AccountDirectory::update(AccountRecord record)
{
    const auto next = std::make_shared<const AccountRecord>(std::move(record));
    FoundAccount before;
    {
        const std::lock_guard lock(m_mutex);
        // The listener has the devices before anybody can find them here, and as long.
        m_listener.accountKnown(*next);
        Entry &known = m_accounts[next->account];
        known.askedIn = m_round;
        if (known.record && known.record->revision > next->revision)
            return;
        before = std::exchange(known.record, next);
    }
    if (!before)
        return;
    for (const DeviceRecord &device : next->devices) {
        const DeviceRecord *const earlier = before->find(device.device);
        if (earlier && earlier->active && !device.active)
            m_listener.deviceGone({next->account, device.device}, next->revision);
    }
}

bool opensNormalLane(const AccountRecord &account, const std::optional<Bytes> &token, Timestamp now)
{
    if (!token)
        return false;
    const Hash256 hash = sha256(*token);
    const bool isCurrent = equalConstantTime(hash.view(), account.tokenHash.view());
    const bool isPrevious = account.previousTokenHash
        && equalConstantTime(hash.view(), account.previousTokenHash->view()) && now < account.previousTokenUntil;
    return !refuseUnless(Check::DeliveryToken, isCurrent || isPrevious);
}

} // namespace sotto::relay
