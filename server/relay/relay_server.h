#pragma once
#include "core/base/result.h"
#include "server/relay/acceptor.h"
#include "server/relay/worker.h"

#include <QHostAddress>
#include <QThread>

#include <atomic>
#include <memory>
#include <vector>

namespace sotto::relay {

/// The relay's front half, running: acceptor, workers, sessions. Made and destroyed on one thread, which is free
/// meanwhile; everything happens on threads of its own.
class RelayServer {
public:
    struct Options {
        QHostAddress address;
        std::uint16_t port = 0; ///< 0: the system chooses
        int workers = 1;
        EventLoopKind loop = EventLoopKind::Epoll;
        SocketLimits socket;
        std::shared_ptr<const TlsContext> tls; ///< null: plain TCP
    };
    /// Listens and starts. `services` and `limiter` outlive the server. Errors are Acceptor::listen's.
    static Result<std::unique_ptr<RelayServer>> start(const Options &options, const SessionServices &services,
                                                      ConnectionLimiter &limiter);
    /// Stops in the orderly way (Worker::stop).
    ~RelayServer();

    std::uint16_t port() const { return m_acceptor->port(); }
    /// Sessions now, of any state. Any thread.
    int sessions() const;

private:
    RelayServer() = default;
    void runAcceptor(EventLoopKind loop);

    std::vector<std::unique_ptr<Worker>> m_workers;
    std::unique_ptr<Acceptor> m_acceptor;
    QThread m_acceptorThread;
    std::size_t m_nextWorker = 0; ///< on the acceptor's thread
};

/// One worker less than the machine has cores, so that storage has one too; at least one.
int defaultWorkers();

} // namespace sotto::relay
