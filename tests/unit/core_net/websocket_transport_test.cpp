#include "core/net/registration.h"
#include "core/net/relay_client.h"
#include "core/net/websocket_transport.h"
#include "core/wire/limits.h"
#include "tests/kit/scripted_relay.h"
#include "tests/kit/tampering_transport.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_net/fake_transport.h"

#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

namespace sotto {

namespace {

/// A real relay's line and a device that connects to it over loopback; time stands still.
struct RealLine {
    explicit RealLine(TransportFactory transports = WebSocketTransport::factory())
        : relay(network.clock, network.random),
          connection(std::move(transports), network.clock, network.random, relay.pins(), network.identity()),
          client(connection, network.clock)
    { }
    FakeNetwork network; ///< its clock, keys and randomness
    kit::ScriptedRelay relay;
    RelayConnection connection;
    RelayClient client;
};

/// Passes one HTTP CONNECT on to its target and counts what it was asked for.
class ConnectProxy : public QObject {
public:
    ConnectProxy()
    {
        connect(&m_server, &QTcpServer::newConnection, this, [this] {
            QTcpSocket *const client = m_server.nextPendingConnection();
            connect(client, &QTcpSocket::readyRead, this, [this, client] { read(client); });
        });
        m_server.listen(QHostAddress::LocalHost);
    }
    quint16 port() const { return m_server.serverPort(); }
    QByteArray asked;

private:
    void read(QTcpSocket *client)
    {
        m_head += client->readAll();
        if (!m_head.contains("\r\n\r\n"))
            return;
        client->disconnect(this);
        asked = m_head.left(m_head.indexOf("\r\n"));
        const quint16 port = asked.split(' ').at(1).split(':').at(1).toUShort();
        auto *const target = new QTcpSocket(client);
        connect(target, &QTcpSocket::connected, this,
                [client] { client->write("HTTP/1.1 200 Connection established\r\n\r\n"); });
        connect(target, &QTcpSocket::readyRead, this, [=] { client->write(target->readAll()); });
        connect(client, &QTcpSocket::readyRead, this, [=] { target->write(client->readAll()); });
        target->connectToHost(QHostAddress::LocalHost, port);
    }
    QTcpServer m_server;
    QByteArray m_head;
};

} // namespace

/// The connection over real TLS and WebSocket, against the kit's scripted relay.
class WebSocketTransportTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void comesOnlineAsksAndIsPushedTo()
    {
        RealLine line;
        line.relay.onRequest = [](int, const wire::RequestBody &) {
            return wire::ResponseBody(wire::HandleFound{filledId<AccountId>('b')});
        };
        line.connection.start();
        QTRY_VERIFY(line.connection.isOnline());
        auto task = line.client.lookupHandle({QStringLiteral("bob")});
        QTRY_VERIFY(task.isFinished());
        QVERIFY(task.result()->account == filledId<AccountId>('b'));
        std::vector<wire::Deliver> mail;
        connect(&line.client, &RelayClient::delivered, this, [&](const wire::Deliver &one) { mail.push_back(one); });
        const wire::Deliver sent{
            {{1, {2}, wire::MailClass::Message, wire::CopyKind::Signal, "from", "text", Bytes(90'000, 'p')}}};
        line.relay.push(line.network.self, sent);
        QTRY_COMPARE(int(mail.size()), 1);
        QVERIFY(mail[0] == sent);
    }
    void T061_aCertificateThatTheRelayDoesNotListGetsNothing()
    {
        RealLine line;
        line.relay.showCertificate(kit::otherCertificate());
        line.connection.start();
        QTRY_VERIFY(line.connection.state() == ConnectionState::Backoff);
        QVERIFY(line.connection.problem() == ConnectionProblem::RelayNotGenuine);
        QTRY_COMPARE(line.relay.openConnections(), 0);
        QVERIFY(line.relay.received(0).empty());
    }
    void T060_anotherRelayAtTheAddressGetsNothing()
    {
        RealLine line;
        const Ed25519KeyPair other = *makeEd25519KeyPair(line.network.random);
        line.relay.changeSignedHello = [&](wire::SignedEntry &entry) {
            wire::Hello hello = *wire::decodeHello(entry.body);
            hello.relayKey = *RelayKey::fromBytes(other.publicKey);
            entry = signWith(other, "relay-hello", wire::encode(hello));
        };
        line.connection.start();
        QTRY_VERIFY(line.connection.problem() == ConnectionProblem::RelayNotGenuine);
        QTRY_COMPARE(line.relay.openConnections(), 0);
        QVERIFY(line.relay.received(0).empty());
    }
    void T061_theInviteIsNotShownBehindAnotherCertificate()
    {
        RealLine line;
        line.relay.showCertificate(kit::otherCertificate());
        Registration registration(WebSocketTransport::factory(), line.network.clock);
        const wire::SignedEntry entry = signWith(line.network.deviceKey, "device-log", "body");
        const auto task = registration.registerAccount(line.relay.pins(), {}, [&entry](const wire::Hello &) {
            return Result<wire::Register>(
                wire::Register{filledId<InviteSecret>('i'), entry, entry, {}, {}, filledId<Hash256>('t')});
        });
        QTRY_VERIFY(task.isFinished());
        QVERIFY(task.result().error().kind == RegistrationError::Kind::RelayNotGenuine);
        QTRY_COMPARE(line.relay.openConnections(), 0);
        QVERIFY(line.relay.received(0).empty());
    }
    void comesBackAfterTheRelayWasAway()
    {
        RealLine line;
        line.connection.start();
        QTRY_VERIFY(line.connection.isOnline());
        line.relay.goDown();
        QTRY_VERIFY(line.connection.state() == ConnectionState::Backoff);
        line.network.clock.advance(Milliseconds(500));
        QTRY_VERIFY(line.connection.problem() == ConnectionProblem::Unreachable);
        line.relay.comeBack();
        line.connection.networkUp();
        QTRY_VERIFY(line.connection.isOnline());
    }
    void pingsAreAnswered()
    {
        RealLine line;
        line.connection.start();
        QTRY_VERIFY(line.connection.isOnline());
        line.connection.resumed();
        // The answer stops the probe's deadline; what is left is the next heartbeat.
        QTRY_COMPARE(line.network.clock.pendingCalls(), 1);
        line.network.clock.advance(RelayConnection::kProbeDeadline);
        QVERIFY(line.connection.isOnline());
    }
    void framesOverTheLimitAndTextEndTheLine()
    {
        RealLine line;
        line.connection.start();
        QTRY_VERIFY(line.connection.isOnline());
        line.relay.sendBytes(0, Bytes(wire::kMaxFrameBytes + 1, 'x'));
        QTRY_VERIFY(line.connection.state() == ConnectionState::Backoff);
        line.connection.networkUp();
        QTRY_VERIFY(line.connection.isOnline());
        line.relay.sendText(1, QStringLiteral("hello"));
        QTRY_VERIFY(line.connection.state() == ConnectionState::Backoff);
    }
    void whoeverIsNoRelayIsUnreachable()
    {
        QTcpServer plain; // answers in the clear
        QVERIFY(plain.listen(QHostAddress::LocalHost));
        connect(&plain, &QTcpServer::newConnection, this,
                [&] { plain.nextPendingConnection()->write("220 mail.example\r\n"); });
        FakeNetwork network;
        RelayPins pins = network.pins();
        pins.addresses = {{QStringLiteral("127.0.0.1"), plain.serverPort()}};
        RelayConnection connection(WebSocketTransport::factory(), network.clock, network.random, pins,
                                   network.identity());
        connection.start();
        QTRY_VERIFY(connection.state() == ConnectionState::Backoff);
        QVERIFY(connection.problem() == ConnectionProblem::Unreachable);
    }
    void goesThroughAProxyWhenTold()
    {
        RealLine line;
        ConnectProxy proxy;
        line.connection.setProxy({ProxySettings::Kind::HttpConnect, QStringLiteral("127.0.0.1"), proxy.port(), {}, {}});
        line.connection.start();
        QTRY_VERIFY(line.connection.isOnline());
        QVERIFY(proxy.asked.startsWith("CONNECT 127.0.0.1:"));
    }
    void proxySettingsComeFromQts()
    {
        using Kind = ProxySettings::Kind;
        QVERIFY(ProxySettings::from(QNetworkProxy(QNetworkProxy::DefaultProxy)).kind == Kind::System);
        QVERIFY(ProxySettings::from(QNetworkProxy(QNetworkProxy::NoProxy)).kind == Kind::None);
        const auto tor = ProxySettings::from(QNetworkProxy(QNetworkProxy::Socks5Proxy, QStringLiteral("h"), 9050));
        QVERIFY(tor.kind == Kind::Socks5 && tor.host == QStringLiteral("h") && tor.port == 9050);
    }
    void aLyingRelayIsPlayedByTampering()
    {
        kit::Tampering tampering;
        RealLine line(kit::tamperingTransports(WebSocketTransport::factory(), tampering));
        line.connection.start();
        QTRY_VERIFY(line.connection.isOnline());
        int notices = 0;
        connect(&line.client, &RelayClient::noticeArrived, this, [&] { ++notices; });
        tampering.toClient = [](wire::Frame frame) { return std::vector<wire::Frame>(5, frame); };
        line.relay.push(line.network.self, wire::Notice{QStringLiteral("hello")});
        QTRY_COMPARE(notices, 5);
        tampering.fromClient = [](wire::Frame) { return std::vector<wire::Frame>(); };
        auto task = line.client.lookupHandle({QStringLiteral("bob")});
        line.network.clock.advance(RelayClient::kRequestDeadline);
        QVERIFY(task.result().error().kind == RequestError::Kind::TimedOut);
    }
};

SOTTO_TEST(WebSocketTransportTest)

} // namespace sotto

#include "websocket_transport_test.moc"
