#pragma once
#include "server/relay/client_connection.h"
#include "server/relay/lean_socket.h"

#include <QPointer>

class QWebSocket;

namespace sotto::relay {

/// A ClientConnection on Qt's WebSocket over a LeanSocket.
class WebSocketConnection final : public QObject, public ClientConnection {
    Q_OBJECT
public:
    /// Takes over both; `webSocket` runs on `socket`.
    WebSocketConnection(QWebSocket *webSocket, LeanSocket *socket);
    /// Cuts the connection when it still stands.
    ~WebSocketConnection() override;

    void setListener(Listener *listener) override { m_listener = listener; }
    void send(const Bytes &frame) override;
    qsizetype pendingBytes() const override;
    Milliseconds lastReceived() const override { return m_socket ? m_socket->lastReceived() : Milliseconds(0); }
    void pauseReading(Milliseconds time) override;
    void ping() override;
    void close() override;

private:
    QWebSocket *m_webSocket;
    QPointer<LeanSocket> m_socket; ///< Qt's server deletes it when the connection ends before the upgrade is done
    Listener *m_listener = nullptr;
};

} // namespace sotto::relay
