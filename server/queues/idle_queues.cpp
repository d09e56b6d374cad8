// Queues of accounts that nobody asks for leave memory: a relay that runs for years keeps those in use only.
#include "server/queues/mail_queues.h"

#include <algorithm>
#include <unordered_set>

namespace sotto::relay {

std::vector<AccountId> MailQueues::accountsIdle(const std::vector<FoundAccount> &accounts)
{
    const std::lock_guard lock(m_mutex);
    const std::unordered_set<const DeviceQueue *> beingWritten(m_writingDirty.begin(), m_writingDirty.end());
    // What memory knows beyond the disk: a session, mail that was queued in this run, numbers not written yet.
    const auto isNeeded = [&](const std::shared_ptr<DeviceQueue> &queue) {
        return queue->session || !queue->live.empty() || queue->isDirty || beingWritten.contains(queue.get())
            || queue->writtenSubmitSeq != queue->counters.lastSubmitSeq || queue.use_count() > 1;
    };
    std::vector<AccountId> forgotten;
    for (const FoundAccount &account : accounts) {
        std::vector<DeviceAddress> open;
        bool isIdle = true;
        for (const DeviceRecord &device : account->devices) {
            const auto found = m_queues.find({account->account, device.device});
            if (found == m_queues.end())
                continue;
            open.push_back(found->first);
            isIdle = isIdle && !isNeeded(found->second);
        }
        if (!isIdle)
            continue;
        for (const DeviceAddress &device : open) {
            const auto queue = m_queues.find(device);
            m_byKey.erase(queue->second->key);
            m_queues.erase(queue);
        }
        forgotten.push_back(account->account);
    }
    return forgotten;
}

/// False when a device's queue was forgotten after the account had been found: its copy would get lost.
bool MailQueues::hasQueues(const AddressedSubmit &submit) const
{
    return std::ranges::all_of(submit.accounts, [this](const FoundAccount &account) {
        return !account || std::ranges::all_of(account->devices, [&](const DeviceRecord &device) {
            return !device.active || m_queues.contains({account->account, device.device});
        });
    });
}

} // namespace sotto::relay
