#pragma once
#include "core/base/ids.h"
#include "core/wire/frame.h"

namespace sotto::relay {

/// Where fresh mail goes while it is being written; the router, seen from below.
class MailSink {
public:
    virtual ~MailSink() = default;
    /// Mail for a device, in the order of its numbers; called under a lock, must not call back. False: not connected.
    virtual bool deliver(const DeviceAddress &device, const wire::Envelope &envelope) = 0;
};

} // namespace sotto::relay
