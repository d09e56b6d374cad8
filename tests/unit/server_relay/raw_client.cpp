#include "tests/unit/server_relay/raw_client.h"

#include <QTest>

namespace sotto::relay {

namespace {
constexpr int kPatienceMs = 10'000;
}

RawClient::RawClient(std::uint16_t port)
{
    m_socket.connectToHost(QHostAddress::LocalHost, port);
    m_socket.waitForConnected(kPatienceMs);
}

void RawClient::send(const Bytes &bytes)
{
    m_socket.write(bytes);
    m_socket.flush();
}

Bytes RawClient::upgradeRequest(const Bytes &moreHeaders)
{
    return "GET / HTTP/1.1\r\nHost: relay\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: sotto.v1\r\n"
        + moreHeaders + "\r\n";
}

bool RawClient::upgrade()
{
    send(upgradeRequest());
    QByteArray answer;
    const bool complete = QTest::qWaitFor(
        [&] {
            // Byte by byte: what follows the header are frames already.
            while (!answer.endsWith("\r\n\r\n") && m_socket.bytesAvailable() > 0)
                answer += m_socket.read(1);
            return answer.endsWith("\r\n\r\n");
        },
        kPatienceMs);
    return complete && answer.startsWith("HTTP/1.1 101") && answer.contains("sotto.v1");
}

Bytes RawClient::frame(int opcode, const Bytes &payload, bool isLast)
{
    Bytes bytes;
    bytes.append(char((isLast ? 0x80 : 0) | opcode));
    if (payload.size() < 126) {
        bytes.append(char(0x80 | payload.size()));
    } else if (payload.size() < 65536) {
        bytes.append(char(0x80 | 126));
        bytes.append(char(payload.size() >> 8)).append(char(payload.size() & 0xff));
    } else {
        bytes.append(char(0x80 | 127));
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes.append(char(quint64(payload.size()) >> shift & 0xff));
    }
    return bytes.append(4, '\0').append(payload);
}

Bytes RawClient::receive(qsizetype size)
{
    if (!QTest::qWaitFor([&] { return m_socket.bytesAvailable() >= size; }, kPatienceMs))
        return {};
    return m_socket.read(size);
}

Bytes RawClient::receiveMessage()
{
    for (;;) {
        const Bytes header = receive(2);
        if (header.isEmpty())
            return {};
        qsizetype length = std::uint8_t(header[1]);
        if (length >= 126) {
            const Bytes more = receive(length == 126 ? 2 : 8);
            length = 0;
            for (const char byte : more)
                length = length << 8 | std::uint8_t(byte);
        }
        const Bytes payload = length > 0 ? receive(length) : Bytes();
        if ((header[0] & 0x0f) < 8)
            return payload;
    }
}

bool RawClient::isClosedByPeer()
{
    return QTest::qWaitFor([this] { return m_socket.state() != QAbstractSocket::ConnectedState; }, kPatienceMs);
}

void RawClient::setReadBufferSize(qint64 size)
{
    m_socket.setReadBufferSize(size);
    m_socket.setSocketOption(QAbstractSocket::ReceiveBufferSizeSocketOption, int(size));
}

} // namespace sotto::relay
