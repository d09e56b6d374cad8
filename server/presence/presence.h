#pragma once
#include "core/base/ids.h"
#include "core/wire/frame.h"

#include <vector>

namespace sotto::relay {

/// Where changes of presence go; the router, seen from below. Called under a lock, must not call back.
class PresenceSink {
public:
    virtual ~PresenceSink() = default;
    /// A change for a watching device; dropped when it is not connected.
    virtual void presenceChanged(const DeviceAddress &watcher, const wire::Presence &presence) = 0;
};

/// Who is online, under topics that only contacts know (protocol.md 4). Any thread.
class Presence {
public:
    virtual ~Presence() = default;
    /// The device's account is found under `topic` while the device is connected; without one it is not found.
    virtual void publish(const DeviceAddress &device, const std::optional<Bytes> &topic) = 0;
    /// Replaces what the device watches. What is known of the topics is sent at once.
    virtual void watch(const DeviceAddress &device, const std::vector<Bytes> &topics) = 0;
    /// The device is no longer connected.
    virtual void left(const DeviceAddress &device) = 0;
    /// Forgets when people were last seen, once nobody can ask for it: topics change each week.
    virtual void prune() = 0;
};

} // namespace sotto::relay
