#include "server/relay/event_loop.h"

#include "core/base/logging.h"
#include "server/relay/epoll_dispatcher.h"

namespace sotto::relay {

EventLoopKind eventLoopKind(EventLoopKind configured)
{
    const QByteArray wish = qgetenv("SOTTO_RELAY_EVENT_LOOP");
    if (wish == "epoll")
        return EventLoopKind::Epoll;
    if (wish == "stock")
        return EventLoopKind::Stock;
    return configured;
}

std::unique_ptr<QAbstractEventDispatcher> makeEventDispatcher(EventLoopKind kind)
{
    if (kind == EventLoopKind::Stock)
        return nullptr;
    auto dispatcher = EpollDispatcher::create();
    if (!dispatcher)
        qCWarning(lcRelay, "no epoll here: Qt's own event loop is used");
    return dispatcher;
}

} // namespace sotto::relay
