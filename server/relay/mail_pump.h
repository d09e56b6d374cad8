#pragma once
#include "server/relay/client_connection.h"
#include "server/relay/session_backend.h"

#include <QObject>

#include <functional>
#include <unordered_map>

namespace sotto::relay {

/// How much mail may be on its way to a device. Defaults are protocol.md 3's.
struct MailWindow {
    int frames = 64;              ///< envelopes sent and not acknowledged
    qsizetype bytes = 256 * 1024; ///< the same in bytes
    qsizetype outboundBytes =
        512 * 1024; ///< bytes that wait in the connection, with everything else (window + 256 KiB)
};

/// Sends one device its mail: what is queued when it connects, then what arrives, never more than the window holds
/// unacknowledged. What does not fit stays in the queue and is read when there is room again. Within a lane the order
/// of the sequence numbers is kept. Lives with its session.
class MailPump final : public QObject {
    Q_OBJECT
public:
    /// `backend` and `connection` outlive the pump. `onFailure` is called when the queue cannot be read.
    MailPump(DeviceAddress device, const MailWindow &window, SessionBackend &backend, ClientConnection &connection,
             std::function<void()> onFailure);

    /// Begins with what is queued.
    void start();
    /// New mail of this device; sent at the next flush() when there is room and nothing older waits.
    void arrive(wire::Envelope envelope);
    /// The device has these: they leave the window. Those of `seqs` that were in it; what was never sent to the device
    /// on this connection it cannot have.
    std::vector<std::uint64_t> acknowledge(const std::vector<std::uint64_t> &seqs);
    /// The connection has room again.
    void resume();
    /// Sends what arrived since the last time in as few frames as possible.
    void flush();
    /// Mail sent and not acknowledged.
    std::size_t unacknowledged() const { return m_unacknowledged.size(); }

private:
    enum class State {
        NotStarted,
        Reading,  ///< a page is on its way from the queue
        Waiting,  ///< mail may be in the queue, but there is no room
        CaughtUp, ///< the device has been sent all there is
    };
    Task<Done> readQueue();
    bool hasRoomFor(qsizetype bytes) const;
    bool isWorthReading() const;
    void send(wire::Envelope envelope);
    void catchUp();

    const DeviceAddress m_device;
    const MailWindow m_window;
    SessionBackend &m_backend;
    ClientConnection &m_connection;
    std::function<void()> m_onFailure;
    State m_state = State::NotStarted;
    MailCursor m_cursor;
    bool m_arrivedMeanwhile = false; ///< mail came that was left to the queue
    bool m_drainedIsDue = true;      ///< a backlog has been sent whose end was not told yet
    std::unordered_map<std::uint64_t, qsizetype> m_unacknowledged; ///< sequence number to bytes
    qsizetype m_unacknowledgedBytes = 0;
    std::uint64_t m_newestSent = 0;
    wire::Deliver m_batch;
    qsizetype m_batchBytes = 0;
};

} // namespace sotto::relay
