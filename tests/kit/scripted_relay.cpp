#include "tests/kit/scripted_relay.h"

#include "core/wire/limits.h"

#include <QHostAddress>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QWebSocket>
#include <QWebSocketServer>

namespace sotto::kit {

namespace {

Ed25519KeyPair makeKey(Random &random)
{
    auto key = makeEd25519KeyPair(random);
    Q_ASSERT(key);
    return std::move(*key);
}

Hash256 spkiOf(const TestCertificate &certificate)
{
    return *Hash256::fromHex(QString::fromLatin1(certificate.spkiSha256Hex));
}

} // namespace

ScriptedRelay::ScriptedRelay(Clock &clock, Random &random, QObject *parent)
    : QObject(parent), m_clock(clock), m_random(random), m_key(makeKey(random))
{
    onAuthenticate = [](const wire::Authenticate &) { return wire::Frame(wire::Welcome{}); };
    onRequest = [](SessionNumber, const wire::RequestBody &) {
        return wire::ResponseBody(wire::RelayError{wire::RelayErrorCode::Unsupported, {}, 0});
    };
    listen(0);
}

ScriptedRelay::~ScriptedRelay() { goDown(); }

RelayAddress ScriptedRelay::address() const { return {QStringLiteral("127.0.0.1"), m_port}; }

RelayKey ScriptedRelay::key() const { return *RelayKey::fromBytes(m_key.publicKey); }

RelayPins ScriptedRelay::pins() const { return {key(), std::nullopt, {address()}, 0}; }

void ScriptedRelay::listen(quint16 port)
{
    m_server = std::make_unique<QWebSocketServer>(QStringLiteral("scripted"), QWebSocketServer::SecureMode);
    m_server->setSupportedSubprotocols({QString::fromLatin1(wire::kSubprotocol)});
    showCertificate(m_certificate);
    connect(m_server.get(), &QWebSocketServer::newConnection, this, &ScriptedRelay::accept);
    const bool listening = m_server->listen(QHostAddress::LocalHost, port);
    Q_ASSERT(listening);
    Q_UNUSED(listening)
    m_port = m_server->serverPort();
}

void ScriptedRelay::showCertificate(const TestCertificate &certificate)
{
    m_certificate = certificate;
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_3OrLater);
    tls.setPeerVerifyMode(QSslSocket::VerifyNone);
    tls.setLocalCertificate(QSslCertificate(certificate.certificatePem));
    tls.setPrivateKey(QSslKey(certificate.privateKeyPem, QSsl::Ec));
    m_server->setSslConfiguration(tls);
}

void ScriptedRelay::accept()
{
    while (QWebSocket *socket = m_server->nextPendingConnection()) {
        const SessionNumber number = connections();
        socket->setParent(this);
        m_sessions.push_back({socket, {}, std::nullopt});
        connect(socket, &QWebSocket::binaryMessageReceived, this,
                [this, number](const QByteArray &message) { handle(number, message); });
        connect(socket, &QWebSocket::disconnected, this, [this, number, socket] {
            m_sessions[std::size_t(number)].socket = nullptr;
            socket->deleteLater();
        });
        if (!silent)
            greet(number);
        Q_EMIT connected(number);
    }
}

wire::SignedEntry ScriptedRelay::sign(const char *purpose, const Bytes &body) const
{
    const Bytes message = Bytes("sotto/v1/") + purpose + Bytes(1, '\0') + body;
    return {body, signEd25519(message, m_key), {}};
}

void ScriptedRelay::greet(SessionNumber session)
{
    const auto nonce = m_random.bytes(wire::kNonceBytes);
    Q_ASSERT(nonce);
    wire::Hello hello{key(),
                      QStringLiteral("scripted"),
                      *nonce,
                      m_clock.now(),
                      {spkiOf(relayCertificate())},
                      {},
                      wire::kProtocolMajor,
                      wire::kProtocolMinor,
                      0,
                      std::nullopt};
    if (changeHello)
        changeHello(hello);
    wire::SignedEntry entry = sign("relay-hello", wire::encode(hello));
    if (changeSignedHello)
        changeSignedHello(entry);
    m_lastHello = entry;
    send(session, wire::HelloFrame{entry});
}

void ScriptedRelay::handle(SessionNumber session, const Bytes &message)
{
    const auto frame = wire::decodeFrame(message);
    if (!frame) {
        drop(session);
        return;
    }
    m_sessions[std::size_t(session)].received.push_back(*frame);
    if (onFrame)
        onFrame(session, *frame);
    if (const auto *authenticate = std::get_if<wire::Authenticate>(&*frame)) {
        if (const auto answer = onAuthenticate(*authenticate)) {
            if (std::holds_alternative<wire::Welcome>(*answer))
                m_sessions[std::size_t(session)].device = DeviceAddress{authenticate->account, authenticate->device};
            send(session, *answer);
        }
    } else if (const auto *request = std::get_if<wire::Request>(&*frame)) {
        if (const auto answer = onRequest(session, request->body))
            send(session, wire::Response{request->id, *answer});
    }
    Q_EMIT frameArrived(session);
}

void ScriptedRelay::send(SessionNumber session, const wire::Frame &frame) { sendBytes(session, wire::encode(frame)); }

void ScriptedRelay::sendBytes(SessionNumber session, const Bytes &bytes)
{
    if (QWebSocket *socket = m_sessions.at(std::size_t(session)).socket)
        socket->sendBinaryMessage(bytes);
}

void ScriptedRelay::sendText(SessionNumber session, const QString &text)
{
    if (QWebSocket *socket = m_sessions.at(std::size_t(session)).socket)
        socket->sendTextMessage(text);
}

void ScriptedRelay::push(const DeviceAddress &device, const wire::Push &push)
{
    for (int session = connections() - 1; session >= 0; --session) {
        const Session &one = m_sessions[std::size_t(session)];
        if (one.socket && one.device == device) {
            send(session, push);
            return;
        }
    }
}

void ScriptedRelay::drop(SessionNumber session)
{
    if (QWebSocket *socket = m_sessions.at(std::size_t(session)).socket)
        socket->close();
}

void ScriptedRelay::dropAll()
{
    for (int session = 0; session < connections(); ++session)
        drop(session);
}

void ScriptedRelay::goDown()
{
    if (m_server)
        m_server->close();
    m_server.reset();
    for (Session &session : m_sessions) {
        if (QWebSocket *socket = std::exchange(session.socket, nullptr)) {
            socket->disconnect(this);
            delete socket;
        }
    }
}

void ScriptedRelay::comeBack()
{
    if (!m_server)
        listen(m_port);
}

int ScriptedRelay::openConnections() const
{
    return int(std::count_if(m_sessions.begin(), m_sessions.end(), [](const Session &s) { return s.socket; }));
}

const std::vector<wire::Frame> &ScriptedRelay::received(SessionNumber session) const
{
    return m_sessions.at(std::size_t(session)).received;
}

} // namespace sotto::kit
