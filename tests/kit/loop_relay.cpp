#include "tests/kit/loop_relay.h"

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
        auto answer = m_relay.answer(frame);
        if (!answer)
            return;
        m_answers.push_back(std::move(*answer));
        if (m_answers.size() == 1)
            QTimer::singleShot(0, this, &Line::deliver);
    }
    void ping() override { QTimer::singleShot(0, this, &Transport::alive); }
    qint64 unsentBytes() const override { return 0; }
    void close() override { m_isClosed = true; }

private:
    void deliver()
    {
        for (const Bytes &answer : std::exchange(m_answers, {})) {
            if (!m_isClosed)
                Q_EMIT frameArrived(answer);
        }
    }
    LoopRelay &m_relay;
    std::vector<Bytes> m_answers;
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
                            m_clock.now() + clockAhead,
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
        take(*done);
    const auto *request = std::get_if<wire::Request>(&*frame);
    if (!request)
        return std::nullopt;
    auto body = respond(request->body);
    if (!body)
        return std::nullopt;
    return wire::encode(wire::Frame(wire::Response{request->id, std::move(*body)}));
}

std::optional<wire::ResponseBody> LoopRelay::respond(const wire::RequestBody &request)
{
    m_requests.push_back(request);
    return onRequest ? onRequest(request) : wire::RelayError{wire::RelayErrorCode::Unsupported, {}, 0};
}

void LoopRelay::take(const wire::Acknowledge &acknowledge)
{
    m_acknowledged.insert(m_acknowledged.end(), acknowledge.seqs.begin(), acknowledge.seqs.end());
}

} // namespace sotto::kit
