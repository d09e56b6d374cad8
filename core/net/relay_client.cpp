#include "core/net/relay_client.h"

#include "core/base/check.h"
#include "core/base/logging.h"
#include "core/wire/limits.h"

#include <QPointer>

namespace sotto {

namespace {

/// Numbers in one Acknowledge (relay.proto).
constexpr std::size_t kMaxSeqsPerAcknowledge = 128;

qsizetype bytesOf(const wire::Envelope &envelope)
{
    return envelope.ciphertext.size() + envelope.sealedSender.size() + envelope.payload.size();
}

} // namespace

RelayClient::RelayClient(RelayConnection &connection, Clock &clock, QObject *parent)
    : QObject(parent), m_connection(connection), m_clock(clock)
{
    connect(&m_connection, &RelayConnection::frameArrived, this, &RelayClient::handleFrame);
    connect(&m_connection, &RelayConnection::wentOffline, this, &RelayClient::handleOffline);
}

RelayClient::~RelayClient() = default;

// ---- Requests ----------------------------------------------------------------------------------------------------

RelayClient::Reply<wire::ResponseBody> RelayClient::request(wire::RequestBody body, Milliseconds deadline)
{
    using Answer = Result<wire::ResponseBody, RequestError>;
    using Finished = Task<Answer>;
    if (!m_connection.isOnline())
        return Finished::finished(RequestError::Kind::Offline);
    if (m_open.size() >= kMaxOpenRequests || m_connection.unsentBytes() > kMaxUnsentBytes)
        return Finished::finished(RequestError::Kind::Busy);
    const std::uint32_t id = freeId();
    const Bytes frame = wire::encode(wire::Frame(wire::Request{id, std::move(body)}));
    if (frame.size() > wire::kMaxFrameBytes)
        return Finished::finished(RequestError::Kind::TooLarge);
    OpenRequest &open = m_open[id];
    open.deadline =
        std::make_unique<Timer>(m_clock, [this, id] { finish(id, RequestError(RequestError::Kind::TimedOut)); });
    open.deadline->start(deadline);
    // Taken before sending: a line that breaks in send() answers, and so forgets, every open request.
    Finished task = open.answer.task();
    m_connection.send(frame);
    return task;
}

std::uint32_t RelayClient::freeId()
{
    while (m_nextId == 0 || m_open.contains(m_nextId))
        ++m_nextId;
    return m_nextId++;
}

void RelayClient::finish(std::uint32_t id, Result<wire::ResponseBody, RequestError> answer)
{
    auto open = m_open.extract(id);
    if (open.empty())
        return; // answered before: by its deadline, or an id the relay made up
    OpenRequest &request = open.mapped();
    request.deadline->stop();
    request.answer.finish(std::move(answer)); // this may be gone afterwards
}

void RelayClient::handleResponse(const wire::Response &response)
{
    if (const auto *error = std::get_if<wire::RelayError>(&response.body))
        finish(response.id, RequestError(*error));
    else
        finish(response.id, response.body);
}

void RelayClient::handleOffline()
{
    m_unacknowledged.clear();
    m_unacknowledgedBytes = 0;
    const QPointer<RelayClient> self(this);
    auto open = std::exchange(m_open, {});
    for (auto &[id, request] : open) {
        request.deadline->stop();
        request.answer.finish(RequestError(RequestError::Kind::Offline));
        if (!self)
            return; // the remaining waiters end with their completers
    }
}

template <class Body> RelayClient::Reply<Body> RelayClient::ask(wire::RequestBody body)
{
    Reply<wire::ResponseBody> pending = request(std::move(body), kRequestDeadline);
    const Result<wire::ResponseBody, RequestError> answer = co_await std::move(pending);
    if (!answer)
        co_return answer.error();
    const Body *wanted = std::get_if<Body>(&*answer);
    if (!wanted)
        co_return RequestError(RequestError::Kind::Unexpected);
    co_return *wanted;
}

bool RelayClient::knowsPartialTargets() const
{
    const auto &hello = m_connection.hello();
    return hello && (hello->features & wire::kFeaturePartialTargets) != 0;
}

RelayClient::Reply<wire::SubmitReply> RelayClient::submit(wire::Submit submit)
{
    wire::RequestBody body = std::move(submit);
    Reply<wire::ResponseBody> pending = request(std::move(body), kRequestDeadline);
    const Result<wire::ResponseBody, RequestError> answer = co_await std::move(pending);
    if (!answer) {
        if (answer.error().kind != RequestError::Kind::Refused)
            co_return answer.error();
        wire::SubmitReply refusal = answer.error().relay;
        co_return refusal;
    }
    if (const auto *accepted = std::get_if<wire::Accepted>(&*answer)) {
        wire::SubmitReply reply = *accepted;
        co_return reply;
    }
    if (const auto *stale = std::get_if<wire::StaleDevices>(&*answer)) {
        wire::SubmitReply reply = *stale;
        co_return reply;
    }
    co_return RequestError(RequestError::Kind::Unexpected);
}

RelayClient::Reply<std::vector<wire::SubmitReply>> RelayClient::submitBatch(std::vector<wire::Submit> submits)
{
    const std::size_t count = submits.size();
    wire::RequestBody body = wire::SubmitBatch{std::move(submits)};
    Reply<wire::SubmitBatchReply> pending = ask<wire::SubmitBatchReply>(std::move(body));
    const Result<wire::SubmitBatchReply, RequestError> answer = co_await std::move(pending);
    if (!answer)
        co_return answer.error();
    if (answer->replies.size() != count)
        co_return RequestError(RequestError::Kind::Unexpected);
    co_return answer->replies;
}

RelayClient::Reply<wire::Log> RelayClient::fetchLog(wire::FetchLog request)
{
    return ask<wire::Log>(std::move(request));
}

RelayClient::Reply<wire::Ok> RelayClient::appendLog(wire::AppendLog request)
{
    return ask<wire::Ok>(std::move(request));
}

RelayClient::Reply<wire::Bundles> RelayClient::fetchBundles(wire::FetchBundles request)
{
    return ask<wire::Bundles>(std::move(request));
}

RelayClient::Reply<wire::Ok> RelayClient::publishBundle(wire::PublishBundle request)
{
    return ask<wire::Ok>(std::move(request));
}

RelayClient::Reply<wire::PreKeyCount> RelayClient::publishPreKeys(wire::PublishPreKeys request)
{
    return ask<wire::PreKeyCount>(std::move(request));
}

RelayClient::Reply<wire::HandleFound> RelayClient::lookupHandle(wire::LookupHandle request)
{
    return ask<wire::HandleFound>(std::move(request));
}

RelayClient::Reply<wire::Ok> RelayClient::setTokens(wire::SetTokens request)
{
    return ask<wire::Ok>(std::move(request));
}

RelayClient::Reply<wire::Ok> RelayClient::putProfile(wire::PutProfile request)
{
    return ask<wire::Ok>(std::move(request));
}

RelayClient::Reply<wire::Profile> RelayClient::fetchProfile(wire::FetchProfile request)
{
    return ask<wire::Profile>(std::move(request));
}

RelayClient::Reply<wire::InviteCreated> RelayClient::createInvite(wire::CreateInvite request)
{
    return ask<wire::InviteCreated>(std::move(request));
}

RelayClient::Reply<wire::Ok> RelayClient::publishPresence(wire::PublishPresence request)
{
    return ask<wire::Ok>(std::move(request));
}

RelayClient::Reply<wire::Ok> RelayClient::watchPresence(wire::WatchPresence request)
{
    return ask<wire::Ok>(std::move(request));
}

// ---- Without an answer -------------------------------------------------------------------------------------------

void RelayClient::acknowledge(const std::vector<std::uint64_t> &seqs)
{
    for (const std::uint64_t seq : seqs) {
        const auto known = m_unacknowledged.extract(seq);
        if (!known.empty())
            m_unacknowledgedBytes -= known.mapped();
    }
    for (std::size_t at = 0; at < seqs.size(); at += kMaxSeqsPerAcknowledge) {
        const std::size_t end = std::min(at + kMaxSeqsPerAcknowledge, seqs.size());
        wire::Acknowledge part{{seqs.begin() + std::ptrdiff_t(at), seqs.begin() + std::ptrdiff_t(end)}};
        m_connection.send(wire::encode(wire::Frame(std::move(part))));
    }
}

void RelayClient::sendEphemeral(const wire::Ephemeral &frame)
{
    if (m_connection.isOnline() && m_connection.unsentBytes() <= kMaxUnsentBeforeEphemeral)
        m_connection.send(wire::encode(wire::Frame(frame)));
}

// ---- Pushes ------------------------------------------------------------------------------------------------------

void RelayClient::handleFrame(const wire::Frame &frame)
{
    if (const auto *response = std::get_if<wire::Response>(&frame))
        handleResponse(*response);
    else if (const auto *push = std::get_if<wire::Push>(&frame))
        handlePush(*push);
    else
        m_connection.reportMisbehaviour();
}

void RelayClient::handlePush(const wire::Push &push)
{
    if (const auto *mail = std::get_if<wire::Deliver>(&push))
        handleDeliver(*mail);
    else if (const auto *mark = std::get_if<wire::QueueDrained>(&push))
        Q_EMIT queueDrained(*mark);
    else if (const auto *presence = std::get_if<wire::Presence>(&push))
        Q_EMIT presenceChanged(*presence);
    else if (const auto *change = std::get_if<wire::LogChanged>(&push))
        Q_EMIT logChanged(*change);
    else if (const auto *notice = std::get_if<wire::Notice>(&push))
        Q_EMIT noticeArrived(*notice);
    else if (const auto *ephemeral = std::get_if<wire::EphemeralArrived>(&push))
        Q_EMIT ephemeralArrived(*ephemeral);
    else if (const auto *devices = std::get_if<wire::OwnDevices>(&push))
        Q_EMIT ownDevicesChanged(*devices);
}

void RelayClient::handleDeliver(const wire::Deliver &mail)
{
    // What is handed on and not acknowledged waits in memory, so a repeat on the same line is not handed on again.
    wire::Deliver fresh;
    for (const wire::Envelope &envelope : mail.envelopes) {
        const auto [known, isNew] = m_unacknowledged.try_emplace(envelope.seq, bytesOf(envelope));
        if (!isNew)
            continue;
        m_unacknowledgedBytes += known->second;
        fresh.envelopes.push_back(envelope);
    }
    const bool withinWindow =
        m_unacknowledged.size() <= kMaxUnacknowledgedEnvelopes && m_unacknowledgedBytes <= kMaxUnacknowledgedBytes;
    if (refuseUnless(Check::DeliverFlood, withinWindow)) {
        m_connection.reportMisbehaviour();
        return;
    }
    if (!fresh.envelopes.empty())
        Q_EMIT delivered(fresh);
}

} // namespace sotto
