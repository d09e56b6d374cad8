#include "core/net/registration.h"

#include <QPointer>

namespace sotto {

Error RegistrationError::toError() const
{
    switch (kind) {
    case Kind::Unreachable: return {ErrorCode::Offline, QStringLiteral("the relay cannot be reached")};
    case Kind::RelayNotGenuine:
        return {ErrorCode::Refused, QStringLiteral("who answers is not the relay of the invite")};
    case Kind::VersionUnsupported:
        return {ErrorCode::Unsupported, QStringLiteral("the relay speaks another version of the protocol")};
    case Kind::Lost: return {ErrorCode::TimedOut, QStringLiteral("the relay did not answer")};
    case Kind::Refused: return RequestError(relay).toError();
    case Kind::NotMade: return cause.value_or(ErrorCode::Internal);
    }
    return ErrorCode::Internal;
}

Registration::Registration(TransportFactory transports, Clock &clock, QObject *parent)
    : QObject(parent),
      m_transports(std::move(transports)),
      m_clock(clock),
      m_deadline(clock, [this] { finish(RegistrationError{RegistrationError::Kind::Lost}); })
{ }

Registration::~Registration() = default;

Task<Registration::Answer> Registration::registerAccount(RelayPins pins, ProxySettings proxy, MakeRequest makeRequest)
{
    Q_ASSERT(!m_answer && !pins.addresses.empty());
    m_pins = std::move(pins);
    m_proxy = std::move(proxy);
    m_makeRequest = std::move(makeRequest);
    m_answer.emplace();
    Task<Answer> task = m_answer->task();
    openNext();
    return task;
}

void Registration::openNext()
{
    if (m_channel) {
        m_channel->disconnect(this);
        m_channel.release()->deleteLater(); // this runs inside its last signal
    }
    const RelayAddress address = m_pins->addresses.at(m_nextAddress++);
    m_channel = std::make_unique<RelayChannel>(m_transports(), m_clock, *m_pins);
    connect(m_channel.get(), &RelayChannel::proved, this, &Registration::handleProved);
    connect(m_channel.get(), &RelayChannel::frameArrived, this, &Registration::handleFrame);
    connect(m_channel.get(), &RelayChannel::ended, this, &Registration::handleEnded);
    m_channel->open(address, m_proxy);
}

void Registration::handleProved(const CheckedHello &hello)
{
    m_hello = hello.hello;
    if (auto newer = newerPins(hello, *m_pins))
        m_pins = std::move(*newer);
    auto request = m_makeRequest(*m_hello);
    if (!request) {
        finish(RegistrationError{RegistrationError::Kind::NotMade, {}, request.error()});
        return;
    }
    m_deadline.start(kAnswerDeadline);
    m_channel->send(wire::encode(wire::Frame(wire::Request{1, std::move(*request)})));
}

void Registration::handleFrame(const wire::Frame &frame)
{
    if (const auto *goodbye = std::get_if<wire::Goodbye>(&frame)) {
        finish(RegistrationError{RegistrationError::Kind::Refused, goodbye->error});
        return;
    }
    const auto *response = std::get_if<wire::Response>(&frame);
    if (!response || response->id != 1) {
        finish(RegistrationError{RegistrationError::Kind::Lost});
        return;
    }
    if (const auto *error = std::get_if<wire::RelayError>(&response->body))
        finish(RegistrationError{RegistrationError::Kind::Refused, *error});
    else if (const auto *registered = std::get_if<wire::Registered>(&response->body))
        finish(RegistrationAnswer{*registered, *m_pins, *m_hello});
    else
        finish(RegistrationError{RegistrationError::Kind::Lost});
}

void Registration::handleEnded(ChannelEnd end)
{
    using Kind = RegistrationError::Kind;
    if (m_hello) {
        finish(RegistrationError{Kind::Lost});
        return;
    }
    // Of several addresses the most telling failure counts.
    if (end == ChannelEnd::NotGenuine)
        m_worst = Kind::RelayNotGenuine;
    else if (end == ChannelEnd::VersionUnsupported && m_worst == Kind::Unreachable)
        m_worst = Kind::VersionUnsupported;
    if (m_nextAddress < m_pins->addresses.size())
        openNext();
    else
        finish(RegistrationError{m_worst});
}

void Registration::finish(Answer answer)
{
    m_deadline.stop();
    if (m_channel) {
        m_channel->disconnect(this);
        m_channel->close();
        m_channel.release()->deleteLater();
    }
    if (!m_answer)
        return;
    Completer<Answer> completer = std::move(*m_answer);
    m_answer.reset();
    completer.finish(std::move(answer)); // this may be gone afterwards
}

} // namespace sotto
