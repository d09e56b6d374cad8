#include "server/relay/session_router.h"

#include <algorithm>

namespace sotto::relay {

const SessionRouter::Place *SessionRouter::find(const Shard &shard, const DeviceAddress &device)
{
    const auto account = shard.accounts.find(device.account);
    if (account == shard.accounts.end())
        return nullptr;
    const auto &places = account->second;
    const auto place =
        std::find_if(places.begin(), places.end(), [&device](const Place &p) { return p.device == device.device; });
    return place == places.end() ? nullptr : &*place;
}

void SessionRouter::claim(const DeviceAddress &device, SessionId session, SessionPost &post)
{
    Shard &shard = shardOf(device.account);
    const std::lock_guard lock(shard.mutex);
    auto &places = shard.accounts[device.account];
    for (Place &place : places) {
        if (place.device == device.device) {
            place.post->post(place.session, EndSession{wire::RelayErrorCode::Replaced});
            place = {device.device, session, &post};
            return;
        }
    }
    places.push_back({device.device, session, &post});
}

void SessionRouter::release(const DeviceAddress &device, SessionId session)
{
    Shard &shard = shardOf(device.account);
    const std::lock_guard lock(shard.mutex);
    const auto account = shard.accounts.find(device.account);
    if (account == shard.accounts.end())
        return;
    std::erase_if(account->second, [&device, session](const Place &place) {
        return place.device == device.device && place.session == session;
    });
    if (account->second.empty())
        shard.accounts.erase(account);
}

std::size_t SessionRouter::size() const
{
    std::size_t count = 0;
    for (const Shard &shard : m_shards) {
        const std::lock_guard lock(shard.mutex);
        for (const auto &[account, places] : shard.accounts)
            count += places.size();
    }
    return count;
}

bool SessionRouter::isConnected(const DeviceAddress &device) const
{
    const Shard &shard = shardOf(device.account);
    const std::lock_guard lock(shard.mutex);
    return find(shard, device) != nullptr;
}

std::vector<DeviceId> SessionRouter::connectedDevices(const AccountId &account) const
{
    std::vector<DeviceId> devices;
    {
        const Shard &shard = shardOf(account);
        const std::lock_guard lock(shard.mutex);
        if (const auto found = shard.accounts.find(account); found != shard.accounts.end()) {
            for (const Place &place : found->second)
                devices.push_back(place.device);
        }
    }
    std::sort(devices.begin(), devices.end());
    return devices;
}

bool SessionRouter::send(const DeviceAddress &device, SessionMessage message)
{
    // Posted under the lock: two calls for one device then reach its worker in the order in which they were made, and
    // a session that is being replaced gets nothing that its successor should have got.
    Shard &shard = shardOf(device.account);
    const std::lock_guard lock(shard.mutex);
    const Place *place = find(shard, device);
    if (!place)
        return false;
    place->post->post(place->session, std::move(message));
    return true;
}

bool SessionRouter::deliver(const DeviceAddress &device, wire::Envelope envelope)
{
    return send(device, std::move(envelope));
}

void SessionRouter::push(const DeviceAddress &device, wire::Push push) { send(device, std::move(push)); }

void SessionRouter::disconnect(const DeviceAddress &device, wire::RelayErrorCode why) { send(device, EndSession{why}); }

} // namespace sotto::relay
