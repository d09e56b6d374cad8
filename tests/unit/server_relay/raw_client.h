#pragma once
#include "core/base/bytes.h"

#include <QTcpSocket>

namespace sotto::relay {

/// A client that says exactly the bytes a test wants, over plain TCP.
class RawClient {
public:
    /// Connects to a port of this machine; isConnected() says whether it worked.
    explicit RawClient(std::uint16_t port);

    bool isConnected() const { return m_socket.state() == QAbstractSocket::ConnectedState; }
    void send(const Bytes &bytes);
    /// A WebSocket upgrade request with further header lines.
    static Bytes upgradeRequest(const Bytes &moreHeaders = {});
    /// Sends the request and waits for the answer; true for 101.
    bool upgrade();
    /// One masked frame.
    static Bytes frame(int opcode, const Bytes &payload, bool isLast = true);
    /// Waits until `size` bytes are there and gives them.
    Bytes receive(qsizetype size);
    /// The payload of the next small or medium frame that is not a control frame.
    Bytes receiveMessage();
    /// Waits until the other side has closed.
    bool isClosedByPeer();
    /// Limits what the system takes for us, so that a client that does not read is noticed soon.
    void setReadBufferSize(qint64 size);
    QTcpSocket &socket() { return m_socket; }

private:
    QTcpSocket m_socket;
};

} // namespace sotto::relay
