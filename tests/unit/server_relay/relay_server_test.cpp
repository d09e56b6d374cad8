#include "core/ledger/signature.h"
#include "core/primitives/hash.h"
#include "core/primitives/secret_bytes.h"
#include "server/relay/certificate.h"
#include "server/relay/relay_server.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/seeded_random.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_relay/fake_backend.h"
#include "tests/unit/server_relay/raw_client.h"
#include "tests/unit/server_relay/test_client.h"

#include <QFile>
#include <QSslKey>
#include <QSslServer>
#include <QSslSocket>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <thread>

namespace sotto::relay {

using namespace std::chrono_literals;
using Code = wire::RelayErrorCode;

namespace {

DeviceAddress deviceOf(std::uint8_t account, std::uint32_t device = 1)
{
    std::array<std::uint8_t, 32> bytes{};
    bytes[0] = account;
    return {AccountId(bytes), *DeviceId::from(device)};
}

/// Answers lookups at once, and profile fetches when the test says so.
class LookupHandler final : public HandlerFor<wire::LookupHandle> {
public:
    Task<Reply> handle(SessionContext session, wire::LookupHandle request) override
    {
        if (!session.device)
            return Task<Reply>::finished(Reply::refused(Code::NotAuthenticated));
        if (request.handle == QLatin1String("nobody"))
            return Task<Reply>::finished(Reply(wire::HandleFound{}));
        return Task<Reply>::finished(Reply(wire::HandleFound{session.device->account}));
    }
};

class SubmitHandler final : public HandlerFor<wire::Submit> {
public:
    Task<Reply> handle(SessionContext, wire::Submit) override { return Task<Reply>::finished(Reply(wire::Accepted{})); }
};

class RegisterHandler final : public HandlerFor<wire::Register> {
public:
    Task<Reply> handle(SessionContext session, wire::Register) override
    {
        return Task<Reply>::finished(session.device ? Reply::refused(Code::NotPermitted)
                                                    : Reply(wire::Registered{deviceOf(42).account}));
    }
};

/// A relay without a store, in virtual time.
struct Rig {
    explicit Rig(int workers = 1, EventLoopKind loop = EventLoopKind::Epoll)
        : limiter(clock, ConnectionLimits{1000, 1000, {1e6, 1e6}, 1000, 1000})
    {
        handlers.add(std::make_unique<LookupHandler>());
        handlers.add(std::make_unique<RegisterHandler>());
        const QString certificate = folder.filePath(QStringLiteral("certificate.pem"));
        const QString key = folder.filePath(QStringLiteral("key.pem"));
        const auto made = makeSelfSignedCertificate(certificate, key, clock.now());
        Q_ASSERT(made);
        pins = *certificatePins({certificate});
        auto relayKey = makeEd25519KeyPair(random);
        hello = std::make_unique<HelloMaker>(RelayIntroduction{QStringLiteral("Test"),
                                                               pins,
                                                               {262144, 64, 262144, 30, true},
                                                               {QStringLiteral("relay.test:7744")},
                                                               std::nullopt,
                                                               1},
                                             std::move(*relayKey), clock, random);
        services.emplace(SessionServices{clock, backend, handlers, router, *hello, limits});
        options = {workers, loop, {}, *TlsContext::create(certificate, key)};
    }
    void start()
    {
        services->limits = limits;
        auto acceptor = Acceptor::listen(QHostAddress(QHostAddress::LocalHost), 0, clock, limiter);
        server = std::make_unique<RelayServer>(std::move(*acceptor), options, *services);
    }
    std::uint16_t port() const { return server->port(); }
    Ed25519KeyPair addDevice(const DeviceAddress &device)
    {
        auto key = makeEd25519KeyPair(random);
        backend.addDevice(device, key->publicKey);
        return std::move(*key);
    }

    QTemporaryDir folder;
    kit::FakeClock clock;
    kit::SeededRandom random;
    FakeBackend backend;
    HandlerTable handlers;
    SessionRouter router;
    ConnectionLimiter limiter;
    std::vector<Hash256> pins;
    std::unique_ptr<HelloMaker> hello;
    SessionLimits limits;
    std::atomic<int> backlogMs{0};
    std::optional<SessionServices> services;
    RelayServer::Options options;
    std::unique_ptr<RelayServer> server;
};

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

const DeviceAddress kAlice = deviceOf(1);
const DeviceAddress kBob = deviceOf(2);

} // namespace

class RelayServerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

    // ---- Connection and authentication ---------------------------------------------------------------------------

    void aDeviceSaysWhoItIsAndIsWelcome_data()
    {
        QTest::addColumn<int>("workers");
        QTest::addColumn<int>("loop");
        QTest::newRow("one worker") << 1 << int(EventLoopKind::Epoll);
        QTest::newRow("three workers") << 3 << int(EventLoopKind::Epoll);
        QTest::newRow("stock loop") << 2 << int(EventLoopKind::Stock);
    }
    void aDeviceSaysWhoItIsAndIsWelcome()
    {
        QFETCH(int, workers);
        QFETCH(int, loop);
        Rig rig(workers, EventLoopKind(loop));
        rig.start();
        const auto aliceKey = rig.addDevice(kAlice);
        const auto bobKey = rig.addDevice(kBob);
        TestClient alice(rig.port());
        const auto hello = alice.hello();
        QVERIFY(hello);
        QCOMPARE(hello->name, QStringLiteral("Test"));
        QCOMPARE(hello->tlsSpki, rig.pins);
        QCOMPARE(hello->time, rig.clock.now());
        QCOMPARE(hello->relayKey, rig.hello->relayKey());
        alice.authenticate(kAlice, aliceKey);
        const auto welcome = alice.receiveA<wire::Welcome>();
        QVERIFY(welcome);
        QCOMPARE(welcome->lastAckedSeq, 7U);
        QCOMPARE(welcome->lastSubmitSeq, 8U);
        TestClient bob(rig.port());
        QVERIFY(bob.login(kBob, bobKey));
        QVERIFY(rig.router.isConnected(kAlice));
        QCOMPARE(rig.router.connectedDevices(kBob.account), std::vector<DeviceId>{kBob.device});
        QTRY_COMPARE(rig.backend.opened(), 2);
        alice.close();
        QTRY_COMPARE(rig.backend.closed(), 1);
        QVERIFY(!rig.router.isConnected(kAlice));
        QVERIFY(rig.router.isConnected(kBob));
        QTRY_COMPARE(rig.server->sessions(), 1);
    }
    void theCertificateIsTheOneInHello()
    {
        Rig rig;
        rig.start();
        TestClient client(rig.port());
        const auto hello = client.hello();
        QVERIFY(hello);
        const QSslCertificate seen = client.socket().sslConfiguration().peerCertificate();
        const QString copy = rig.folder.filePath(QStringLiteral("seen.pem"));
        QFile file(copy);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(seen.toPem());
        file.close();
        QCOMPARE(*certificatePins({copy}), hello->tlsSpki);
        QCOMPARE(client.socket().sslConfiguration().sessionProtocol(), QSsl::TlsV1_3);
    }
    void everyHelloHasItsOwnNonce()
    {
        Rig rig;
        rig.start();
        TestClient first(rig.port());
        TestClient second(rig.port());
        const auto one = first.hello();
        const auto two = second.hello();
        QVERIFY(one && two);
        QVERIFY(one->nonce != two->nonce);
        QCOMPARE(one->nonce.size(), 32);
    }
    void T060_wrongSignaturesAreRefused()
    {
        Rig rig;
        rig.start();
        const auto aliceKey = rig.addDevice(kAlice);
        const auto bobKey = rig.addDevice(kBob);
        const DeviceAddress secondDevice = deviceOf(1, 2);
        rig.addDevice(secondDevice);
        TestClient honest(rig.port());
        QVERIFY(honest.login(kAlice, aliceKey));

        TestClient otherKey(rig.port());
        QVERIFY(otherKey.hello());
        otherKey.authenticate(kAlice, bobKey);
        QCOMPARE(otherKey.goodbye(), Code::BadSignature);
        QVERIFY(otherKey.isClosed());

        TestClient replayed(rig.port());
        QVERIFY(replayed.hello());
        replayed.send(TestClient::answerTo(honest.helloBody(), kAlice, aliceKey));
        QCOMPARE(replayed.goodbye(), Code::BadSignature);

        TestClient otherDevice(rig.port());
        QVERIFY(otherDevice.hello());
        wire::Authenticate claim = TestClient::answerTo(otherDevice.helloBody(), kAlice, aliceKey);
        claim.device = secondDevice.device;
        otherDevice.send(claim);
        QCOMPARE(otherDevice.goodbye(), Code::BadSignature);

        TestClient unknown(rig.port());
        QVERIFY(unknown.hello());
        unknown.authenticate(deviceOf(99), aliceKey);
        QCOMPARE(unknown.goodbye(), Code::BadSignature); // as if it existed
        QCOMPARE(rig.backend.opened(), 1);
    }
    void T060_anAnswerForAnotherRelayIsRefused()
    {
        Rig here;
        Rig there;
        here.start();
        there.start();
        const auto key = here.addDevice(kAlice);
        there.backend.addDevice(kAlice, key.publicKey);
        TestClient atThere(there.port());
        QVERIFY(atThere.hello());
        TestClient atHere(here.port());
        QVERIFY(atHere.hello());
        atHere.send(TestClient::answerTo(atThere.helloBody(), kAlice, key));
        // Both rigs draw the same nonces from the same seed: only key and certificate make the difference.
        QCOMPARE(atHere.goodbye(), Code::BadSignature);
    }
    void T060_aSignatureForAnotherPurposeIsRefused()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.hello());
        wire::Authenticate claim = TestClient::answerTo(client.helloBody(), kAlice, key);
        Bytes body = sha256(client.helloBody()).toBytes() + kAlice.account.toBytes();
        claim.signature = sign(Purpose::Bundle, body + Bytes::fromHex("00000001"), key);
        client.send(claim);
        QCOMPARE(client.goodbye(), Code::BadSignature);
    }
    void T060_anOldHelloIsRefused()
    {
        Rig rig;
        rig.limits.roleDeadline = 10min; // else the deadline would come first
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient fresh(rig.port());
        TestClient old(rig.port());
        QVERIFY(fresh.hello());
        QVERIFY(old.hello());
        rig.clock.advance(30s);
        fresh.authenticate(kAlice, key);
        QVERIFY(fresh.receiveA<wire::Welcome>());
        rig.clock.advance(1ms);
        old.authenticate(kAlice, key);
        QCOMPARE(old.goodbye(), Code::HelloExpired);
    }
    void aHelloIsGoodForOneAnswer()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        client.authenticate(kAlice, key);
        QCOMPARE(client.goodbye(), Code::Malformed);
        QVERIFY(client.isClosed());
    }
    void aRevokedDeviceIsTold()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient running(rig.port());
        QVERIFY(running.login(kAlice, key));
        rig.backend.revoke(kAlice);
        rig.router.disconnect(kAlice, Code::Revoked);
        QCOMPARE(running.goodbye(), Code::Revoked);
        TestClient back(rig.port());
        QVERIFY(back.hello());
        back.authenticate(kAlice, key);
        QCOMPARE(back.goodbye(), Code::Revoked);
    }
    void aDeviceRevokedDuringItsLoginIsTold()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        rig.backend.revokeAtWelcome();
        TestClient client(rig.port());
        QVERIFY(client.hello());
        client.authenticate(kAlice, key);
        QCOMPARE(client.goodbye(), Code::Revoked);
    }
    void theNewestSessionOfADeviceWins_data()
    {
        QTest::addColumn<int>("workers");
        QTest::newRow("same worker") << 1;
        QTest::newRow("other worker") << 2;
    }
    void theNewestSessionOfADeviceWins()
    {
        QFETCH(int, workers);
        Rig rig(workers);
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient first(rig.port());
        QVERIFY(first.login(kAlice, key));
        TestClient second(rig.port());
        QVERIFY(second.login(kAlice, key));
        QCOMPARE(first.goodbye(), Code::Replaced);
        QVERIFY(first.isClosed());
        QTRY_COMPARE(rig.server->sessions(), 1);
        QVERIFY(rig.router.isConnected(kAlice));
        QCOMPARE(rig.backend.opened(), 2);
        QCOMPARE(rig.backend.closed(), 1);
        rig.router.push(kAlice, wire::Notice{QStringLiteral("for the newest")});
        QVERIFY(second.receiveA<wire::Push>());
    }
    void strangersMustChooseARoleInTime()
    {
        Rig rig;
        rig.start();
        TestClient silent(rig.port());
        QVERIFY(silent.hello());
        rig.clock.advance(9s);
        QCOMPARE(rig.server->sessions(), 1);
        rig.clock.advance(2s);
        QCOMPARE(silent.goodbye(), Code::TimedOut);
        QVERIFY(silent.isClosed());
    }
    void strangersHaveThreeFrames()
    {
        Rig rig;
        rig.start();
        TestClient client(rig.port());
        QVERIFY(client.hello());
        wire::Register registration{InviteSecret({}), {"g", Bytes(64, 's'), {}}, {"b", Bytes(64, 's'), {}}, {}, {},
                                    Hash256({})};
        for (std::uint32_t id = 1; id <= 4; ++id)
            client.send(wire::Request{id, registration});
        for (std::uint32_t id = 1; id <= 3; ++id) {
            const auto response = client.receiveA<wire::Response>();
            QVERIFY(response);
            QCOMPARE(response->id, id);
            QVERIFY(std::holds_alternative<wire::Registered>(response->body));
        }
        QCOMPARE(client.goodbye(), Code::RateLimited);
    }
    void aRegistrationHas30SecondsAndMayThenAuthenticate()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(deviceOf(42));
        TestClient client(rig.port());
        QVERIFY(client.hello());
        wire::Register registration{InviteSecret({}), {"g", Bytes(64, 's'), {}}, {"b", Bytes(64, 's'), {}}, {}, {},
                                    Hash256({})};
        client.send(wire::Request{1, registration});
        QVERIFY(client.receiveA<wire::Response>());
        rig.clock.advance(20s);
        client.authenticate(deviceOf(42), key);
        QVERIFY(client.receiveA<wire::Welcome>());
        TestClient slow(rig.port());
        QVERIFY(slow.hello());
        slow.send(wire::Request{1, registration});
        QVERIFY(slow.receiveA<wire::Response>());
        rig.clock.advance(31s);
        QCOMPARE(slow.goodbye(), Code::TimedOut);
    }
    void strangersMayAskNothingElse()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient asking(rig.port());
        QVERIFY(asking.hello());
        asking.send(wire::Request{1, wire::LookupHandle{QStringLiteral("bob")}});
        QCOMPARE(asking.goodbye(), Code::NotAuthenticated);
        TestClient acknowledging(rig.port());
        QVERIFY(acknowledging.hello());
        acknowledging.send(wire::Acknowledge{{1, 2}});
        QCOMPARE(acknowledging.goodbye(), Code::NotAuthenticated);
        TestClient nonsense(rig.port());
        QVERIFY(nonsense.hello());
        nonsense.sendBytes("this is no frame");
        QCOMPARE(nonsense.goodbye(), Code::Malformed);
        TestClient relayish(rig.port());
        QVERIFY(relayish.login(kAlice, key));
        relayish.send(wire::Welcome{});
        QCOMPARE(relayish.goodbye(), Code::Malformed);
    }
    void withoutRandomnessNobodyIsGreeted()
    {
        Rig rig;
        rig.start();
        rig.random.failNow();
        TestClient client(rig.port());
        QCOMPARE(client.goodbye(), Code::Unavailable);
    }

    // ---- TLS -----------------------------------------------------------------------------------------------------

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

    // ---- Requests ------------------------------------------------------------------------------------------------

    void requestsReachTheirHandlerAndAreAnsweredByTheirNumber()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        client.send(wire::Request{17, wire::LookupHandle{QStringLiteral("nobody")}});
        client.send(wire::Request{18, wire::LookupHandle{QStringLiteral("me")}});
        client.send(wire::Request{19, wire::CreateInvite{Hash256({})}});
        const auto nobody = client.receiveA<wire::Response>();
        const auto me = client.receiveA<wire::Response>();
        const auto invite = client.receiveA<wire::Response>();
        QVERIFY(nobody && me && invite);
        QCOMPARE(nobody->id, 17U);
        QVERIFY(!std::get<wire::HandleFound>(nobody->body).account);
        QCOMPARE(me->id, 18U);
        QCOMPARE(std::get<wire::HandleFound>(me->body).account, kAlice.account);
        QCOMPARE(invite->id, 19U);
        QCOMPARE(std::get<wire::RelayError>(invite->body).code, Code::Unsupported);
    }
    void aDiskThatIsBehindSlowsSendersOnly()
    {
        Rig rig;
        rig.handlers.add(std::make_unique<SubmitHandler>());
        rig.services->storageBacklog = [&rig] { return Milliseconds(rig.backlogMs.load()); };
        rig.start();
        const auto aliceKey = rig.addDevice(kAlice);
        const auto bobKey = rig.addDevice(kBob);
        TestClient sender(rig.port());
        TestClient reader(rig.port());
        QVERIFY(sender.login(kAlice, aliceKey));
        QVERIFY(reader.login(kBob, bobKey));
        wire::Submit submit{1, SubmitId({}), wire::MailClass::Message, 0, {}, {}};
        submit.targets.push_back({kBob.account, 1, std::nullopt, {{kBob.device, wire::CopyKind::Signal, "s", "c"}}});
        rig.backlogMs = 300;
        sender.send(wire::Request{1, submit});
        QVERIFY(sender.receiveA<wire::Response>()); // what has been read is answered
        sender.send(wire::Request{2, submit});
        reader.send(wire::Request{3, wire::LookupHandle{QStringLiteral("me")}});
        QVERIFY(reader.receiveA<wire::Response>()); // who sends no mail is not slowed down
        QVERIFY(!sender.hasFrame());
        rig.backlogMs = 0;
        rig.clock.advance(1s);
        QVERIFY(sender.receiveA<wire::Response>());
    }
    void ephemeralFramesGoToTheBackend()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        client.send(wire::Ephemeral{kBob.account, std::nullopt, "typing"});
        QTRY_COMPARE(rig.backend.ephemerals(), 1);
    }

    // ---- Mail ----------------------------------------------------------------------------------------------------

    void queuedMailComesFirstThenWhatArrives()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        for (int i = 0; i < 5; ++i)
            rig.backend.append(kAlice, 300);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        const auto backlog = client.receiveA<wire::Push>();
        QVERIFY(backlog);
        QCOMPARE(std::get<wire::Deliver>(*backlog).envelopes.size(), 5U);
        const auto drained = client.receiveA<wire::Push>();
        QVERIFY(drained);
        QCOMPARE(std::get<wire::QueueDrained>(*drained).seq, 5U);
        const auto envelope = rig.backend.append(kAlice, 300);
        QVERIFY(rig.router.deliver(kAlice, envelope));
        const auto live = client.receiveA<wire::Push>();
        QVERIFY(live);
        QCOMPARE(std::get<wire::Deliver>(*live).envelopes, std::vector<wire::Envelope>{envelope});
        client.send(wire::Acknowledge{{1, 2, 3, 4, 5, 6}});
        QTRY_VERIFY(rig.backend.queued(kAlice).empty());
        QVERIFY(!rig.router.deliver(kBob, envelope));
    }
    void T191_onlyMailThatWasSentIsAcknowledgedAndOnce()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        rig.backend.append(kAlice, 300);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        QVERIFY(client.receiveA<wire::Push>());
        for (int i = 0; i < 100; ++i)
            client.send(wire::Acknowledge{std::vector<std::uint64_t>(100, 1)});
        client.send(wire::Acknowledge{{7, 8, 9}}); // never sent to it
        client.send(wire::Request{1, wire::LookupHandle{QStringLiteral("me")}});
        QVERIFY(client.receiveA<wire::Response>());
        QVERIFY(rig.backend.queued(kAlice).empty());
        QCOMPARE(rig.backend.acknowledged(), 1);
    }
    void aDeviceThatDoesNotAcknowledgeGetsNoMoreThanTheWindow()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        for (int i = 0; i < 200; ++i)
            rig.backend.append(kAlice, 300);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        std::vector<std::uint64_t> received;
        while (received.size() < 64) {
            const auto push = client.receiveA<wire::Push>();
            QVERIFY(push);
            for (const auto &envelope : std::get<wire::Deliver>(*push).envelopes)
                received.push_back(envelope.seq);
        }
        // Live mail behind a full window is left to the queue too.
        QVERIFY(rig.router.deliver(kAlice, rig.backend.append(kAlice, 300)));
        client.send(wire::Request{1, wire::LookupHandle{QStringLiteral("me")}});
        const auto next = client.receive(); // the answer comes, no mail before it
        QVERIFY(next && std::holds_alternative<wire::Response>(*next));
        QCOMPARE(received.size(), 64U);
        bool drained = false;
        while (!drained) {
            client.send(wire::Acknowledge{{received.begin(), received.end()}});
            received.clear();
            const auto push = client.receiveA<wire::Push>();
            QVERIFY(push);
            if (const auto *deliver = std::get_if<wire::Deliver>(&*push)) {
                for (const auto &envelope : deliver->envelopes)
                    received.push_back(envelope.seq);
            } else {
                drained = std::holds_alternative<wire::QueueDrained>(*push);
            }
        }
        QTRY_VERIFY(rig.backend.queued(kAlice).empty());
    }
    void theWindowCountsBytesToo()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        for (int i = 0; i < 10; ++i)
            rig.backend.append(kAlice, 90'000);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        std::size_t count = 0;
        while (count < 2)
            count += std::get<wire::Deliver>(*client.receiveA<wire::Push>()).envelopes.size();
        client.send(wire::Request{1, wire::LookupHandle{QStringLiteral("me")}});
        const auto next = client.receive();
        QVERIFY(next && std::holds_alternative<wire::Response>(*next));
        QCOMPARE(count, 2U);
    }
    void aQueueThatCannotBeReadEndsTheSession()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.hello());
        rig.backend.breakDown();
        client.authenticate(kAlice, key);
        QCOMPARE(client.goodbye(), Code::Unavailable);
    }

    // ---- Life and end --------------------------------------------------------------------------------------------

    void heartbeatsKeepAConnectionAndSilenceEndsIt()
    {
        Rig rig;
        rig.start();
        const auto key = rig.addDevice(kAlice);
        TestClient client(rig.port());
        QVERIFY(client.login(kAlice, key));
        // The client's WebSocket answers pings by itself while its event loop runs; a talkative neighbour on the same
        // worker shows when the worker and this loop have had their turns.
        TestClient neighbour(rig.port());
        const auto neighbourKey = rig.addDevice(kBob);
        QVERIFY(neighbour.login(kBob, neighbourKey));
        for (std::uint32_t i = 0; i < 60; ++i) {
            rig.clock.advance(5s);
            for (int turn = 0; turn < 3; ++turn) {
                neighbour.send(wire::Request{i, wire::LookupHandle{QStringLiteral("me")}});
                QVERIFY(neighbour.receiveA<wire::Response>());
            }
        }
        QCOMPARE(rig.server->sessions(), 2);
        // Now their program hangs: minutes pass for the relay between two turns of this loop.
        QVERIFY(QTest::qWaitFor(
            [&rig] {
                rig.clock.advance(2min);
                return rig.server->sessions() == 0;
            },
            20'000));
        QVERIFY(!rig.router.isConnected(kAlice));
    }
    void aStoppingRelaySaysSo()
    {
        Rig rig(2);
        rig.start();
        const auto aliceKey = rig.addDevice(kAlice);
        TestClient alice(rig.port());
        QVERIFY(alice.login(kAlice, aliceKey));
        TestClient stranger(rig.port());
        QVERIFY(stranger.hello());
        std::thread stopping([&rig] { rig.server.reset(); });
        QCOMPARE(alice.goodbye(), Code::GoingDown);
        QCOMPARE(stranger.goodbye(), Code::GoingDown);
        QVERIFY(alice.isClosed());
        stopping.join();
        QCOMPARE(rig.backend.closed(), 1);
        QCOMPARE(rig.limiter.total(), 0);
    }
    void aTakenPortIsRefused()
    {
        Rig rig;
        rig.start();
        const auto refused =
            Acceptor::listen(QHostAddress(QHostAddress::LocalHost), rig.port(), rig.clock, rig.limiter);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Busy);
    }
};

SOTTO_TEST(RelayServerTest)

} // namespace sotto::relay

#include "relay_server_test.moc"
