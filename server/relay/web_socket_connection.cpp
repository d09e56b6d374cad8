#include "server/relay/web_socket_connection.h"

#include "core/wire/limits.h"

#include <QWebSocket>

namespace sotto::relay {

WebSocketConnection::WebSocketConnection(QWebSocket *webSocket, LeanSocket *socket)
    : m_webSocket(webSocket), m_socket(socket)
{
    m_webSocket->setMaxAllowedIncomingFrameSize(quint64(wire::kMaxFrameBytes));
    m_webSocket->setMaxAllowedIncomingMessageSize(quint64(wire::kMaxFrameBytes));
    connect(m_webSocket, &QWebSocket::binaryMessageReceived, this, [this](const QByteArray &message) {
        if (m_listener)
            m_listener->handleFrame(message);
    });
    connect(m_socket, &LeanSocket::drained, this, [this] {
        if (m_listener)
            m_listener->handleDrained();
    });
    connect(m_socket, &LeanSocket::disconnected, this, [this] {
        if (Listener *listener = std::exchange(m_listener, nullptr); listener)
            listener->handleClosed();
    });
}

WebSocketConnection::~WebSocketConnection()
{
    // Often inside one of their own signals, so they are deleted later; nothing reaches the listener any more.
    if (m_socket) {
        m_socket->disconnect(this);
        m_socket->deleteLater();
    }
    m_webSocket->disconnect(this);
    m_webSocket->deleteLater();
}

void WebSocketConnection::send(const Bytes &frame) { m_webSocket->sendBinaryMessage(frame); }

qsizetype WebSocketConnection::pendingBytes() const { return m_socket ? m_socket->pendingBytes() : 0; }

void WebSocketConnection::pauseReading(Milliseconds time)
{
    if (m_socket)
        m_socket->pauseReading(time);
}

void WebSocketConnection::ping() { m_webSocket->ping(); }

void WebSocketConnection::close() { m_webSocket->close(); }

} // namespace sotto::relay
