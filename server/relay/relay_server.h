#pragma once
#include "server/relay/acceptor.h"
#include "server/relay/worker.h"

#include <QThread>

#include <memory>
#include <vector>

namespace sotto::relay {

/// The relay's front half, running: acceptor, workers, sessions. Made and destroyed on one thread, which is free
/// meanwhile; everything happens on threads of its own.
class RelayServer {
public:
    struct Options {
        int workers = 1;
        EventLoopKind loop = EventLoopKind::Epoll;
        SocketLimits socket;
        std::shared_ptr<const TlsContext> tls; ///< null: plain TCP
    };
    /// Starts to serve those who connect to `acceptor`, which listens already. `services` outlives the server.
    RelayServer(std::unique_ptr<Acceptor> acceptor, const Options &options, const SessionServices &services);
    /// Stops in the orderly way (Worker::stop).
    ~RelayServer();

    std::uint16_t port() const { return m_acceptor->port(); }
    /// Sessions now, of any state. Any thread.
    int sessions() const;

private:
    void runAcceptor(EventLoopKind loop);

    std::vector<std::unique_ptr<Worker>> m_workers;
    std::unique_ptr<Acceptor> m_acceptor;
    QThread m_acceptorThread;
    std::size_t m_nextWorker = 0; ///< on the acceptor's thread
};

/// One worker less than the machine has cores, so that storage has one too; at least one.
int defaultWorkers();

} // namespace sotto::relay
