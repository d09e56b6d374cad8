#include "server/relay/session.h"

#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/ledger/signature.h"
#include "core/wire/limits.h"

#include <QtEndian>

namespace sotto::relay {

namespace {
/// Stands in for the key of a device that does not exist, so that the answer to one takes as long as to a wrong
/// signature: the public key of RFC 8032 7.1, test 1, whose private half everybody knows and nobody can use here.
const Bytes &keyOfNobody()
{
    static const Bytes key = Bytes::fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    return key;
}

/// What Authenticate signs: SHA-256(Hello body) || account || device (protocol.md 2).
Bytes authenticationBody(const Hash256 &helloHash, const wire::Authenticate &claim)
{
    Bytes body = helloHash.toBytes() + claim.account.toBytes();
    const quint32 device = qToBigEndian(claim.device.number());
    return body.append(reinterpret_cast<const char *>(&device), sizeof device);
}
} // namespace

Session::Session(SessionId id, std::unique_ptr<ClientConnection> connection, ConnectionLimiter::Ticket ticket,
                 const SessionServices &services, TimerWheel &wheel, SessionPost &post,
                 std::function<void(SessionId)> onFinished)
    : m_id(id),
      m_connection(std::move(connection)),
      m_ticket(std::move(ticket)),
      m_services(services),
      m_post(post),
      m_onFinished(std::move(onFinished)),
      m_timer(wheel, [this] { wakeUp(); }),
      m_idleAcknowledgements(services.limits.idleAcknowledgements, services.clock.monotonic())
{
    m_connection->setListener(this);
}

Session::~Session()
{
    m_connection->setListener(nullptr);
    leaveRouter();
}

void Session::start()
{
    auto hello = m_services.hello.make();
    if (!hello) {
        apply(SessionEvent::BackendFailed);
        return;
    }
    m_connection->send(hello->frame);
    m_hello = std::move(*hello);
    m_timer.start(m_services.limits.roleDeadline);
}

// ---- Events ------------------------------------------------------------------------------------------------------

void Session::handleFrame(const Bytes &frame)
{
    if (m_state == SessionState::Ended)
        return;
    if (isOneFrameTooMany()) {
        apply(SessionEvent::TooManyFrames);
        return;
    }
    auto decoded = wire::decodeFrame(frame);
    if (!decoded) {
        apply(SessionEvent::MalformedFrame);
        return;
    }
    m_frame = std::move(*decoded);
    apply(eventOf(m_frame));
}

bool Session::isOneFrameTooMany()
{
    if (m_state == SessionState::Ready)
        return false;
    const bool fewEnough = ++m_unauthenticatedFrames <= m_services.limits.unauthenticatedFrames;
    return refuseUnless(Check::UnauthenticatedFrames, fewEnough);
}

SessionEvent Session::eventOf(const wire::Frame &frame) const
{
    if (const auto *request = std::get_if<wire::Request>(&frame)) {
        return std::holds_alternative<wire::Register>(request->body) ? SessionEvent::RegisterFrame
                                                                     : SessionEvent::RequestFrame;
    }
    if (std::holds_alternative<wire::Authenticate>(frame))
        return SessionEvent::AuthenticateFrame;
    if (std::holds_alternative<wire::Acknowledge>(frame))
        return SessionEvent::AcknowledgeFrame;
    if (std::holds_alternative<wire::Ephemeral>(frame))
        return SessionEvent::EphemeralFrame;
    return SessionEvent::ForeignFrame;
}

void Session::handleDrained()
{
    if (m_mail)
        m_mail->resume();
}

void Session::handleClosed() { apply(SessionEvent::Disconnected); }

void Session::receive(SessionMessage message)
{
    if (const auto *end = std::get_if<EndSession>(&message)) {
        switch (end->why) {
        case wire::RelayErrorCode::Replaced: apply(SessionEvent::Replaced); break;
        case wire::RelayErrorCode::Revoked: apply(SessionEvent::Revoked); break;
        default: apply(SessionEvent::Stopping); break;
        }
        return;
    }
    if (m_state != SessionState::Ready && m_state != SessionState::Welcoming)
        return;
    if (auto *envelope = std::get_if<wire::Envelope>(&message)) {
        m_mail->arrive(std::move(*envelope));
    } else if (m_state == SessionState::Ready && m_connection->pendingBytes() < m_services.limits.mail.outboundBytes) {
        m_connection->send(wire::encode(wire::Frame(std::get<wire::Push>(std::move(message)))));
    }
}

void Session::flushMail()
{
    if (m_mail && m_state == SessionState::Ready)
        m_mail->flush();
}

void Session::wakeUp()
{
    if (m_state == SessionState::Ready) {
        beat();
        return;
    }
    if (refuseUnless(Check::RoleDeadline, false))
        apply(SessionEvent::DeadlinePassed);
}

void Session::beat()
{
    const SessionLimits &limits = m_services.limits;
    const Milliseconds silence = m_services.clock.monotonic() - m_connection->lastReceived();
    if (silence >= limits.deadAfter) {
        apply(SessionEvent::SilencePassed);
        return;
    }
    if (silence < limits.pingInterval) {
        m_timer.start(limits.pingInterval - silence);
        return;
    }
    m_connection->ping();
    m_timer.start(std::min(limits.pingInterval, limits.deadAfter - silence));
}

// ---- The table ---------------------------------------------------------------------------------------------------

void Session::apply(SessionEvent event)
{
    const SessionTransition transition = kSessionTable[std::size_t(m_state)][std::size_t(event)];
    m_state = transition.next;
    act(transition.action);
}

void Session::act(SessionAction action)
{
    using Code = wire::RelayErrorCode;
    switch (action) {
    case SessionAction::Nothing: return;
    case SessionAction::Impossible:
        qCWarning(lcRelay, "a session met an event that cannot happen in its state");
        return sayGoodbye(Code::Unavailable);
    case SessionAction::Register: return registerAccount();
    case SessionAction::CheckSignature: return checkSignature();
    case SessionAction::AskWelcome: return askWelcome();
    case SessionAction::Begin: return begin();
    case SessionAction::Answer: return answerRequest();
    case SessionAction::TakeAcknowledgement: return takeAcknowledgement();
    case SessionAction::RelayEphemeral: return relayEphemeral();
    case SessionAction::SayMalformed: return sayGoodbye(Code::Malformed);
    case SessionAction::SayNotAuthenticated: return sayGoodbye(Code::NotAuthenticated);
    case SessionAction::SayBadSignature: return sayGoodbye(Code::BadSignature);
    case SessionAction::SayRevoked: return sayGoodbye(Code::Revoked);
    case SessionAction::SayHelloExpired: return sayGoodbye(Code::HelloExpired);
    case SessionAction::SayRateLimited: return sayGoodbye(Code::RateLimited);
    case SessionAction::SayUnavailable: return sayGoodbye(Code::Unavailable);
    case SessionAction::SayTimedOut: return sayGoodbye(Code::TimedOut);
    case SessionAction::SayReplaced: return sayGoodbye(Code::Replaced);
    case SessionAction::SayGoingDown: return sayGoodbye(Code::GoingDown);
    case SessionAction::Forget: return forget();
    }
}

// ---- Becoming somebody -------------------------------------------------------------------------------------------

void Session::registerAccount()
{
    if (m_unauthenticatedFrames == 1)
        m_timer.start(m_services.limits.registerDeadline);
    answerRequest();
}

void Session::checkSignature() { detach(authenticate(std::get<wire::Authenticate>(std::move(m_frame)))); }

Task<Done> Session::authenticate(wire::Authenticate claim)
{
    const Milliseconds age = m_services.clock.monotonic() - m_hello->madeAt;
    if (refuseUnless(Check::HelloFresh, age <= m_services.limits.helloLife)) {
        apply(SessionEvent::HelloExpired);
        co_return Done{};
    }
    const DeviceAddress device{claim.account, claim.device};
    Task<Result<DeviceLogin>> lookup = m_services.backend.findDevice(device);
    const Result<DeviceLogin> login = co_await std::move(lookup);

    const bool isKnown = login.hasValue();
    const Bytes key = isKnown ? login->signingKey : keyOfNobody();
    const Bytes body = authenticationBody(m_hello->bodyHash, claim);
    const bool isSigned = verify(Purpose::RelayAuth, body, claim.signature, key) && isKnown;
    if (!isKnown && login.error().code == ErrorCode::Refused) {
        apply(SessionEvent::Revoked);
    } else if (!isKnown && login.error().code != ErrorCode::NotFound) {
        apply(SessionEvent::BackendFailed);
    } else if (!isKnown || refuseUnless(Check::RelayAuthSignature, isSigned)) {
        apply(SessionEvent::NotProved);
    } else if (m_state == SessionState::Authenticating && !m_ticket.markAuthenticated()) {
        apply(SessionEvent::CrowdedAddress);
    } else if (m_state == SessionState::Authenticating) {
        m_device = device;
        apply(SessionEvent::Proved);
    }
    co_return Done{};
}

void Session::askWelcome()
{
    m_mail = std::make_unique<MailPump>(*m_device, m_services.limits.mail, m_services.backend, *m_connection,
                                        [this] { apply(SessionEvent::BackendFailed); });
    // Claimed before Welcome is asked for: mail that comes from here on is either in the queue or reaches the pump.
    m_services.router.claim(*m_device, m_id, m_post);
    detach(fetchWelcome(*m_device));
}

Task<Done> Session::fetchWelcome(DeviceAddress device)
{
    Task<Result<wire::Welcome>> asking = m_services.backend.welcome(device);
    Result<wire::Welcome> welcome = co_await std::move(asking);
    if (welcome) {
        m_welcome = std::move(*welcome);
        apply(SessionEvent::Welcomed);
    } else if (welcome.error().code == ErrorCode::Refused) {
        apply(SessionEvent::Revoked); // since it was looked up
    } else {
        apply(SessionEvent::BackendFailed);
    }
    co_return Done{};
}

void Session::begin()
{
    m_hello.reset();
    m_connection->send(wire::encode(wire::Frame(std::exchange(m_welcome, {}))));
    m_timer.start(m_services.limits.pingInterval);
    m_isAnnounced = true;
    m_services.backend.sessionOpened(context());
    m_mail->start();
}

// ---- Being asked -------------------------------------------------------------------------------------------------

void Session::answerRequest()
{
    auto request = std::get<wire::Request>(std::move(m_frame));
    Handler *handler = m_services.handlers.find(request.body.index());
    if (!handler)
        return respond(request.id, Reply::refused(wire::RelayErrorCode::Unsupported).body());
    if (m_requestsInFlight >= m_services.limits.requestsInFlight)
        return respond(request.id, Reply::retryAfter(Milliseconds(1000)).body());
    slowDownSender(request.body);
    ++m_requestsInFlight;
    // The handler runs to its end even when the session does not: what it has begun to store is not undone.
    handler->dispatch(context(), std::move(request.body)).then(this, [this, id = request.id](Reply reply) {
        --m_requestsInFlight;
        respond(id, std::move(reply).body());
    });
}

/// The disk is behind: who sends mail is not read for a while, and TCP passes that on.
void Session::slowDownSender(const wire::RequestBody &request)
{
    const bool isMail =
        std::holds_alternative<wire::Submit>(request) || std::holds_alternative<wire::SubmitBatch>(request);
    if (isMail && m_services.storageBacklog() > m_services.limits.storageBacklog)
        m_connection->pauseReading(m_services.limits.backlogPause);
}

void Session::respond(std::uint32_t requestId, wire::ResponseBody body)
{
    if (m_state != SessionState::Ended)
        m_connection->send(wire::encode(wire::Frame(wire::Response{requestId, std::move(body)})));
}

void Session::takeAcknowledgement()
{
    const auto acknowledge = std::get<wire::Acknowledge>(std::move(m_frame));
    auto seqs = m_mail->acknowledge(acknowledge.seqs);
    if (!seqs.empty()) {
        m_services.backend.acknowledge(*m_device, std::move(seqs));
        return;
    }
    // The others are bounded by the mail that the device gets; these would only keep the relay busy.
    const bool isTooMuch =
        m_idleAcknowledgements.take(m_services.limits.idleAcknowledgements, 1, m_services.clock.monotonic())
            .has_value();
    if (refuseUnless(Check::AcknowledgedUnsent, !isTooMuch))
        apply(SessionEvent::TooManyFrames);
}

void Session::relayEphemeral()
{
    m_services.backend.relayEphemeral(context(), std::get<wire::Ephemeral>(std::move(m_frame)));
}

// ---- The end -----------------------------------------------------------------------------------------------------

void Session::sayGoodbye(wire::RelayErrorCode why)
{
    m_state = SessionState::Ended;
    m_timer.stop();
    m_connection->send(wire::encode(wire::Frame(wire::Goodbye{wire::RelayError{why, {}, 0}})));
    leaveRouter();
    m_connection->close();
}

void Session::leaveRouter()
{
    if (!m_device)
        return;
    m_services.router.release(*m_device, m_id);
    if (std::exchange(m_isAnnounced, false))
        m_services.backend.sessionClosed(context());
    m_device.reset();
    // Deleted later, because it may be the pump that found its queue unreadable and is calling.
    if (MailPump *mail = m_mail.release(); mail)
        mail->deleteLater();
}

void Session::forget()
{
    m_timer.stop();
    leaveRouter();
    if (const auto onFinished = std::exchange(m_onFinished, nullptr); onFinished)
        onFinished(m_id);
}

} // namespace sotto::relay
