#pragma once
#include "server/limits/connection_limiter.h"
#include "server/relay/web_socket_connection.h"

#include <QWebSocketServer>

#include <functional>
#include <unordered_map>

namespace sotto::relay {

/// Turns accepted descriptors into WebSocket connections: TLS, upgrade request, subprotocol. What fails on the way is
/// closed here. One for each worker, on its thread.
class WebSocketGate final : public QObject {
    Q_OBJECT
public:
    using Opened = std::function<void(std::unique_ptr<ClientConnection>, ConnectionLimiter::Ticket)>;

    /// `onOpened` gets each finished connection. `environment` outlives the gate and its connections.
    WebSocketGate(SocketEnvironment &environment, Opened onOpened, QObject *parent = nullptr);
    /// Cuts what is still on its way.
    ~WebSocketGate() override;

    /// Takes over a connected, non-blocking descriptor.
    void admit(int descriptor, ConnectionLimiter::Ticket ticket);
    /// Cuts the connection of a ticket that has to go. False: it is not one that is still on its way.
    bool shed(std::uint64_t ticket);
    /// Connections that are not open yet.
    std::size_t underWay() const { return m_underWay.size(); }

private:
    struct UnderWay {
        LeanSocket *socket;
        ConnectionLimiter::Ticket ticket;
    };
    void takeUpgraded();
    void drop(quint64 number);

    SocketEnvironment &m_environment;
    Opened m_onOpened;
    QWebSocketServer m_server;
    std::unordered_map<quint64, UnderWay> m_underWay;
    quint64 m_nextNumber = 1;
};

} // namespace sotto::relay
