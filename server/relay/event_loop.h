#pragma once
#include <QAbstractEventDispatcher>

#include <memory>

namespace sotto::relay {

/// Which event loop the relay's threads run on.
enum class EventLoopKind {
    Epoll, ///< EpollDispatcher
    Stock, ///< the one Qt brings, for systems without epoll and for comparison
};

/// The kind wanted by `configured`, unless the environment variable SOTTO_RELAY_EVENT_LOOP says "epoll" or "stock".
EventLoopKind eventLoopKind(EventLoopKind configured);
/// A dispatcher of that kind, to be installed before its thread starts; null means Qt's own (Stock, or no epoll here).
std::unique_ptr<QAbstractEventDispatcher> makeEventDispatcher(EventLoopKind kind);

} // namespace sotto::relay
