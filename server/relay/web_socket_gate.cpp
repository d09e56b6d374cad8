#include "server/relay/web_socket_gate.h"

#include "core/wire/limits.h"

#include <QWebSocket>

#include <algorithm>

namespace sotto::relay {

WebSocketGate::WebSocketGate(SocketEnvironment &environment, Opened onOpened, QObject *parent)
    : QObject(parent),
      m_environment(environment),
      m_onOpened(std::move(onOpened)),
      m_server(QStringLiteral("sotto"), QWebSocketServer::NonSecureMode)
{
    m_server.setSupportedSubprotocols({QString::fromLatin1(wire::kSubprotocol)});
    m_server.setMaxPendingConnections(std::numeric_limits<int>::max());
    connect(&m_server, &QWebSocketServer::newConnection, this, &WebSocketGate::takeUpgraded);
}

WebSocketGate::~WebSocketGate()
{
    for (auto &[number, underWay] : m_underWay) {
        underWay.socket->disconnect();
        delete underWay.socket;
    }
}

void WebSocketGate::admit(int descriptor, ConnectionLimiter::Ticket ticket)
{
    const quint64 number = m_nextNumber++;
    auto *socket = new LeanSocket(descriptor, m_environment);
    // Qt's server does not say which socket a new WebSocket runs on; the name of its peer is the way to find out.
    socket->nameAfter(number);
    m_underWay.emplace(number, UnderWay{socket, std::move(ticket)});
    connect(socket, &LeanSocket::secured, this, [this, socket] { m_server.handleConnection(socket); });
    connect(socket, &LeanSocket::disconnected, this, [this, number] { drop(number); });
}

bool WebSocketGate::shed(std::uint64_t ticket)
{
    const auto found = std::find_if(m_underWay.begin(), m_underWay.end(),
                                    [ticket](const auto &entry) { return entry.second.ticket.number() == ticket; });
    if (found == m_underWay.end())
        return false;
    disconnect(found->second.socket, nullptr, this, nullptr);
    drop(found->first);
    return true;
}

void WebSocketGate::takeUpgraded()
{
    QWebSocket *webSocket = m_server.nextPendingConnection();
    const auto found = m_underWay.find(webSocket->peerName().toULongLong());
    if (found == m_underWay.end()) {
        webSocket->deleteLater();
        return;
    }
    const auto entry = m_underWay.extract(found);
    LeanSocket *socket = entry.mapped().socket;
    disconnect(socket, nullptr, this, nullptr);
    auto connection = std::make_unique<WebSocketConnection>(webSocket, socket);
    if (webSocket->subprotocol() != QLatin1String(wire::kSubprotocol)) {
        webSocket->close(QWebSocketProtocol::CloseCodePolicyViolated);
        return;
    }
    m_onOpened(std::move(connection), std::move(entry.mapped().ticket));
    socket->markUpgraded();
}

void WebSocketGate::drop(quint64 number)
{
    const auto entry = m_underWay.extract(number);
    if (!entry.empty())
        entry.mapped().socket->deleteLater();
}

} // namespace sotto::relay
