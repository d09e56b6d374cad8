#include "server/relay/acceptor.h"

#include "core/base/logging.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sotto::relay {

namespace {
constexpr int kBacklog = 4096;
constexpr int kAcceptsPerTurn = 64;
constexpr Milliseconds kRestWithoutDescriptors{100};

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr *generic() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

SocketAddress socketAddress(const QHostAddress &address, std::uint16_t port)
{
    SocketAddress result;
    if (address.protocol() == QAbstractSocket::IPv4Protocol) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        v4.sin_addr.s_addr = htonl(address.toIPv4Address());
        result.size = sizeof v4;
        std::memcpy(&result.storage, &v4, sizeof v4);
    } else {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        const Q_IPV6ADDR bytes = address.toIPv6Address();
        std::memcpy(&v6.sin6_addr, &bytes, sizeof bytes);
        result.size = sizeof v6;
        std::memcpy(&result.storage, &v6, sizeof v6);
    }
    return result;
}

std::uint16_t portOf(int descriptor)
{
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr *>(&bound), &size) != 0)
        return 0;
    if (bound.ss_family == AF_INET)
        return ntohs(reinterpret_cast<const sockaddr_in &>(bound).sin_port);
    return ntohs(reinterpret_cast<const sockaddr_in6 &>(bound).sin6_port);
}

Error listenError(int number)
{
    const QString text = QString::fromLocal8Bit(std::strerror(number));
    if (number == EADDRINUSE)
        return Error(ErrorCode::Busy, text);
    if (number == EADDRNOTAVAIL)
        return Error(ErrorCode::InvalidArgument, text);
    return Error(number == EACCES ? ErrorCode::NotPermitted : ErrorCode::InputOutput, text);
}

void enable(int descriptor, int level, int option, int value = 1)
{
    ::setsockopt(descriptor, level, option, &value, sizeof value);
}
} // namespace

Result<std::unique_ptr<Acceptor>> Acceptor::listen(const QHostAddress &address, std::uint16_t port, Clock &clock,
                                                   ConnectionLimiter &limiter)
{
    const SocketAddress where = socketAddress(address, port);
    const int descriptor = ::socket(where.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0 && errno == EAFNOSUPPORT && address == QHostAddress(QHostAddress::AnyIPv6))
        return listen(QHostAddress(QHostAddress::AnyIPv4), port, clock, limiter); // a machine without IPv6
    if (descriptor < 0)
        return listenError(errno);
    enable(descriptor, SOL_SOCKET, SO_REUSEADDR); // a restart does not wait for old connections to be forgotten
    if (where.storage.ss_family == AF_INET6)
        enable(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (::bind(descriptor, where.generic(), where.size) != 0 || ::listen(descriptor, kBacklog) != 0) {
        const int number = errno;
        ::close(descriptor);
        return listenError(number);
    }
    return std::unique_ptr<Acceptor>(new Acceptor(descriptor, portOf(descriptor), clock, limiter));
}

Acceptor::Acceptor(int descriptor, std::uint16_t port, Clock &clock, ConnectionLimiter &limiter)
    : m_descriptor(descriptor),
      m_port(port),
      m_limiter(limiter),
      m_restTimer(clock, [this] { m_notifier->setEnabled(true); })
{ }

Acceptor::~Acceptor() { stop(); }

void Acceptor::stop()
{
    m_restTimer.stop();
    m_notifier.reset();
    if (m_descriptor >= 0)
        ::close(std::exchange(m_descriptor, -1));
}

void Acceptor::start(Accepted onAccepted)
{
    m_onAccepted = std::move(onAccepted);
    m_notifier = std::make_unique<QSocketNotifier>(m_descriptor, QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &Acceptor::acceptWaiting);
}

void Acceptor::acceptWaiting()
{
    for (int i = 0; i < kAcceptsPerTurn && acceptOne(); ++i) { }
}

/// False when none waits any more.
bool Acceptor::acceptOne()
{
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int descriptor =
        ::accept4(m_descriptor, reinterpret_cast<sockaddr *>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            rest();
        return errno == ECONNABORTED || errno == EINTR;
    }
    auto ticket = m_limiter.admit(addressKeyOf(peer));
    if (!ticket) {
        ::close(descriptor);
        return true;
    }
    enable(descriptor, IPPROTO_TCP, TCP_NODELAY); // frames are collected by turns already (WriteBatch)
    m_onAccepted(descriptor, std::move(*ticket));
    return true;
}

/// Out of descriptors or memory: the connection stays in the backlog and would wake us again at once, for ever.
void Acceptor::rest()
{
    qCWarning(lcRelay, "no descriptors left for new connections");
    m_notifier->setEnabled(false);
    m_restTimer.start(kRestWithoutDescriptors);
}

} // namespace sotto::relay
