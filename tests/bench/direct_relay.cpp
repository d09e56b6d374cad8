#include "tests/bench/direct_relay.h"

#include "core/ledger/signature.h"
#include "core/wire/limits.h"
#include "tests/bench/figures.h"

#include <QTimer>

namespace sotto::bench {

namespace {

const Hash256 kChannel = *Hash256::fromBytes(Bytes(32, 'c'));

Ed25519KeyPair makeKey(Random &random)
{
    auto key = makeEd25519KeyPair(random);
    must(bool(key), "make a relay key");
    return std::move(*key);
}

} // namespace

/// Frames come back through the event loop, as from a socket.
class DirectRelay::Line final : public Transport {
public:
    explicit Line(DirectRelay &relay) : m_relay(relay) { }
    void open(const RelayAddress &, const ProxySettings &) override
    {
        QTimer::singleShot(0, this, [this] {
            Q_EMIT opened(kChannel);
            Q_EMIT frameArrived(m_relay.greeting());
        });
    }
    void send(const Bytes &frame) override
    {
        const double before = cpuSeconds();
        if (const auto answer = m_relay.answer(frame)) {
            m_answers.push_back(*answer);
            if (m_answers.size() == 1)
                QTimer::singleShot(0, this, [this] { deliver(); });
        }
        m_relay.m_cpu += cpuSeconds() - before;
    }
    void ping() override { QTimer::singleShot(0, this, &Transport::alive); }
    qint64 unsentBytes() const override { return 0; }
    void close() override { m_answers.clear(); }

private:
    void deliver()
    {
        for (const Bytes &answer : std::exchange(m_answers, {}))
            Q_EMIT frameArrived(answer);
    }
    DirectRelay &m_relay;
    std::vector<Bytes> m_answers;
};

DirectRelay::DirectRelay(Clock &clock, Random &random) : m_clock(clock), m_key(makeKey(random)) { }

TransportFactory DirectRelay::transports()
{
    return [this] { return std::make_unique<Line>(*this); };
}

wire::Invite DirectRelay::invite() const
{
    return {*RelayKey::fromBytes(m_key.publicKey),
            {QStringLiteral("127.0.0.1:1")},
            *InviteSecret::fromBytes(Bytes(16, 'i')),
            m_clock.now(),
            std::nullopt};
}

Bytes DirectRelay::greeting()
{
    const wire::Hello hello{*RelayKey::fromBytes(m_key.publicKey),
                            QStringLiteral("direct"),
                            Bytes(wire::kNonceBytes, 'n'),
                            m_clock.now(),
                            {kChannel},
                            {},
                            wire::kProtocolMajor,
                            wire::kProtocolMinor,
                            0,
                            std::nullopt};
    return wire::encode(wire::Frame(wire::HelloFrame{signEntry(Purpose::RelayHello, wire::encode(hello), m_key)}));
}

std::optional<Bytes> DirectRelay::answer(const Bytes &bytes)
{
    const auto frame = wire::decodeFrame(bytes);
    must(bool(frame), "read a client's frame");
    if (std::holds_alternative<wire::Authenticate>(*frame))
        return wire::encode(wire::Frame(wire::Welcome{}));
    const auto *request = std::get_if<wire::Request>(&*frame);
    if (!request)
        return std::nullopt;
    wire::ResponseBody body = wire::RelayError{wire::RelayErrorCode::Unsupported, {}, 0};
    if (const auto *submit = std::get_if<wire::Submit>(&request->body)) {
        ++m_submits;
        if (onSubmit)
            onSubmit(*submit);
        body = wire::Accepted{m_clock.now(), {}, m_clock.now() + std::chrono::hours(30 * 24)};
    }
    return wire::encode(wire::Frame(wire::Response{request->id, body}));
}

} // namespace sotto::bench
