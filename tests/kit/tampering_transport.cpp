#include "tests/kit/tampering_transport.h"

#include <algorithm>
#include <utility>

namespace sotto::kit {

namespace {

class TamperingTransport final : public Transport {
public:
    TamperingTransport(std::unique_ptr<Transport> real, const Tampering &tampering)
        : m_real(std::move(real)), m_tampering(tampering)
    {
        connect(m_real.get(), &Transport::opened, this, &Transport::opened);
        connect(m_real.get(), &Transport::alive, this, [this] {
            m_tampering.openPings = std::max(m_tampering.openPings - 1, 0);
            if (m_tampering.answered)
                m_tampering.answered();
            Q_EMIT alive();
        });
        connect(m_real.get(), &Transport::ended, this, &Transport::ended);
        connect(m_real.get(), &Transport::frameArrived, this, [this](const Bytes &bytes) {
            if (m_tampering.isCut)
                return;
            if (isA<wire::Response>(bytes))
                m_tampering.openRequests = std::max(m_tampering.openRequests - 1, 0);
            for (const Bytes &changed : change(bytes, m_tampering.toClient)) {
                if (!m_closed)
                    Q_EMIT frameArrived(changed);
            }
        });
        connect(this, &Transport::opened, this, [this] { lendVoice(); });
        connect(this, &Transport::ended, this, [this] { takeVoice(); });
    }
    ~TamperingTransport() override { takeVoice(); }
    void open(const RelayAddress &address, const ProxySettings &proxy) override { m_real->open(address, proxy); }
    void send(const Bytes &frame) override
    {
        if (m_tampering.isCut)
            return;
        for (const Bytes &changed : change(frame, m_tampering.fromClient)) {
            m_tampering.openRequests += isA<wire::Request>(changed) ? 1 : 0;
            m_real->send(changed);
        }
    }
    void ping() override
    {
        if (m_tampering.isCut)
            return;
        ++m_tampering.openPings;
        if (m_tampering.pinged)
            m_tampering.pinged();
        m_real->ping();
    }
    qint64 unsentBytes() const override { return m_real->unsentBytes(); }
    void close() override
    {
        m_closed = true;
        takeVoice();
        m_real->close();
    }

private:
    template <class Kind> static bool isA(const Bytes &bytes)
    {
        const auto frame = wire::decodeFrame(bytes);
        return frame && std::holds_alternative<Kind>(*frame);
    }
    void lendVoice()
    {
        m_tampering.openRequests = m_tampering.openPings = 0;
        m_tampering.sayToClient = [this](const wire::Frame &frame) { Q_EMIT frameArrived(wire::encode(frame)); };
        m_tampering.sayToRelay = [this](const wire::Frame &frame) { m_real->send(wire::encode(frame)); };
        m_hasVoice = true;
    }
    void takeVoice()
    {
        if (!std::exchange(m_hasVoice, false))
            return;
        m_tampering.sayToClient = {};
        m_tampering.sayToRelay = {};
        m_tampering.openRequests = m_tampering.openPings = 0;
    }
    static std::vector<Bytes> change(const Bytes &bytes, const Tampering::Change &how)
    {
        if (!how)
            return {bytes};
        const auto frame = wire::decodeFrame(bytes);
        if (!frame)
            return {bytes};
        std::vector<Bytes> changed;
        for (const wire::Frame &one : how(*frame))
            changed.push_back(wire::encode(one));
        return changed;
    }
    std::unique_ptr<Transport> m_real;
    const Tampering &m_tampering;
    bool m_closed = false;
    bool m_hasVoice = false;
};

} // namespace

TransportFactory tamperingTransports(TransportFactory real, const Tampering &tampering)
{
    return [real = std::move(real), &tampering] { return std::make_unique<TamperingTransport>(real(), tampering); };
}

} // namespace sotto::kit
