#include "core/net/relay_connection.h"

#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/wire/limits.h"

#include <algorithm>

namespace sotto {

namespace {

/// A relay cannot send its clients away for longer than this.
constexpr Milliseconds kLongestRetryAfter{10 * 60'000};

ConnectionProblem problemOf(ChannelEnd end)
{
    switch (end) {
    case ChannelEnd::NotGenuine: return ConnectionProblem::RelayNotGenuine;
    case ChannelEnd::VersionUnsupported: return ConnectionProblem::VersionUnsupported;
    case ChannelEnd::Unreachable:
    case ChannelEnd::NotARelay:
    case ChannelEnd::Silent: return ConnectionProblem::Unreachable;
    case ChannelEnd::Misbehaved:
    case ChannelEnd::Lost: return ConnectionProblem::Lost;
    }
    return ConnectionProblem::Lost;
}

/// Which of the problems of one round a person should hear of.
int weight(ConnectionProblem problem)
{
    switch (problem) {
    case ConnectionProblem::RelayNotGenuine: return 3;
    case ConnectionProblem::VersionUnsupported: return 2;
    case ConnectionProblem::None: return 0;
    default: return 1;
    }
}

} // namespace

const char *name(ConnectionProblem problem)
{
    switch (problem) {
    case ConnectionProblem::None: return "none";
    case ConnectionProblem::Unreachable: return "unreachable";
    case ConnectionProblem::RelayNotGenuine: return "relay_not_genuine";
    case ConnectionProblem::VersionUnsupported: return "version_unsupported";
    case ConnectionProblem::AuthenticationRefused: return "authentication_refused";
    case ConnectionProblem::Replaced: return "replaced";
    case ConnectionProblem::Revoked: return "revoked";
    case ConnectionProblem::DatabaseRolledBack: return "database_rolled_back";
    case ConnectionProblem::SigningFailed: return "signing_failed";
    case ConnectionProblem::DatabaseUnreadable: return "database_unreadable";
    case ConnectionProblem::RelayGoingDown: return "relay_going_down";
    case ConnectionProblem::Lost: return "lost";
    }
    return "unknown";
}

RelayConnection::RelayConnection(TransportFactory transports, Clock &clock, Random &random, RelayPins pins,
                                 ConnectionIdentity identity, QObject *parent)
    : QObject(parent),
      m_transports(std::move(transports)),
      m_clock(clock),
      m_pins(std::move(pins)),
      m_identity(std::move(identity)),
      m_backoff(random),
      m_retry(clock, [this] { apply(ConnectionEvent::RetryDue); }),
      m_deadline(clock, [this] { fail(ConnectionProblem::Lost); }),
      m_beat(clock, [this] { handleBeat(); })
{
    Q_ASSERT(!m_pins.addresses.empty());
}

RelayConnection::~RelayConnection() = default;

void RelayConnection::start() { apply(ConnectionEvent::Start); }

void RelayConnection::stop()
{
    m_problem = ConnectionProblem::None;
    apply(ConnectionEvent::Stop);
}

void RelayConnection::networkUp() { apply(ConnectionEvent::WakeUp); }

void RelayConnection::resumed() { apply(ConnectionEvent::WakeUp); }

void RelayConnection::setAddresses(std::vector<RelayAddress> addresses)
{
    if (addresses.empty())
        return;
    m_pins.addresses = std::move(addresses);
    Q_EMIT pinsChanged(m_pins);
}

bool RelayConnection::send(const Bytes &frame)
{
    if (!isOnline() || frame.size() > wire::kMaxFrameBytes)
        return false;
    m_channel->send(frame);
    return true;
}

std::optional<Timestamp> RelayConnection::relayNow() const
{
    if (!m_hello)
        return std::nullopt;
    return m_hello->time + (m_clock.monotonic() - m_helloAt);
}

qint64 RelayConnection::unsentBytes() const { return m_channel ? m_channel->unsentBytes() : 0; }

void RelayConnection::reportMisbehaviour()
{
    qCWarning(lcNet, "the relay broke a rule of the protocol; the connection is dropped");
    if (isOnline())
        fail(ConnectionProblem::Lost);
}

// ---- The machine -------------------------------------------------------------------------------------------------

void RelayConnection::apply(ConnectionEvent event)
{
    const ConnectionTransition transition = connectionTransition(m_state, event);
    const ConnectionState before = m_state;
    m_state = transition.next;
    run(transition.action);
    if (before != transition.next) {
        qCDebug(lcNet, "connection: %s", name(transition.next));
        Q_EMIT stateChanged();
    }
}

void RelayConnection::run(ConnectionAction action)
{
    switch (action) {
    case ConnectionAction::Nothing: return;
    case ConnectionAction::OpenFirst:
        m_nextAddress = 0;
        m_problem = ConnectionProblem::None;
        openNext();
        return;
    case ConnectionAction::OpenNext: openNext(); return;
    case ConnectionAction::Authenticate: authenticate(); return;
    case ConnectionAction::GoOnline: goOnline(); return;
    case ConnectionAction::WaitToRetry: waitToRetry(); return;
    case ConnectionAction::Drop: dropChannel(); return;
    case ConnectionAction::Probe: probe(); return;
    case ConnectionAction::Impossible:
        Q_ASSERT_X(false, "RelayConnection", "an event that this state cannot meet");
        return;
    }
}

void RelayConnection::openNext()
{
    m_retry.stop();
    m_deadline.stop();
    retireChannel();
    const RelayAddress address = m_pins.addresses.at(m_nextAddress++);
    m_channel = std::make_unique<RelayChannel>(m_transports(), m_clock, m_pins);
    connect(m_channel.get(), &RelayChannel::opened, this, [this] { apply(ConnectionEvent::Opened); });
    connect(m_channel.get(), &RelayChannel::proved, this, &RelayConnection::handleProved);
    connect(m_channel.get(), &RelayChannel::frameArrived, this, &RelayConnection::handleFrame);
    connect(m_channel.get(), &RelayChannel::alive, this, &RelayConnection::noteAlive);
    connect(m_channel.get(), &RelayChannel::ended, this, &RelayConnection::handleChannelEnd);
    m_channel->open(address, m_proxy);
}

void RelayConnection::handleProved(const CheckedHello &hello)
{
    m_hello = hello.hello;
    m_helloAt = m_clock.monotonic();
    m_helloHash = hello.bodyHash;
    const Milliseconds difference = hello.hello.time - m_clock.now();
    m_clockDifference = std::chrono::abs(difference) > kClockTolerance ? difference : Milliseconds(0);
    // The address that works comes first from now on.
    const auto used = m_pins.addresses.begin() + std::ptrdiff_t(m_nextAddress - 1);
    std::rotate(m_pins.addresses.begin(), used, used + 1);
    if (auto newer = newerPins(hello, m_pins)) {
        m_pins = std::move(*newer);
        Q_EMIT pinsChanged(m_pins);
    }
    if (m_state == ConnectionState::AwaitingHello)
        apply(ConnectionEvent::Proved);
}

void RelayConnection::authenticate()
{
    const auto signature = m_identity.sign(authenticationMessage(*m_helloHash, m_identity.self));
    if (!signature) {
        fail(ConnectionProblem::SigningFailed);
        return;
    }
    m_deadline.start(kWelcomeDeadline);
    m_channel->send(
        wire::encode(wire::Frame(wire::Authenticate{m_identity.self.account, m_identity.self.device, *signature})));
}

void RelayConnection::handleFrame(const wire::Frame &frame)
{
    noteAlive();
    if (const auto *goodbye = std::get_if<wire::Goodbye>(&frame))
        handleGoodbye(goodbye->error);
    else if (m_state == ConnectionState::Online)
        Q_EMIT frameArrived(frame);
    else if (const auto *welcome = std::get_if<wire::Welcome>(&frame))
        handleWelcome(*welcome);
    else
        fail(ConnectionProblem::Lost);
}

void RelayConnection::handleWelcome(const wire::Welcome &welcome)
{
    const auto own = m_identity.ownNumbers();
    if (!own) {
        fail(ConnectionProblem::DatabaseUnreadable);
        return;
    }
    const bool weKnowThem = welcome.lastAckedSeq <= own->lastAckedSeq && welcome.lastSubmitSeq <= own->lastSubmitSeq;
    if (refuseUnless(Check::DatabaseRolledBack, weKnowThem)) {
        failForGood(ConnectionProblem::DatabaseRolledBack);
        return;
    }
    m_welcome = welcome;
    apply(ConnectionEvent::Welcomed);
}

void RelayConnection::goOnline()
{
    m_problem = ConnectionProblem::None;
    m_deadline.stop();
    m_lineWasOnline = true;
    m_onlineSince = m_lastAlive = m_clock.monotonic();
    m_beat.start(wire::kPingInterval);
    Q_EMIT welcomed(*std::exchange(m_welcome, std::nullopt));
}

void RelayConnection::waitToRetry()
{
    const bool wasGood = m_lineWasOnline && m_clock.monotonic() - m_onlineSince >= kGoodAfter;
    if (wasGood)
        m_backoff.reset();
    Milliseconds wait = m_backoff.next();
    if (const auto asked = std::exchange(m_retryAfter, std::nullopt))
        wait += std::min(*asked, kLongestRetryAfter);
    m_retry.start(wait);
    dropChannel();
}

void RelayConnection::dropChannel()
{
    const bool wasOnline = std::exchange(m_lineWasOnline, false);
    m_beat.stop();
    m_deadline.stop();
    if (m_state != ConnectionState::Backoff)
        m_retry.stop();
    m_helloHash.reset();
    retireChannel();
    // Last: whoever hears it may start the next try at once.
    if (wasOnline)
        Q_EMIT wentOffline();
}

void RelayConnection::retireChannel()
{
    if (!m_channel)
        return;
    m_channel->disconnect(this);
    m_channel->close();
    m_channel.release()->deleteLater(); // this may run inside one of its signals
}

// ---- What ends a connection --------------------------------------------------------------------------------------

void RelayConnection::fail(ConnectionProblem problem)
{
    m_problem = problem;
    apply(ConnectionEvent::Failed);
}

void RelayConnection::failForGood(ConnectionProblem problem)
{
    m_problem = problem;
    apply(ConnectionEvent::Dismissed);
}

void RelayConnection::handleChannelEnd(ChannelEnd end)
{
    qCInfo(lcNet, "the connection ended: %s", name(end));
    const ConnectionProblem problem = problemOf(end);
    const bool stillLooking = m_state == ConnectionState::Connecting || m_state == ConnectionState::AwaitingHello;
    if (!stillLooking) {
        fail(problem);
        return;
    }
    if (weight(problem) > weight(m_problem))
        m_problem = problem;
    const bool othersLeft = m_nextAddress < m_pins.addresses.size();
    apply(othersLeft ? ConnectionEvent::FailedHere : ConnectionEvent::Failed);
}

void RelayConnection::handleGoodbye(const wire::RelayError &error)
{
    using Code = wire::RelayErrorCode;
    if (error.retryAfterMs > 0)
        m_retryAfter = Milliseconds(std::min<std::uint64_t>(error.retryAfterMs, kLongestRetryAfter.count()));
    switch (error.code) {
    case Code::Replaced: failForGood(ConnectionProblem::Replaced); return;
    case Code::Revoked: failForGood(ConnectionProblem::Revoked); return;
    case Code::GoingDown: fail(ConnectionProblem::RelayGoingDown); return;
    case Code::NotAuthenticated:
    case Code::BadSignature:
    case Code::NotFound:
    case Code::NotPermitted: fail(ConnectionProblem::AuthenticationRefused); return;
    default: fail(ConnectionProblem::Lost); return;
    }
}

// ---- Signs of life -----------------------------------------------------------------------------------------------

void RelayConnection::noteAlive()
{
    m_lastAlive = m_clock.monotonic();
    if (m_state == ConnectionState::Online)
        m_deadline.stop();
}

void RelayConnection::handleBeat()
{
    if (m_clock.monotonic() - m_lastAlive >= wire::kDeadAfter) {
        fail(ConnectionProblem::Lost);
        return;
    }
    m_beat.start(wire::kPingInterval);
    m_channel->ping();
}

void RelayConnection::probe()
{
    m_deadline.start(kProbeDeadline);
    m_channel->ping();
}

} // namespace sotto
