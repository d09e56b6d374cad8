#include "tests/unit/core_messaging/loop_relay.h"

#include "core/ledger/signature.h"
#include "core/wire/limits.h"

#include <QTimer>

namespace sotto::kit {

namespace {

const Hash256 kChannel = *Hash256::fromBytes(Bytes(32, 'c'));

Ed25519KeyPair makeKey(Random &random)
{
    auto key = makeEd25519KeyPair(random);
    Q_ASSERT(key);
    return std::move(*key);
}

} // namespace

class LoopRelay::Line final : public Transport {
public:
    explicit Line(LoopRelay &relay) : m_relay(relay) { }
    void open(const RelayAddress &, const ProxySettings &) override
    {
        QTimer::singleShot(0, this, [this] {
            Q_EMIT opened(kChannel);
            Q_EMIT frameArrived(m_relay.greeting());
        });
    }
    void send(const Bytes &frame) override
    {
        if (const auto answer = m_relay.answer(frame))
            post(*answer);
    }
    void ping() override { QTimer::singleShot(0, this, &Transport::alive); }
    qint64 unsentBytes() const override { return 0; }
    void close() override { m_isClosed = true; }

    void post(const Bytes &frame)
    {
        QTimer::singleShot(0, this, [this, frame] {
            if (!m_isClosed)
                Q_EMIT frameArrived(frame);
        });
    }

private:
    LoopRelay &m_relay;
    bool m_isClosed = false;
};

LoopRelay::LoopRelay(Clock &clock, Random &random) : m_clock(clock), m_key(makeKey(random)) { }

TransportFactory LoopRelay::transports()
{
    return [this] { return std::make_unique<Line>(*this); };
}

wire::Invite LoopRelay::invite() const
{
    return {*RelayKey::fromBytes(m_key.publicKey),
            {QStringLiteral("127.0.0.1:1")},
            *InviteSecret::fromBytes(Bytes(16, 'i')),
            m_clock.now(),
            std::nullopt};
}

Bytes LoopRelay::greeting() const
{
    const wire::Hello hello{*RelayKey::fromBytes(m_key.publicKey),
                            QStringLiteral("loop"),
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

std::optional<Bytes> LoopRelay::answer(const Bytes &bytes)
{
    const auto frame = wire::decodeFrame(bytes);
    Q_ASSERT(frame);
    if (std::holds_alternative<wire::Authenticate>(*frame))
        return wire::encode(wire::Frame(welcome));
    if (const auto *done = std::get_if<wire::Acknowledge>(&*frame))
        m_acknowledged.insert(m_acknowledged.end(), done->seqs.begin(), done->seqs.end());
    const auto *request = std::get_if<wire::Request>(&*frame);
    if (!request)
        return std::nullopt;
    m_requests.push_back(request->body);
    auto body = onRequest
        ? onRequest(request->body)
        : std::optional<wire::ResponseBody>(wire::RelayError{wire::RelayErrorCode::Unsupported, {}, 0});
    if (!body)
        return std::nullopt;
    return wire::encode(wire::Frame(wire::Response{request->id, std::move(*body)}));
}

} // namespace sotto::kit
