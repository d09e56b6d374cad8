#pragma once
#include "core/net/transport.h"

#include <QWebSocket>

namespace sotto {

/// WebSocket over TLS 1.3, subprotocol sotto.v1, no compression, messages of at most wire::kMaxFrameBytes. No authority
/// is asked about the certificate: who shows it is judged by RelayChannel against the relay's signed Hello.
class WebSocketTransport final : public Transport {
    Q_OBJECT
public:
    explicit WebSocketTransport(QObject *parent = nullptr);
    ~WebSocketTransport() override;

    void open(const RelayAddress &address, const ProxySettings &proxy) override;
    void send(const Bytes &frame) override;
    void ping() override;
    qint64 unsentBytes() const override;
    void close() override;

    /// A factory of these.
    static TransportFactory factory();

private:
    void handleConnected();
    void handleError(QAbstractSocket::SocketError error);
    void end(TransportEnd why);

    QWebSocket m_socket;
    bool m_open = false;
    bool m_ended = false;
};

} // namespace sotto
