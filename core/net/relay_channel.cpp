#include "core/net/relay_channel.h"

namespace sotto {

const char *name(ChannelEnd end)
{
    switch (end) {
    case ChannelEnd::Unreachable: return "unreachable";
    case ChannelEnd::NotARelay: return "not_a_relay";
    case ChannelEnd::NotGenuine: return "not_genuine";
    case ChannelEnd::VersionUnsupported: return "version_unsupported";
    case ChannelEnd::Silent: return "silent";
    case ChannelEnd::Misbehaved: return "misbehaved";
    case ChannelEnd::Lost: return "lost";
    }
    return "unknown";
}

RelayChannel::RelayChannel(std::unique_ptr<Transport> transport, Clock &clock, RelayPins pins, QObject *parent)
    : QObject(parent),
      m_transport(std::move(transport)),
      m_pins(std::move(pins)),
      m_deadline(clock, [this] { end(m_spki ? ChannelEnd::Silent : ChannelEnd::Unreachable); })
{
    connect(m_transport.get(), &Transport::opened, this, &RelayChannel::handleOpened);
    connect(m_transport.get(), &Transport::frameArrived, this, &RelayChannel::handleFrame);
    connect(m_transport.get(), &Transport::ended, this, &RelayChannel::handleEnded);
    connect(m_transport.get(), &Transport::alive, this, &RelayChannel::alive);
}

RelayChannel::~RelayChannel() { close(); }

void RelayChannel::open(const RelayAddress &address, const ProxySettings &proxy)
{
    m_deadline.start(kConnectDeadline);
    m_transport->open(address, proxy);
}

void RelayChannel::send(const Bytes &frame)
{
    if (m_proved && !m_ended)
        m_transport->send(frame);
}

void RelayChannel::ping()
{
    if (!m_ended)
        m_transport->ping();
}

qint64 RelayChannel::unsentBytes() const { return m_ended ? 0 : m_transport->unsentBytes(); }

void RelayChannel::close()
{
    m_deadline.stop();
    m_ended = true;
    if (!m_transport)
        return;
    m_transport->disconnect(this);
    m_transport->close();
    m_transport.release()->deleteLater(); // this may run inside one of its signals
}

void RelayChannel::end(ChannelEnd why)
{
    if (m_ended)
        return;
    close();
    Q_EMIT ended(why);
}

void RelayChannel::handleOpened(const Hash256 &spki)
{
    m_spki = spki;
    m_deadline.start(kHelloDeadline);
    Q_EMIT opened();
}

void RelayChannel::handleFrame(const Bytes &bytes)
{
    const auto frame = wire::decodeFrame(bytes);
    if (!frame)
        end(m_proved ? ChannelEnd::Misbehaved : ChannelEnd::NotARelay);
    else if (m_proved)
        Q_EMIT frameArrived(*frame);
    else
        handleHello(*frame);
}

void RelayChannel::handleHello(const wire::Frame &frame)
{
    const auto *introduction = std::get_if<wire::HelloFrame>(&frame);
    if (!introduction || !m_spki) {
        end(ChannelEnd::NotARelay);
        return;
    }
    const auto checked = checkHello(*introduction, *m_spki, m_pins);
    if (checked) {
        m_proved = true;
        m_deadline.stop();
        Q_EMIT proved(*checked);
        return;
    }
    switch (checked.error()) {
    case HelloRefusal::NotAHello: end(ChannelEnd::NotARelay); break;
    case HelloRefusal::VersionUnsupported: end(ChannelEnd::VersionUnsupported); break;
    case HelloRefusal::OtherRelayKey:
    case HelloRefusal::BadSignature:
    case HelloRefusal::OtherCertificate: end(ChannelEnd::NotGenuine); break;
    }
}

void RelayChannel::handleEnded(TransportEnd why)
{
    switch (why) {
    case TransportEnd::CouldNotConnect: end(ChannelEnd::Unreachable); break;
    case TransportEnd::TlsFailed:
    case TransportEnd::NotARelay: end(ChannelEnd::NotARelay); break;
    case TransportEnd::BadFrame: end(m_proved ? ChannelEnd::Misbehaved : ChannelEnd::NotARelay); break;
    case TransportEnd::Closed: end(ChannelEnd::Lost); break;
    }
}

} // namespace sotto
