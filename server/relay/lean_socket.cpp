#include "server/relay/lean_socket.h"

#include "core/base/check.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sotto::relay {

namespace {
constexpr std::size_t kReadBytes = 64 * 1024; ///< over a TLS record's 16 KiB, so that none stays half read in OpenSSL
constexpr int kReadsPerTurn = 4;              ///< then the others have their turn
constexpr qsizetype kCompactBytes = 64 * 1024;

QString textOf(FrameGuard::Verdict verdict)
{
    switch (verdict) {
    case FrameGuard::Verdict::Fine: break;
    case FrameGuard::Verdict::Malformed: return QStringLiteral("malformed frame");
    case FrameGuard::Verdict::Unmasked: return QStringLiteral("unmasked frame");
    case FrameGuard::Verdict::NotBinary: return QStringLiteral("text frame");
    case FrameGuard::Verdict::TooLarge: return QStringLiteral("message over the limit");
    case FrameGuard::Verdict::TooManyFragments: return QStringLiteral("too many fragments");
    }
    return {};
}
} // namespace

LeanSocket::LeanSocket(int descriptor, SocketEnvironment &environment, QObject *parent)
    : QTcpSocket(parent),
      m_environment(environment),
      m_descriptor(descriptor),
      m_phase(environment.tls ? Phase::TlsHandshake : Phase::Upgrade),
      m_readNotifier(descriptor, QSocketNotifier::Read),
      m_deadline(environment.wheel, [this] { checkDeadlines(); }),
      m_guard(environment.limits.frames),
      m_controlBucket(environment.limits.controlFrames, environment.clock.monotonic()),
      m_inboundBucket(environment.limits.inboundBytes, environment.clock.monotonic()),
      m_lastReceived(environment.clock.monotonic()),
      m_handshakeDue(m_lastReceived + environment.limits.handshakeDeadline)
{
    setSocketState(ConnectedState);
    QIODevice::open(ReadWrite | Unbuffered);
    connect(&m_readNotifier, &QSocketNotifier::activated, this, &LeanSocket::becomeReadable);
    armDeadline(m_handshakeDue);
    if (environment.tls) {
        m_tls = environment.tls->newConnection(descriptor);
        if (!m_tls)
            QMetaObject::invokeMethod(
                this, [this] { fail(SocketResourceError, QStringLiteral("no memory for TLS")); }, Qt::QueuedConnection);
    } else {
        QMetaObject::invokeMethod(this, &LeanSocket::secured, Qt::QueuedConnection);
    }
}

LeanSocket::~LeanSocket() { release(); }

// ---- Reading -----------------------------------------------------------------------------------------------------

void LeanSocket::becomeReadable()
{
    if (m_phase == Phase::TlsHandshake) {
        continueHandshake();
        return;
    }
    thread_local std::array<char, kReadBytes> buffer;
    Transfer last = Transfer::Progress;
    for (int reads = 0; reads < kReadsPerTurn && last == Transfer::Progress && !m_pausedUntil; ++reads) {
        qsizetype received = 0;
        last = receive(buffer.data(), qsizetype(buffer.size()), received);
        if (last == Transfer::Progress && !takeBytes(ByteView(buffer.data(), received)))
            return;
    }
    showInput();
    if (m_phase == Phase::Closed || last == Transfer::Progress || last == Transfer::WouldBlock)
        return;
    if (m_phase == Phase::Closing)
        end();
    else if (last == Transfer::Ended)
        fail(RemoteHostClosedError, QStringLiteral("closed by the peer"));
    else
        fail(NetworkError, QStringLiteral("connection lost"));
}

void LeanSocket::continueHandshake()
{
    if (!m_tls)
        return;
    ERR_clear_error();
    const int result = SSL_accept(m_tls);
    if (result == 1) {
        wantToWrite(false);
        m_phase = Phase::Upgrade;
        Q_EMIT secured();
        return;
    }
    const int error = SSL_get_error(m_tls, result);
    wantToWrite(error == SSL_ERROR_WANT_WRITE);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
        fail(SslHandshakeFailedError, QStringLiteral("TLS handshake failed"));
}

LeanSocket::Transfer LeanSocket::transferOf(int tlsResult) const
{
    switch (SSL_get_error(m_tls, tlsResult)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return Transfer::WouldBlock;
    case SSL_ERROR_ZERO_RETURN: return Transfer::Ended;
    default: return Transfer::Broken;
    }
}

LeanSocket::Transfer LeanSocket::receive(char *to, qsizetype size, qsizetype &received)
{
    if (m_tls) {
        ERR_clear_error();
        std::size_t count = 0;
        const int result = SSL_read_ex(m_tls, to, std::size_t(size), &count);
        received = qsizetype(count);
        return result == 1 ? Transfer::Progress : transferOf(result);
    }
    const ssize_t count = ::recv(m_descriptor, to, std::size_t(size), MSG_DONTWAIT);
    received = std::max<ssize_t>(count, 0);
    if (count > 0)
        return Transfer::Progress;
    if (count == 0)
        return Transfer::Ended;
    return errno == EAGAIN || errno == EINTR ? Transfer::WouldBlock : Transfer::Broken;
}

/// False when the socket is closed or was refused.
bool LeanSocket::takeBytes(ByteView bytes)
{
    m_lastReceived = m_environment.clock.monotonic();
    if (m_phase == Phase::Closing)
        return true; // read only to see the end
    const qsizetype sizeBefore = m_in.size();
    m_in.append(bytes.data(), bytes.size());
    if (m_phase != Phase::Upgrade)
        return takeFrames(bytes);
    if (isUpgradeComplete(sizeBefore)) {
        m_phase = Phase::UpgradeSeen;
        updateReading();
        return takeFrames(ByteView(m_in).sliced(qsizetype(m_framesBegin)));
    }
    if (!refuseUnless(Check::UpgradeRequestSize, m_in.size() < m_environment.limits.maxUpgradeBytes))
        return true;
    fail(SocketAccessError, QStringLiteral("upgrade request over the limit"));
    return false;
}

bool LeanSocket::isUpgradeComplete(qsizetype sizeBefore)
{
    static const QByteArray kEnd = QByteArrayLiteral("\r\n\r\n");
    const qsizetype end = m_in.indexOf(kEnd, std::max<qsizetype>(0, sizeBefore - kEnd.size() + 1));
    if (end < 0 || end + kEnd.size() > m_environment.limits.maxUpgradeBytes)
        return false;
    m_framesBegin = std::uint64_t(end + kEnd.size());
    return true;
}

bool LeanSocket::takeFrames(ByteView bytes)
{
    const FrameGuard::Verdict verdict = m_guard.take(bytes);
    if (verdict != FrameGuard::Verdict::Fine) {
        fail(SocketAccessError, textOf(verdict));
        return false;
    }
    if (!chargeInput(bytes.size(), m_guard.takeControlFrames())) {
        fail(SocketAccessError, QStringLiteral("too many control frames"));
        return false;
    }
    watchMessage();
    return true;
}

/// False when control frames come faster than any honest client sends them. Bytes over the budget only pause.
bool LeanSocket::chargeInput(qsizetype size, int controlFrames)
{
    const SocketLimits &limits = m_environment.limits;
    const bool slowEnough =
        controlFrames == 0 || !m_controlBucket.take(limits.controlFrames, controlFrames, m_lastReceived);
    if (refuseUnless(Check::ControlFrameFlood, slowEnough))
        return false;
    m_inboundBucket.force(limits.inboundBytes, double(size), m_lastReceived);
    const Milliseconds wait = m_inboundBucket.waitFor(limits.inboundBytes, 1);
    if (wait > Milliseconds(0))
        pauseReading(wait);
    return true;
}

void LeanSocket::pauseReading(Milliseconds time)
{
    if (m_phase == Phase::Closing || m_phase == Phase::Closed)
        return;
    const Milliseconds until = m_environment.clock.monotonic() + time;
    m_pausedUntil = m_pausedUntil ? std::max(*m_pausedUntil, until) : until;
    updateReading();
    armDeadline(*m_pausedUntil);
}

void LeanSocket::watchMessage()
{
    const bool ended = m_guard.takeMessages() > 0;
    if (!m_guard.isInsideMessage()) {
        m_messageSince.reset();
    } else if (ended || !m_messageSince) {
        m_messageSince = m_lastReceived;
        armDeadline(*m_messageSince + m_environment.limits.messageDeadline);
    }
}

void LeanSocket::showInput()
{
    std::uint64_t visibleUntil = 0;
    if (m_phase == Phase::UpgradeSeen)
        visibleUntil = m_framesBegin;
    else if (m_phase == Phase::Open)
        visibleUntil = m_framesBegin + m_guard.completeBytes();
    else
        return;
    const qsizetype visible = qsizetype(visibleUntil - m_inBase);
    if (visible <= m_inVisible)
        return;
    m_inVisible = visible;
    Q_EMIT readyRead();
    forgetConsumedInput();
}

void LeanSocket::forgetConsumedInput()
{
    if (m_inRead == 0)
        return;
    m_inBase += std::uint64_t(m_inRead);
    m_inVisible -= m_inRead;
    if (m_inRead == m_in.size())
        m_in = QByteArray(); // an idle connection keeps no buffer
    else
        m_in.remove(0, m_inRead);
    m_inRead = 0;
}

void LeanSocket::markUpgraded()
{
    if (m_phase != Phase::UpgradeSeen)
        return;
    m_phase = Phase::Open;
    updateReading();
    showInput();
}

qint64 LeanSocket::bytesAvailable() const { return m_inVisible - m_inRead + QIODevice::bytesAvailable(); }

qint64 LeanSocket::readData(char *to, qint64 maxSize)
{
    const qint64 size = std::min<qint64>(maxSize, m_inVisible - m_inRead);
    if (size <= 0) // QIODevice asks with a null pointer whether there is anything
        return 0;
    std::memcpy(to, m_in.constData() + m_inRead, std::size_t(size));
    m_inRead += size;
    return size;
}

qint64 LeanSocket::skipData(qint64 maxSize)
{
    const qint64 size = std::min<qint64>(maxSize, m_inVisible - m_inRead);
    m_inRead += size;
    return size;
}

void LeanSocket::updateReading()
{
    const bool read = m_phase != Phase::Closed && m_phase != Phase::UpgradeSeen && !m_pausedUntil
        && (m_phase == Phase::Closing || pendingBytes() < m_environment.limits.outboundPauseBytes);
    if (m_readNotifier.isEnabled() == read)
        return;
    m_readNotifier.setEnabled(read);
    // The time in which we did not listen is not the client's.
    if (read && m_messageSince)
        m_messageSince = m_environment.clock.monotonic();
}

// ---- Writing -----------------------------------------------------------------------------------------------------

qint64 LeanSocket::writeData(const char *from, qint64 size)
{
    if (m_phase == Phase::Closing || m_phase == Phase::Closed)
        return -1;
    const bool fits = !m_overflowed && pendingBytes() + size <= m_environment.limits.outboundHardBytes;
    if (refuseUnless(Check::OutboundMemory, fits)) {
        // Ended from the event loop, because the WebSocket layer is in the middle of a frame now.
        if (!std::exchange(m_overflowed, true)) {
            QMetaObject::invokeMethod(
                this, [this] { fail(SocketResourceError, QStringLiteral("does not read")); }, Qt::QueuedConnection);
        }
        return size;
    }
    m_out.append(from, size);
    m_wasFull = m_wasFull || pendingBytes() > m_environment.limits.outboundLowBytes;
    if (!m_writeNotifier && !std::exchange(m_inBatch, true))
        m_environment.batch.add(this);
    updateReading();
    return size;
}

void LeanSocket::flushFromBatch()
{
    m_inBatch = false;
    sendWaiting();
}

void LeanSocket::sendWaiting()
{
    if (m_phase == Phase::Closed || m_phase == Phase::TlsHandshake || m_writeShut)
        return;
    bool progressed = false;
    Transfer last = Transfer::Progress;
    while (pendingBytes() > 0 && last == Transfer::Progress) {
        qsizetype sent = 0;
        last = transmit(m_out.constData() + m_outSent, pendingBytes(), sent);
        m_outSent += sent;
        progressed = progressed || sent > 0;
    }
    if (last == Transfer::Broken || last == Transfer::Ended) {
        if (m_phase == Phase::Closing)
            end();
        else
            fail(NetworkError, QStringLiteral("connection lost"));
        return;
    }
    noteSent(progressed);
}

LeanSocket::Transfer LeanSocket::transmit(const char *from, qsizetype size, qsizetype &sent)
{
    if (m_tls) {
        ERR_clear_error();
        std::size_t count = 0;
        const int result = SSL_write_ex(m_tls, from, std::size_t(size), &count);
        sent = qsizetype(count);
        return result == 1 ? Transfer::Progress : transferOf(result);
    }
    const ssize_t count = ::send(m_descriptor, from, std::size_t(size), MSG_NOSIGNAL | MSG_DONTWAIT);
    sent = std::max<ssize_t>(count, 0);
    if (count >= 0)
        return Transfer::Progress;
    return errno == EAGAIN || errno == EINTR ? Transfer::WouldBlock : Transfer::Broken;
}

void LeanSocket::noteSent(bool progressed)
{
    const bool empty = pendingBytes() == 0;
    wantToWrite(!empty);
    if (empty) {
        m_out = QByteArray(); // an idle connection keeps no buffer
        m_outSent = 0;
        m_stalledSince.reset();
    } else {
        if (progressed || !m_stalledSince)
            m_stalledSince = m_environment.clock.monotonic();
        armDeadline(*m_stalledSince + m_environment.limits.stallDeadline);
        if (m_outSent > kCompactBytes && m_outSent > m_out.size() / 2) {
            m_out.remove(0, m_outSent);
            m_outSent = 0;
        }
    }
    updateReading();
    if (empty && m_phase == Phase::Closing)
        shutWriting();
    else if (m_wasFull && pendingBytes() <= m_environment.limits.outboundLowBytes) {
        m_wasFull = false;
        Q_EMIT drained();
    }
}

void LeanSocket::wantToWrite(bool want)
{
    if (!want) {
        // Not deleted here: this may run inside its own signal.
        if (QSocketNotifier *notifier = m_writeNotifier.release(); notifier) {
            notifier->setEnabled(false);
            notifier->deleteLater();
        }
        return;
    }
    if (m_writeNotifier)
        return;
    m_writeNotifier = std::make_unique<QSocketNotifier>(m_descriptor, QSocketNotifier::Write);
    connect(m_writeNotifier.get(), &QSocketNotifier::activated, this, [this] {
        if (m_phase == Phase::TlsHandshake)
            continueHandshake();
        else
            sendWaiting();
    });
}

// ---- Ending ------------------------------------------------------------------------------------------------------

void LeanSocket::close()
{
    if (m_phase == Phase::Closing || m_phase == Phase::Closed)
        return;
    const bool inHandshake = m_phase == Phase::TlsHandshake;
    if (inHandshake) {
        end();
        return;
    }
    m_phase = Phase::Closing;
    m_in = QByteArray();
    m_inRead = 0;
    m_inVisible = 0;
    m_messageSince.reset();
    m_pausedUntil.reset();
    m_lingerDue = m_environment.clock.monotonic() + m_environment.limits.lingerDeadline;
    armDeadline(*m_lingerDue);
    setSocketState(ClosingState);
    Q_EMIT stateChanged(ClosingState);
    QIODevice::close();
    updateReading();
    sendWaiting();
}

/// Says good-bye on TLS and TCP, and keeps reading: closing with unread bytes would reset the connection and could
/// take the last frames from the client.
void LeanSocket::shutWriting()
{
    if (m_tls)
        SSL_shutdown(m_tls);
    ::shutdown(m_descriptor, SHUT_WR);
    m_writeShut = true;
}

void LeanSocket::fail(SocketError error, const QString &why)
{
    if (m_phase == Phase::Closed)
        return;
    setSocketError(error);
    setErrorString(why);
    release();
    Q_EMIT errorOccurred(error);
    end();
}

void LeanSocket::end()
{
    release();
    if (state() == UnconnectedState)
        return;
    setSocketState(UnconnectedState);
    if (isOpen())
        QIODevice::close();
    Q_EMIT stateChanged(UnconnectedState);
    Q_EMIT disconnected();
}

void LeanSocket::release()
{
    if (m_phase == Phase::Closed)
        return;
    m_phase = Phase::Closed;
    m_deadline.stop();
    m_readNotifier.setEnabled(false);
    wantToWrite(false);
    if (std::exchange(m_inBatch, false))
        m_environment.batch.remove(this);
    SSL_free(m_tls);
    m_tls = nullptr;
    ::close(m_descriptor);
    m_in = QByteArray();
    m_inRead = 0;
    m_inVisible = 0;
    m_out = QByteArray();
    m_outSent = 0;
}

// ---- Deadlines ---------------------------------------------------------------------------------------------------

void LeanSocket::armDeadline(Milliseconds at)
{
    if (m_deadlineAt && *m_deadlineAt <= at)
        return;
    m_deadlineAt = at;
    m_deadline.start(at - m_environment.clock.monotonic());
}

void LeanSocket::checkDeadlines()
{
    m_deadlineAt.reset();
    const Milliseconds now = m_environment.clock.monotonic();
    const SocketLimits &limits = m_environment.limits;
    const bool upgrading = m_phase < Phase::Open;
    if (upgrading && refuseUnless(Check::HandshakeDeadline, now < m_handshakeDue))
        return fail(SocketTimeoutError, QStringLiteral("handshake deadline"));
    const bool messageInTime =
        !m_messageSince || !m_readNotifier.isEnabled() || now < *m_messageSince + limits.messageDeadline;
    if (refuseUnless(Check::MessageDeadline, messageInTime))
        return fail(SocketTimeoutError, QStringLiteral("message deadline"));
    if (m_stalledSince && refuseUnless(Check::StalledReader, now < *m_stalledSince + limits.stallDeadline))
        return fail(SocketTimeoutError, QStringLiteral("does not read"));
    if (m_lingerDue && now >= *m_lingerDue)
        return end();
    if (m_pausedUntil && now >= *m_pausedUntil) {
        m_pausedUntil.reset();
        updateReading();
    }
    if (upgrading)
        armDeadline(m_handshakeDue);
    if (m_messageSince)
        armDeadline(std::max(*m_messageSince + limits.messageDeadline, now + TimerWheel::kTick));
    if (m_stalledSince)
        armDeadline(*m_stalledSince + limits.stallDeadline);
    if (m_lingerDue)
        armDeadline(*m_lingerDue);
    if (m_pausedUntil)
        armDeadline(*m_pausedUntil);
}

} // namespace sotto::relay
