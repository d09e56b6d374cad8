#pragma once
#include "core/net/relay_connection.h"
#include "core/net/transport.h"
#include "core/primitives/ed25519.h"
#include "core/wire/frame.h"
#include "tests/kit/fake_clock.h"
#include "tests/kit/seeded_random.h"

#include <QPointer>
#include <vector>

namespace sotto {

/// A transport whose other end is the test.
class FakeTransport final : public Transport {
    Q_OBJECT
public:
    void open(const RelayAddress &to, const ProxySettings &) override { address = to; }
    void send(const Bytes &frame) override;
    void ping() override { ++pings; }
    qint64 unsentBytes() const override { return unsent; }
    void close() override { closed = true; }

    /// The frames the client sent, decoded.
    std::vector<wire::Frame> sentFrames() const;
    /// The relay says a frame.
    void say(const wire::Frame &frame) { Q_EMIT frameArrived(wire::encode(frame)); }

    std::optional<RelayAddress> address;
    std::vector<Bytes> sent;
    int pings = 0;
    qint64 unsent = 0;
    bool closed = false;
    bool breaksOnSend = false;
};

/// All transports a connection has made, and a relay's key and certificate to answer with.
class FakeNetwork {
public:
    FakeNetwork();

    TransportFactory factory();
    int count() const { return int(m_made.size()); }
    FakeTransport &at(int index) const { return *m_made.at(std::size_t(index)); }
    FakeTransport &last() const { return at(count() - 1); }

    Hash256 spki() const { return m_spki; }
    RelayKey key() const { return *RelayKey::fromBytes(relayKey.publicKey); }
    RelayPins pins(int addresses = 1) const;
    /// A right Hello with a fresh nonce.
    wire::Hello hello();
    /// A Hello signed by `key`, by default the relay's.
    wire::HelloFrame signedHello(const wire::Hello &hello, const Ed25519KeyPair *key = nullptr) const;
    /// The relay at the other end of the newest transport is reached and proves itself.
    void prove();
    /// It proves itself and welcomes.
    void welcome(const wire::Welcome &welcome = {});

    kit::FakeClock clock;
    kit::SeededRandom random{11};
    Ed25519KeyPair relayKey;
    Ed25519KeyPair deviceKey;
    DeviceAddress self;
    OwnNumbers numbers;
    /// Who connects, with deviceKey and `numbers`.
    ConnectionIdentity identity();

private:
    std::vector<QPointer<FakeTransport>> m_made;
    Hash256 m_spki;
};

/// A signature over `body` as the project makes them.
wire::SignedEntry signWith(const Ed25519KeyPair &key, const char *purpose, const Bytes &body);

/// An id whose bytes are all `fill`.
template <class Id> Id filledId(char fill) { return *Id::fromBytes(Bytes(qsizetype(Id::kSize), fill)); }

} // namespace sotto
