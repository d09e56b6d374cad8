#pragma once
#include "core/base/ids.h"
#include "core/wire/frame.h"

#include <vector>

namespace sotto::relay {

/// Which devices are connected, and the way to them. Embedded implementation: SessionRouter. All methods may be called
/// on any thread, return at once and never call back into the caller.
class Router {
public:
    virtual ~Router() = default;

    /// Whether the device has a chat session now.
    virtual bool isConnected(const DeviceAddress &device) const = 0;
    /// The devices of an account that have a chat session now, ascending.
    virtual std::vector<DeviceId> connectedDevices(const AccountId &account) const = 0;

    /// New mail in a device's queue: sent at once when its window is open, else read from the queue when it is its
    /// turn (SessionBackend::readMail), so nothing is lost by it. Calls for one device are made in the order of
    /// `envelope.seq`, that is under the lock that gave the number. False when the device is not connected.
    virtual bool deliver(const DeviceAddress &device, wire::Envelope envelope) = 0;
    /// A push that is not mail (presence, log changes, ephemeral frames). Dropped when the device is not connected or
    /// does not read fast enough; never queued.
    virtual void push(const DeviceAddress &device, wire::Push push) = 0;
    /// Ends a device's session with a word of why (Revoked, GoingDown).
    virtual void disconnect(const DeviceAddress &device, wire::RelayErrorCode why) = 0;
};

} // namespace sotto::relay
