#include "core/net/hello_check.h"
#include "core/net/relay_connection.h"
#include "core/wire/limits.h"
#include "tests/kit/test_main.h"
#include "tests/unit/core_net/fake_transport.h"

#include <QCryptographicHash>
#include <QTest>

namespace sotto {

using namespace std::chrono_literals;

/// T060 and T061 on the client's side: nothing leaves before the pinned relay has proved itself on this connection.
class RelayProofTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theRightRelayIsToldWhoWeAre()
    {
        FakeNetwork network;
        RelayConnection connection(network.factory(), network.clock, network.random, network.pins(),
                                   network.identity());
        connection.start();
        Q_EMIT network.last().opened(network.spki());
        QVERIFY(network.last().sent.empty());
        const wire::HelloFrame hello = network.signedHello(network.hello());
        network.last().say(hello);
        const auto frames = network.last().sentFrames();
        QCOMPARE(int(frames.size()), 1);
        const auto &authenticate = std::get<wire::Authenticate>(frames[0]);
        QVERIFY(authenticate.account == network.self.account && authenticate.device == network.self.device);
        Bytes message("sotto/v1/relay-auth\0", 20);
        message += sha256Of(hello.hello.body) + network.self.account.toBytes() + Bytes("\0\0\0\x07", 4);
        QVERIFY(verifyEd25519(message, authenticate.signature, network.deviceKey.publicKey));
    }
    void T060_anotherRelayKeyGetsNothing()
    {
        FakeNetwork network;
        wire::Hello hello = network.hello();
        const Ed25519KeyPair other = *makeEd25519KeyPair(network.random);
        hello.relayKey = *RelayKey::fromBytes(other.publicKey);
        expectNotGenuine(network, network.spki(), network.signedHello(hello, &other));
    }
    void T060_aHelloSignedBySomebodyElseGetsNothing()
    {
        FakeNetwork network;
        const Ed25519KeyPair other = *makeEd25519KeyPair(network.random);
        expectNotGenuine(network, network.spki(), network.signedHello(network.hello(), &other));
    }
    void T060_aSignatureOfAnotherPurposeGetsNothing()
    {
        FakeNetwork network;
        const Bytes body = wire::encode(network.hello());
        expectNotGenuine(network, network.spki(), {signWith(network.relayKey, "relay-info", body)});
    }
    void T061_aProxyWithItsOwnCertificateGetsNothing()
    {
        FakeNetwork network;
        // The relay's true Hello, passed on by somebody who ends the TLS connection himself.
        expectNotGenuine(network, filledId<Hash256>('x'), network.signedHello(network.hello()));
    }
    void T060_aReplayedHelloIsHarmless()
    {
        FakeNetwork network;
        const wire::HelloFrame recorded = network.signedHello(network.hello());
        const wire::HelloFrame fresh = network.signedHello(network.hello());
        RelayConnection connection(network.factory(), network.clock, network.random, network.pins(),
                                   network.identity());
        connection.start();
        Q_EMIT network.last().opened(network.spki());
        network.last().say(recorded);
        const auto authenticate = std::get<wire::Authenticate>(network.last().sentFrames().at(0));
        // What the client answers fits the recorded Hello only: the relay's fresh one is not opened by it.
        const auto answers = [&](const wire::HelloFrame &hello) {
            const Hash256 hash = *Hash256::fromBytes(sha256Of(hello.hello.body));
            return verifyEd25519(authenticationMessage(hash, network.self), authenticate.signature,
                                 network.deviceKey.publicKey);
        };
        QVERIFY(answers(recorded));
        QVERIFY(!answers(fresh));
    }
    void T060_theAnswerBindsRelayAccountAndDevice()
    {
        const Hash256 hello = filledId<Hash256>('h');
        const DeviceAddress self{filledId<AccountId>('a'), *DeviceId::from(7)};
        const Bytes message = authenticationMessage(hello, self);
        QVERIFY(message != authenticationMessage(filledId<Hash256>('g'), self));
        QVERIFY(message != authenticationMessage(hello, {filledId<AccountId>('b'), self.device}));
        QVERIFY(message != authenticationMessage(hello, {self.account, *DeviceId::from(8)}));
    }
    void anotherFrameThanHelloEndsTheConnection()
    {
        FakeNetwork network;
        RelayConnection connection(network.factory(), network.clock, network.random, network.pins(),
                                   network.identity());
        connection.start();
        Q_EMIT network.last().opened(network.spki());
        network.last().say(wire::Welcome{});
        QVERIFY(connection.state() == ConnectionState::Backoff);
        QVERIFY(network.last().sent.empty());
    }
    void anotherProtocolGenerationIsSaid()
    {
        FakeNetwork network;
        RelayConnection connection(network.factory(), network.clock, network.random, network.pins(),
                                   network.identity());
        connection.start();
        wire::Hello hello = network.hello();
        hello.protocolMajor = wire::kProtocolMajor + 1;
        Q_EMIT network.last().opened(network.spki());
        network.last().say(network.signedHello(hello));
        QVERIFY(connection.problem() == ConnectionProblem::VersionUnsupported);
        QVERIFY(network.last().sent.empty());
    }
    void theNextKeyIsGoodAsWell()
    {
        FakeNetwork network;
        const Ed25519KeyPair next = *makeEd25519KeyPair(network.random);
        RelayPins pins = network.pins();
        pins.nextKey = RelayKey::fromBytes(next.publicKey);
        wire::Hello hello = network.hello();
        hello.relayKey = *pins.nextKey;
        QVERIFY(checkHello(network.signedHello(hello, &next), network.spki(), pins).hasValue());
    }

    // ---- RelayInfo
    void newerAddressesAreTakenOlderAreNot()
    {
        FakeNetwork network;
        RelayPins pins = network.pins();
        pins.infoVersion = 4;
        const auto offer = [&](std::uint64_t version, const Ed25519KeyPair &signer) {
            CheckedHello checked{network.hello(), filledId<Hash256>('h')};
            const wire::RelayInfo info{{QStringLiteral("new.example:1")}, std::nullopt, version};
            checked.hello.relayInfo = signWith(signer, "relay-info", wire::encode(info));
            return newerPins(checked, pins);
        };
        const auto newer = offer(5, network.relayKey);
        QVERIFY(newer);
        QCOMPARE(newer->addresses.at(0).host, QStringLiteral("new.example"));
        QCOMPARE(newer->infoVersion, 5u);
        QVERIFY(!offer(4, network.relayKey));
        QVERIFY(!offer(3, network.relayKey));
    }
    void T060_addressesSignedBySomebodyElseAreNotTaken()
    {
        FakeNetwork network;
        CheckedHello checked{network.hello(), filledId<Hash256>('h')};
        const wire::RelayInfo info{{QStringLiteral("evil.example:1")}, std::nullopt, 9};
        const Ed25519KeyPair other = *makeEd25519KeyPair(network.random);
        checked.hello.relayInfo = signWith(other, "relay-info", wire::encode(info));
        QVERIFY(!newerPins(checked, network.pins()));
    }
    void newPinsAreAnnouncedAndUsed()
    {
        FakeNetwork network;
        RelayConnection connection(network.factory(), network.clock, network.random, network.pins(),
                                   network.identity());
        std::optional<RelayPins> announced;
        QObject::connect(&connection, &RelayConnection::pinsChanged, &connection,
                         [&](const RelayPins &pins) { announced = pins; });
        connection.start();
        wire::Hello hello = network.hello();
        const wire::RelayInfo info{{QStringLiteral("moved.example:1")}, std::nullopt, 1};
        hello.relayInfo = signWith(network.relayKey, "relay-info", wire::encode(info));
        Q_EMIT network.last().opened(network.spki());
        network.last().say(network.signedHello(hello));
        QVERIFY(announced && *announced == connection.pins());
        Q_EMIT network.last().ended(TransportEnd::Closed);
        network.clock.advance(1s);
        QCOMPARE(network.last().address->host, QStringLiteral("moved.example"));
    }

private:
    static Bytes sha256Of(const Bytes &bytes) { return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256); }

    /// The client meets this Hello over a certificate of this hash: it says RelayNotGenuine and has sent nothing.
    static void expectNotGenuine(FakeNetwork &network, const Hash256 &spki, const wire::HelloFrame &hello)
    {
        RelayConnection connection(network.factory(), network.clock, network.random, network.pins(),
                                   network.identity());
        connection.start();
        Q_EMIT network.last().opened(spki);
        network.last().say(hello);
        QVERIFY(network.last().sent.empty());
        QVERIFY(network.last().closed);
        QVERIFY(connection.problem() == ConnectionProblem::RelayNotGenuine);
        QVERIFY(connection.state() == ConnectionState::Backoff);
    }
};

SOTTO_TEST(RelayProofTest)

} // namespace sotto

#include "relay_proof_test.moc"
