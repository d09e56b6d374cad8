#pragma once
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "server/limits/token_bucket.h"
#include "server/relay/frame_guard.h"
#include "server/relay/timer_wheel.h"
#include "server/relay/tls_context.h"
#include "server/relay/write_batch.h"

#include <QSocketNotifier>
#include <QTcpSocket>

#include <memory>
#include <optional>

namespace sotto::relay {

/// What one socket may take and how long it may be silent. Defaults are security.md's.
struct SocketLimits {
    Milliseconds handshakeDeadline{10'000}; ///< from the accept to the end of the WebSocket upgrade
    qsizetype maxUpgradeBytes = 8 * 1024;   ///< the HTTP request
    FrameGuard::Limits frames;
    Milliseconds messageDeadline{60'000};      ///< from the first byte of a message to its last
    Rate controlFrames{4, 32};                 ///< pings, pongs
    Rate inboundBytes{8e6, 4e6};               ///< over it the socket is not read until the budget has grown again
    qsizetype outboundPauseBytes = 512 * 1024; ///< a client that does not read is not read either (window + 256 KiB)
    qsizetype outboundHardBytes = 2 * 1024 * 1024; ///< never more; ends the connection
    qsizetype outboundLowBytes = 64 * 1024;        ///< below it again: drained()
    Milliseconds stallDeadline{60'000};            ///< without a byte going out while some wait
    Milliseconds lingerDeadline{2'000};            ///< for the last bytes after close()
};

/// What the sockets of one worker share. Outlives them.
struct SocketEnvironment {
    Clock &clock;
    TimerWheel &wheel;
    WriteBatch &batch;
    SocketLimits limits;
    std::shared_ptr<const TlsContext> tls; ///< null: plain TCP, for a proxy on the same machine that ends TLS
};

/// A client's connection as Qt's WebSocket server wants it, without Qt's socket engine: own descriptor, OpenSSL on the
/// shared context, and every limit that QWebSocket lacks. The WebSocket layer sees only what has passed them: a whole
/// upgrade request of at most 8 KiB, then whole frames (FrameGuard). Outgoing bytes collect and leave once a turn.
///
/// errorOccurred says why a connection failed, disconnected comes exactly once when the descriptor is closed. Address
/// and port of the peer are not kept. Lives on its worker's thread.
class LeanSocket final : public QTcpSocket {
    Q_OBJECT
public:
    /// Takes over `descriptor`, which is connected and non-blocking. `environment` outlives the socket.
    LeanSocket(int descriptor, SocketEnvironment &environment, QObject *parent = nullptr);
    ~LeanSocket() override;

    /// Puts a number where Qt keeps the peer's name, for whoever gets the socket back from Qt's server.
    void nameAfter(quint64 number) { setPeerName(QString::number(number)); }
    /// The WebSocket upgrade is done: from here on bytes are frames, and the handshake deadline is over.
    void markUpgraded();
    /// Bytes that were written and have not left yet.
    qsizetype pendingBytes() const { return m_out.size() - m_outSent; }
    /// When bytes last came in, by the monotonic clock.
    Milliseconds lastReceived() const { return m_lastReceived; }
    /// Does not read for this long; longer when the inbound budget asks for it.
    void pauseReading(Milliseconds time);
    /// Sends what waits. For the WriteBatch, which has taken the socket off its list.
    void flushFromBatch();

    qint64 bytesAvailable() const override;
    qint64 bytesToWrite() const override { return pendingBytes(); }
    bool isSequential() const override { return true; }
    /// Sends what waits, then ends: tells TLS and TCP, and gives the other side lingerDeadline to read it.
    void close() override;
    void disconnectFromHost() override { close(); }

Q_SIGNALS:
    /// TLS stands (at once without TLS, then from the event loop): hand the socket to the WebSocket server.
    void secured();
    /// A client that was slow has read: less than outboundLowBytes wait.
    void drained();

protected:
    qint64 readData(char *to, qint64 maxSize) override;
    qint64 skipData(qint64 maxSize) override;
    qint64 writeData(const char *from, qint64 size) override;

private:
    enum class Phase { TlsHandshake, Upgrade, UpgradeSeen, Open, Closing, Closed };
    enum class Transfer { Progress, WouldBlock, Ended, Broken };

    void becomeReadable();
    void continueHandshake();
    Transfer receive(char *to, qsizetype size, qsizetype &received);
    Transfer transmit(const char *from, qsizetype size, qsizetype &sent);
    Transfer transferOf(int tlsResult) const;
    bool takeBytes(ByteView bytes);
    bool takeFrames(ByteView bytes);
    bool isUpgradeComplete(qsizetype sizeBefore);
    bool chargeInput(qsizetype size, int controlFrames);
    void watchMessage();
    void showInput();
    void forgetConsumedInput();
    void updateReading();
    void wantToWrite(bool want);
    void sendWaiting();
    void noteSent(bool progressed);
    void shutWriting();
    void fail(SocketError error, const QString &why);
    void end();
    void release();
    void checkDeadlines();
    void armDeadline(Milliseconds at);

    SocketEnvironment &m_environment;
    int m_descriptor;
    ssl_st *m_tls = nullptr;
    Phase m_phase;
    QSocketNotifier m_readNotifier;
    std::unique_ptr<QSocketNotifier> m_writeNotifier;
    TimerWheel::Entry m_deadline;
    std::optional<Milliseconds> m_deadlineAt; ///< when m_deadline is going to fire

    // The incoming stream: m_in holds it from m_inBase on; the upgrade ends and the frames begin at m_framesBegin.
    QByteArray m_in;
    std::uint64_t m_inBase = 0;
    std::uint64_t m_framesBegin = 0;
    qsizetype m_inRead = 0;    ///< of m_in, taken by the WebSocket layer
    qsizetype m_inVisible = 0; ///< of m_in, that it may take
    FrameGuard m_guard;
    TokenBucket m_controlBucket;
    TokenBucket m_inboundBucket;
    Milliseconds m_lastReceived;
    std::optional<Milliseconds> m_pausedUntil; ///< over the inbound budget, or told to: not read before this
    std::optional<Milliseconds> m_messageSince;

    QByteArray m_out;
    qsizetype m_outSent = 0; ///< of m_out
    bool m_inBatch = false;  ///< stands on the WriteBatch's list
    bool m_wasFull = false;  ///< has been over outboundLowBytes since the last drained()
    bool m_overflowed = false;
    bool m_writeShut = false;
    std::optional<Milliseconds> m_stalledSince;
    Milliseconds m_handshakeDue;
    std::optional<Milliseconds> m_lingerDue;
};

} // namespace sotto::relay
