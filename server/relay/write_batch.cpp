#include "server/relay/write_batch.h"

#include "server/relay/lean_socket.h"

#include <QCoreApplication>
#include <QEvent>

#include <algorithm>
#include <utility>

namespace sotto::relay {

namespace {
const QEvent::Type kFlush = QEvent::Type(QEvent::registerEventType());
}

void WriteBatch::add(LeanSocket *socket)
{
    m_sockets.push_back(socket);
    if (std::exchange(m_posted, true))
        return;
    // Behind everything else that is posted: answers that come back from other threads in this turn join in.
    QCoreApplication::postEvent(this, new QEvent(kFlush), Qt::LowEventPriority);
}

void WriteBatch::remove(LeanSocket *socket)
{
    std::replace(m_sockets.begin(), m_sockets.end(), socket, static_cast<LeanSocket *>(nullptr));
}

bool WriteBatch::event(QEvent *event)
{
    if (event->type() != kFlush)
        return QObject::event(event);
    m_posted = false;
    // By index: a flush may close a socket, whose receivers may write to others.
    for (std::size_t i = 0; i < m_sockets.size(); ++i) {
        if (LeanSocket *socket = std::exchange(m_sockets[i], nullptr); socket)
            socket->flushFromBatch();
    }
    m_sockets.clear();
    return true;
}

} // namespace sotto::relay
