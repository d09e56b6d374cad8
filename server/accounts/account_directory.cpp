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
    return found == m_accounts.end() ? FoundAccount() : found->second;
}

void AccountDirectory::update(AccountRecord record)
{
    const auto next = std::make_shared<const AccountRecord>(std::move(record));
    // The listener has the devices before anybody can find them here.
    m_listener.accountKnown(*next);
    FoundAccount before;
    {
        const std::lock_guard lock(m_mutex);
        FoundAccount &known = m_accounts[next->account];
        if (known && known->revision > next->revision)
            return;
        before = std::exchange(known, next);
    }
    if (!before)
        return;
    for (const DeviceRecord &device : next->devices) {
        const DeviceRecord *const earlier = before->find(device.device);
        if (earlier && earlier->active && !device.active)
            m_listener.deviceGone({next->account, device.device});
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
