#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "server/presence/presence.h"

#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>

namespace sotto::relay {

/// Presence in memory: merges the devices of an account, delays "offline" by 10 to 30 seconds, remembers last-seen to
/// the minute. A topic that several accounts publish says nothing: one of them is not its owner, and the relay cannot
/// know which. Of an account's topics that nobody publishes any more the last few are remembered.
class PresenceHub final : public Presence {
public:
    /// All outlive this object. Delayed changes fire on the event loop of the thread that reported the device gone.
    PresenceHub(Clock &clock, Random &random, PresenceSink &sink);
    ~PresenceHub() override;

    void publish(const DeviceAddress &device, const std::optional<Bytes> &topic) override;
    void watch(const DeviceAddress &device, const std::vector<Bytes> &topics) override;
    void left(const DeviceAddress &device) override;
    void prune() override;
    /// Topics in memory, for tests and metrics.
    std::size_t topics() const;

private:
    struct Topic {
        std::set<DeviceAddress> publishers; ///< by account
        std::set<DeviceAddress> watchers;
        bool online = false;
        Timestamp lastSeen;
        std::uint64_t departures = 0; ///< tells a delayed "offline" whether somebody came back since
    };
    struct Device {
        std::optional<Bytes> published;
        std::vector<Bytes> watched;
    };

    static bool isContested(const Topic &topic);
    void show(const Bytes &name, Topic &topic);
    void tell(const DeviceAddress &watcher, const Bytes &name, const Topic &topic);
    void remember(const AccountId &account, const Bytes &name);
    void evict(const Bytes &name);
    void unpublish(const DeviceAddress &device, Device &state);
    void unwatch(const DeviceAddress &device, Device &state);
    void goOffline(const Bytes &name, std::uint64_t departure);
    void announce(const Bytes &name, const Topic &topic);
    void forgetIfEmpty(const Bytes &name);
    Milliseconds offlineDelay();

    Clock &m_clock;
    Random &m_random;
    PresenceSink &m_sink;
    mutable std::mutex m_mutex; ///< guards what follows
    std::unordered_map<Bytes, Topic> m_topics;
    std::unordered_map<DeviceAddress, Device> m_devices;
    std::unordered_map<AccountId, std::deque<Bytes>> m_remembered; ///< oldest first, at most kRememberedTopics
    std::shared_ptr<PresenceHub *> m_alive; ///< delayed changes find out whether the hub still exists
};

} // namespace sotto::relay
