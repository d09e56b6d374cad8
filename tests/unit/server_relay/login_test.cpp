// How a device becomes somebody: Hello, Authenticate, Welcome, and who is refused.
#include "core/ledger/signature.h"
#include "core/primitives/hash.h"
#include "core/primitives/secret_bytes.h"
#include "server/relay/certificate.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_relay/relay_rig.h"
#include "tests/unit/server_relay/verification_count.h"

#include <QFile>
#include <QTest>

namespace sotto::relay {

class LoginTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(initialisePrimitives()); }

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
    void T060_whoDoesNotExistCostsAsMuchAsWhoDoes()
    {
        Rig rig;
        rig.start();
        rig.addDevice(kAlice);
        const auto wrongKey = rig.addDevice(kBob);
        const auto workFor = [&](const DeviceAddress &device) {
            TestClient client(rig.port());
            const bool greeted = client.hello().has_value();
            const wire::Authenticate claim = TestClient::answerTo(client.helloBody(), device, wrongKey);
            const std::pair before(verifiedSignatures(), rig.backend.lookups());
            client.send(claim);
            const bool refused = client.goodbye() == Code::BadSignature;
            return std::tuple(greeted && refused, verifiedSignatures() - before.first,
                              rig.backend.lookups() - before.second);
        };
        // The work is counted: a clock would say what else the machine does.
        QCOMPARE(workFor(kAlice), std::tuple(true, 1, 1));
        QCOMPARE(workFor(deviceOf(99)), std::tuple(true, 1, 1));
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
};

SOTTO_TEST(LoginTest)

} // namespace sotto::relay

#include "login_test.moc"
