#pragma once
#include "server/presence/presence.h"
#include "server/queues/mail_sink.h"
#include "server/relay/router.h"

namespace sotto::relay {

/// Hands mail and presence from the folders below to the router.
class RouterSink final : public MailSink, public PresenceSink {
public:
    /// `router` outlives this object.
    explicit RouterSink(Router &router) : m_router(router) { }

    bool deliver(const DeviceAddress &device, const wire::Envelope &envelope) override
    {
        return m_router.deliver(device, envelope);
    }
    void presenceChanged(const DeviceAddress &watcher, const wire::Presence &presence) override
    {
        m_router.push(watcher, wire::Push(presence));
    }

private:
    Router &m_router;
};

} // namespace sotto::relay
