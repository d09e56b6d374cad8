#include "server/relay/mail_pump.h"

#include "core/base/check.h"

#include <algorithm>

namespace sotto::relay {

namespace {
constexpr qsizetype kEnvelopeOverheadBytes = 64; ///< numbers, tags and lengths of an envelope, rounded up
constexpr qsizetype kBatchBytes = 192 * 1024;    ///< a Deliver is sent when it holds this, far under the frame limit
constexpr std::size_t kBatchEnvelopes = 64;      ///< relay.proto's limit of one Deliver

qsizetype sizeOf(const wire::Envelope &envelope)
{
    return envelope.ciphertext.size() + envelope.sealedSender.size() + envelope.payload.size() + kEnvelopeOverheadBytes;
}
} // namespace

MailPump::MailPump(DeviceAddress device, const MailWindow &window, SessionBackend &backend,
                   ClientConnection &connection, std::function<void()> onFailure)
    : m_device(std::move(device)),
      m_window(window),
      m_backend(backend),
      m_connection(connection),
      m_onFailure(std::move(onFailure))
{ }

void MailPump::start()
{
    Q_ASSERT(m_state == State::NotStarted);
    m_state = State::Reading;
    detach(readQueue());
}

Task<Done> MailPump::readQueue()
{
    m_state = State::Reading;
    for (;;) {
        m_arrivedMeanwhile = false;
        const int envelopes = m_window.frames - int(m_unacknowledged.size());
        const qsizetype bytes = m_window.bytes - m_unacknowledgedBytes;
        Task<Result<std::vector<wire::Envelope>>> reading = m_backend.readMail(m_device, m_cursor, envelopes, bytes);
        Result<std::vector<wire::Envelope>> page = co_await std::move(reading);
        if (!page) {
            m_onFailure();
            co_return Done{};
        }
        const bool isEmpty = page->empty();
        for (wire::Envelope &envelope : *page)
            send(std::move(envelope));
        flush();
        if (isEmpty && !m_arrivedMeanwhile) {
            catchUp();
            co_return Done{};
        }
        if (!isWorthReading()) {
            m_state = State::Waiting;
            co_return Done{};
        }
    }
}

void MailPump::catchUp()
{
    m_state = State::CaughtUp;
    if (std::exchange(m_drainedIsDue, false))
        m_connection.send(wire::encode(wire::Frame(wire::Push(wire::QueueDrained{m_newestSent}))));
}

void MailPump::arrive(wire::Envelope envelope)
{
    // What a page brought already, because it was appended before the page was read.
    if (envelope.seq <= m_cursor.laneOf(envelope.mailClass))
        return;
    if (m_state == State::CaughtUp && hasRoomFor(sizeOf(envelope))) {
        send(std::move(envelope));
        return;
    }
    m_arrivedMeanwhile = true;
    if (m_state == State::CaughtUp) {
        m_state = State::Waiting;
        m_drainedIsDue = true;
    }
}

bool MailPump::hasRoomFor(qsizetype bytes) const
{
    if (m_unacknowledged.empty() && m_connection.pendingBytes() == 0)
        return true; // one envelope always fits, whatever the operator set
    return int(m_unacknowledged.size()) < m_window.frames && m_unacknowledgedBytes + bytes <= m_window.bytes
        && m_connection.pendingBytes() + m_batchBytes + bytes <= m_window.outboundBytes;
}

/// Half a window of room: reading the queue for each acknowledgement would cost a query a message.
bool MailPump::isWorthReading() const
{
    return int(m_unacknowledged.size()) <= m_window.frames / 2 && m_unacknowledgedBytes <= m_window.bytes / 2
        && m_connection.pendingBytes() + m_window.bytes <= m_window.outboundBytes;
}

void MailPump::send(wire::Envelope envelope)
{
    const qsizetype size = sizeOf(envelope);
    std::uint64_t &lane = m_cursor.laneOf(envelope.mailClass);
    lane = std::max(lane, envelope.seq);
    m_newestSent = std::max(m_newestSent, envelope.seq);
    m_unacknowledged.emplace(envelope.seq, size);
    m_unacknowledgedBytes += size;
    if (m_batchBytes + size > kBatchBytes || m_batch.envelopes.size() >= kBatchEnvelopes)
        flush();
    m_batchBytes += size;
    m_batch.envelopes.push_back(std::move(envelope));
}

void MailPump::flush()
{
    if (m_batch.envelopes.empty())
        return;
    m_batchBytes = 0;
    m_connection.send(wire::encode(wire::Frame(wire::Push(std::exchange(m_batch, {})))));
}

std::vector<std::uint64_t> MailPump::acknowledge(const std::vector<std::uint64_t> &seqs)
{
    std::vector<std::uint64_t> acknowledged;
    for (const std::uint64_t seq : seqs) {
        const auto sent = m_unacknowledged.find(seq);
        if (refuseUnless(Check::AcknowledgedUnsent, sent != m_unacknowledged.end()))
            continue;
        acknowledged.push_back(seq);
        if (sent == m_unacknowledged.end())
            continue; // only with the check switched off
        m_unacknowledgedBytes -= sent->second;
        m_unacknowledged.erase(sent);
    }
    resume();
    return acknowledged;
}

void MailPump::resume()
{
    if (m_state == State::Waiting && isWorthReading())
        detach(readQueue());
}

} // namespace sotto::relay
