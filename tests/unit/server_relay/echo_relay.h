#pragma once
#include "server/relay/acceptor.h"
#include "server/relay/event_loop.h"
#include "server/relay/web_socket_gate.h"
#include "tests/kit/fake_clock.h"

#include <QThread>

#include <atomic>
#include <memory>
#include <vector>

namespace sotto::relay {

/// The relay's sockets without its sessions: everything that comes is sent back. Runs on its own thread, in virtual
/// time.
class EchoRelay {
public:
    struct Options {
        EventLoopKind loop = EventLoopKind::Epoll;
        SocketLimits socket;
        ConnectionLimits connections{1000, 1000, {1e6, 1e6}, 1000, 1000};
        std::shared_ptr<const TlsContext> tls;
        int answers = 1; ///< how many times a frame is sent back
    };
    EchoRelay() : EchoRelay(Options{}) { }
    explicit EchoRelay(Options options);
    ~EchoRelay();

    std::uint16_t port() const { return m_acceptor->port(); }
    /// Moves the time on and lets the relay's thread do what is due.
    void advance(Milliseconds step);
    int open() const { return m_open; }
    int opened() const { return m_opened; }
    /// Bytes that wait for clients which do not read, at most over time.
    qsizetype mostPending() const { return m_mostPending; }
    kit::FakeClock &clock() { return m_clock; }
    ConnectionLimiter &limiter() { return m_limiter; }
    /// Closes every connection in the orderly way.
    void closeAll();
    template <class Fn> void run(Fn fn)
    {
        QMetaObject::invokeMethod(m_acceptor.get(), fn, Qt::BlockingQueuedConnection);
    }

private:
    class Echo;
    struct OnThread;

    Options m_options;
    kit::FakeClock m_clock;
    ConnectionLimiter m_limiter;
    std::unique_ptr<Acceptor> m_acceptor;
    QThread m_thread;
    std::unique_ptr<OnThread> m_onThread; ///< made and destroyed there
    std::atomic<int> m_open{0};
    std::atomic<int> m_opened{0};
    std::atomic<qsizetype> m_mostPending{0};
};

} // namespace sotto::relay
