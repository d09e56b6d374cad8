// The TLS of the relay's door, and who stands in it.
#include "core/primitives/secret_bytes.h"
#include "server/relay/certificate.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_relay/raw_client.h"
#include "tests/unit/server_relay/relay_rig.h"

#include <QFile>
#include <QSslKey>
#include <QSslServer>
#include <QSslSocket>
#include <QTcpServer>
#include <QTest>

namespace sotto::relay {

namespace {

/// The first message of a client that speaks nothing newer than TLS 1.`minor - 1` (RFC 5246 7.4.1.2, no extensions).
Bytes clientHello(char minor)
{
    const Bytes version = Bytes("\x03").append(minor);
    const Bytes suites = Bytes::fromHex("0008c013c009c02bc02f");
    const Bytes body = version + Bytes(32, 'r') + Bytes(1, '\0') + suites + Bytes::fromHex("0100");
    const Bytes message = Bytes::fromHex("010000").append(char(body.size())) + body;
    return Bytes::fromHex("160301").append('\0').append(char(message.size())) + message;
}

/// Ends TLS with a certificate of its own and passes every byte on to the relay and back.
class TlsProxy {
public:
    TlsProxy(const QString &certificate, const QString &key, std::uint16_t relayPort)
    {
        QFile certificateFile(certificate);
        QFile keyFile(key);
        if (!certificateFile.open(QIODevice::ReadOnly) || !keyFile.open(QIODevice::ReadOnly))
            return;
        QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
        configuration.setLocalCertificate(QSslCertificate(certificateFile.readAll()));
        configuration.setPrivateKey(QSslKey(keyFile.readAll(), QSsl::Ec));
        m_server.setSslConfiguration(configuration);
        QObject::connect(&m_server, &QTcpServer::pendingConnectionAvailable, &m_server, [this, relayPort] {
            QTcpSocket *client = m_server.nextPendingConnection();
            auto *relay = new QSslSocket(client);
            relay->setPeerVerifyMode(QSslSocket::VerifyNone);
            QObject::connect(client, &QTcpSocket::readyRead, relay,
                             [client, relay] { relay->write(client->readAll()); });
            QObject::connect(relay, &QTcpSocket::readyRead, client,
                             [client, relay] { client->write(relay->readAll()); });
            QObject::connect(relay, &QTcpSocket::disconnected, client, &QTcpSocket::disconnectFromHost);
            relay->connectToHostEncrypted(QStringLiteral("127.0.0.1"), relayPort);
            relay->write(client->readAll());
        });
        m_server.listen(QHostAddress::LocalHost);
    }
    std::uint16_t port() const { return m_server.serverPort(); }

private:
    QSslServer m_server;
};

} // namespace

class RelayTlsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    void T197_olderTlsVersionsAreRefused_data()
    {
        QTest::addColumn<int>("minorVersion");
        QTest::newRow("TLS 1.0") << 1;
        QTest::newRow("TLS 1.1") << 2;
        QTest::newRow("TLS 1.2") << 3;
    }
    void T197_olderTlsVersionsAreRefused()
    {
        QFETCH(int, minorVersion);
        Rig rig;
        rig.start();
        RawClient client(rig.port());
        client.send(clientHello(char(minorVersion)));
        // A fatal alert: protocol_version (RFC 8446 6.2).
        const Bytes alert = client.receive(7);
        QCOMPARE(alert.first(1), Bytes::fromHex("15"));
        QCOMPARE(alert.last(2), Bytes::fromHex("0246"));
        QVERIFY(client.isClosedByPeer());
    }
    void T197_tls13IsSpoken()
    {
        Rig rig;
        rig.start();
        QSslSocket socket;
        socket.setPeerVerifyMode(QSslSocket::VerifyNone);
        socket.connectToHostEncrypted(QStringLiteral("127.0.0.1"), rig.port());
        QVERIFY(socket.waitForEncrypted(10'000));
        QCOMPARE(socket.sessionProtocol(), QSsl::TlsV1_3);
    }
    void T197_plainWebSocketsAreNotSpoken()
    {
        Rig rig;
        rig.start();
        TestClient plain(rig.port(), QStringLiteral("ws"));
        QVERIFY(plain.isClosed());
        QCOMPARE(rig.server->sessions(), 0);
    }
    void T061_aProxyWithItsOwnCertificateIsSeen()
    {
        // The proxy ends TLS with another certificate and passes everything on: Hello arrives, its signature is right,
        // but the certificate that the client sees is not among those it lists.
        Rig rig;
        rig.start();
        const QString certificate = rig.folder.filePath(QStringLiteral("proxy.pem"));
        const QString key = rig.folder.filePath(QStringLiteral("proxy-key.pem"));
        QVERIFY(makeSelfSignedCertificate(certificate, key, rig.clock.now()));
        TlsProxy proxy(certificate, key, rig.port());
        TestClient client(proxy.port());
        const auto hello = client.hello();
        QVERIFY(hello);
        QCOMPARE(hello->tlsSpki, rig.pins);
        const QString copy = rig.folder.filePath(QStringLiteral("seen.pem"));
        QFile file(copy);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(client.socket().sslConfiguration().peerCertificate().toPem());
        file.close();
        QCOMPARE(*certificatePins({copy}), *certificatePins({certificate}));
        for (const Hash256 &listed : hello->tlsSpki)
            QVERIFY(listed != certificatePins({copy})->front());
    }
    void T061_anAnswerPassedOnFromAnotherRelayIsRefused()
    {
        // A false relay shows its victim the Hello of the real one, and hands the victim's answer back to it under a
        // Hello of its own connection: the answer is bound to the first.
        Rig rig;
        rig.start();
        const auto victimsKey = rig.addDevice(kAlice);
        TestClient shownToTheVictim(rig.port());
        QVERIFY(shownToTheVictim.hello());
        const wire::Authenticate answer = TestClient::answerTo(shownToTheVictim.helloBody(), kAlice, victimsKey);
        TestClient attacker(rig.port());
        QVERIFY(attacker.hello());
        attacker.send(answer);
        QCOMPARE(attacker.goodbye(), Code::BadSignature);
    }
    void sessionsAreResumed()
    {
        Rig rig;
        rig.start();
        QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
        configuration.setSslOption(QSsl::SslOptionDisableSessionPersistence, false);
        configuration.setPeerVerifyMode(QSslSocket::VerifyNone);
        QSslSocket first;
        first.setSslConfiguration(configuration);
        first.connectToHostEncrypted(QStringLiteral("127.0.0.1"), rig.port());
        QVERIFY(first.waitForEncrypted(10'000));
        // TLS 1.3 sends its ticket behind the handshake.
        QTRY_VERIFY(!first.sslConfiguration().sessionTicket().isEmpty());
    }
};

SOTTO_TEST(RelayTlsTest)

} // namespace sotto::relay

#include "relay_tls_test.moc"
