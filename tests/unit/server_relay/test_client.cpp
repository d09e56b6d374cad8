#include "tests/unit/server_relay/test_client.h"

#include "core/ledger/signature.h"
#include "core/primitives/hash.h"

#include <QSslConfiguration>
#include <QSslSocket>
#include <QTest>
#include <QWebSocketHandshakeOptions>
#include <QtEndian>

namespace sotto::relay {

namespace {
constexpr int kPatienceMs = 10'000;
}

TestClient::TestClient(std::uint16_t port, const QString &scheme)
{
    QObject::connect(&m_socket, &QWebSocket::binaryMessageReceived, &m_socket,
                     [this](const QByteArray &frame) { m_frames.push_back(frame); });
    QObject::connect(&m_socket, &QWebSocket::sslErrors, &m_socket, [this] { m_socket.ignoreSslErrors(); });
    QWebSocketHandshakeOptions options;
    options.setSubprotocols({QStringLiteral("sotto.v1")});
    m_socket.open(QUrl(QStringLiteral("%1://127.0.0.1:%2").arg(scheme).arg(port)), options);
}

std::optional<wire::Frame> TestClient::receive()
{
    if (!QTest::qWaitFor([this] { return !m_frames.empty(); }, kPatienceMs))
        return std::nullopt;
    const Bytes bytes = m_frames.front();
    m_frames.erase(m_frames.begin());
    auto frame = wire::decodeFrame(bytes);
    return frame ? std::optional<wire::Frame>(std::move(*frame)) : std::nullopt;
}

std::optional<wire::Hello> TestClient::hello()
{
    const auto frame = receiveA<wire::HelloFrame>();
    if (!frame)
        return std::nullopt;
    m_helloBody = frame->hello.body;
    auto hello = wire::decodeHello(frame->hello.body);
    if (!hello || !verifyEntry(Purpose::RelayHello, frame->hello, hello->relayKey.view()))
        return std::nullopt;
    return std::move(*hello);
}

wire::Authenticate TestClient::answerTo(const Bytes &helloBody, const DeviceAddress &device, const Ed25519KeyPair &key)
{
    Bytes body = sha256(helloBody).toBytes() + device.account.toBytes();
    const quint32 number = qToBigEndian(device.device.number());
    body.append(reinterpret_cast<const char *>(&number), sizeof number);
    return {device.account, device.device, sign(Purpose::RelayAuth, body, key)};
}

void TestClient::authenticate(const DeviceAddress &device, const Ed25519KeyPair &key)
{
    send(answerTo(m_helloBody, device, key));
}

bool TestClient::login(const DeviceAddress &device, const Ed25519KeyPair &key)
{
    if (!hello())
        return false;
    authenticate(device, key);
    return receiveA<wire::Welcome>().has_value();
}

std::optional<wire::RelayErrorCode> TestClient::goodbye()
{
    const auto frame = receiveA<wire::Goodbye>();
    return frame ? std::optional(frame->error.code) : std::nullopt;
}

bool TestClient::isClosed()
{
    return QTest::qWaitFor([this] { return m_socket.state() == QAbstractSocket::UnconnectedState; }, kPatienceMs);
}

} // namespace sotto::relay
