#include "tests/unit/core_net/fake_transport.h"

#include "core/wire/limits.h"

namespace sotto {

void FakeTransport::send(const Bytes &frame)
{
    sent.push_back(frame);
    if (breaksOnSend)
        Q_EMIT ended(TransportEnd::Closed);
}

std::vector<wire::Frame> FakeTransport::sentFrames() const
{
    std::vector<wire::Frame> frames;
    for (const Bytes &bytes : sent)
        frames.push_back(*wire::decodeFrame(bytes));
    return frames;
}

FakeNetwork::FakeNetwork()
    : relayKey(*makeEd25519KeyPair(random)),
      deviceKey(*makeEd25519KeyPair(random)),
      self{filledId<AccountId>('a'), *DeviceId::from(7)},
      m_spki(filledId<Hash256>('s'))
{ }

TransportFactory FakeNetwork::factory()
{
    return [this] {
        auto transport = std::make_unique<FakeTransport>();
        m_made.push_back(transport.get());
        return transport;
    };
}

RelayPins FakeNetwork::pins(int addresses) const
{
    RelayPins pins{key(), std::nullopt, {}, 0};
    for (int i = 0; i < addresses; ++i)
        pins.addresses.push_back({QStringLiteral("relay%1.example").arg(i), 443});
    return pins;
}

wire::Hello FakeNetwork::hello()
{
    return {key(),
            QStringLiteral("fake"),
            *random.bytes(wire::kNonceBytes),
            clock.now(),
            {m_spki},
            {},
            wire::kProtocolMajor,
            wire::kProtocolMinor,
            0,
            std::nullopt};
}

wire::HelloFrame FakeNetwork::signedHello(const wire::Hello &hello, const Ed25519KeyPair *signer) const
{
    return {signWith(signer ? *signer : relayKey, "relay-hello", wire::encode(hello))};
}

void FakeNetwork::prove()
{
    Q_EMIT last().opened(m_spki);
    last().say(signedHello(hello()));
}

void FakeNetwork::welcome(const wire::Welcome &welcome)
{
    prove();
    last().say(welcome);
}

ConnectionIdentity FakeNetwork::identity()
{
    return {self, [this](const Bytes &message) -> Result<Bytes> { return signEd25519(message, deviceKey); },
            [this] { return numbers; }};
}

wire::SignedEntry signWith(const Ed25519KeyPair &key, const char *purpose, const Bytes &body)
{
    const Bytes message = Bytes("sotto/v1/") + purpose + Bytes(1, '\0') + body;
    return {body, signEd25519(message, key), {}};
}

} // namespace sotto
