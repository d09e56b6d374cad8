#pragma once
#include "server/relay/router.h"
#include "server/relay/session_context.h"

#include <array>
#include <mutex>
#include <unordered_map>
#include <variant>
#include <vector>

namespace sotto::relay {

/// What reaches a session from other threads.
struct EndSession {
    wire::RelayErrorCode why;
};
using SessionMessage = std::variant<wire::Envelope, wire::Push, EndSession>;

/// The way to the sessions of one worker.
class SessionPost {
public:
    virtual ~SessionPost() = default;
    /// Hands `message` to a session on its own thread; dropped when the session is gone. Any thread, returns at once.
    virtual void post(SessionId session, SessionMessage message) = 0;
};

/// The router of a relay in one process: devices to sessions, in memory. Any thread.
class SessionRouter final : public Router {
public:
    /// `session` is the device's from now on; an older one is told that it is replaced.
    void claim(const DeviceAddress &device, SessionId session, SessionPost &post);
    /// The session has ended. Nothing happens when another has the device by now.
    void release(const DeviceAddress &device, SessionId session);
    /// Devices with a session.
    std::size_t size() const;

    bool isConnected(const DeviceAddress &device) const override;
    std::vector<DeviceId> connectedDevices(const AccountId &account) const override;
    bool deliver(const DeviceAddress &device, wire::Envelope envelope) override;
    void push(const DeviceAddress &device, wire::Push push) override;
    void disconnect(const DeviceAddress &device, wire::RelayErrorCode why) override;

private:
    struct Place {
        DeviceId device;
        SessionId session;
        SessionPost *post;
    };
    /// Accounts are spread over shards, so that workers seldom wait for each other.
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<AccountId, std::vector<Place>> accounts;
    };
    static constexpr std::size_t kShards = 16;

    Shard &shardOf(const AccountId &account) { return m_shards[qHash(account) % kShards]; }
    const Shard &shardOf(const AccountId &account) const { return m_shards[qHash(account) % kShards]; }
    static const Place *find(const Shard &shard, const DeviceAddress &device);
    bool send(const DeviceAddress &device, SessionMessage message);

    std::array<Shard, kShards> m_shards;
};

} // namespace sotto::relay
