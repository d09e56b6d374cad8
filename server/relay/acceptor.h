#pragma once
#include "core/base/clock.h"
#include "core/base/result.h"
#include "server/limits/connection_limiter.h"

#include <QHostAddress>
#include <QObject>
#include <QSocketNotifier>

#include <functional>
#include <memory>

namespace sotto::relay {

/// Listens, takes connections with TCP_NODELAY and hands on those that the limits let in. What is refused is closed
/// before a byte is read or sent.
class Acceptor final : public QObject {
    Q_OBJECT
public:
    using Accepted = std::function<void(int descriptor, ConnectionLimiter::Ticket ticket)>;

    /// Binds and listens with a backlog of 4096; port 0 lets the system choose. Connections wait in the kernel until
    /// start(). `::` takes IPv4 too. `clock` and `limiter` outlive the acceptor. Busy when the address is taken,
    /// InvalidArgument when this machine does not have it, InputOutput otherwise.
    static Result<std::unique_ptr<Acceptor>> listen(const QHostAddress &address, std::uint16_t port, Clock &clock,
                                                    ConnectionLimiter &limiter);
    ~Acceptor() override;

    /// Begins to accept, on the calling thread, which has to be this object's. `onAccepted` gets non-blocking
    /// descriptors and owns them.
    void start(Accepted onAccepted);
    /// Accepts no more and closes the listening socket. On this object's thread.
    void stop();
    std::uint16_t port() const { return m_port; }

private:
    Acceptor(int descriptor, std::uint16_t port, Clock &clock, ConnectionLimiter &limiter);
    void acceptWaiting();
    bool acceptOne();
    void rest();

    int m_descriptor;
    const std::uint16_t m_port;
    ConnectionLimiter &m_limiter;
    Timer m_restTimer;
    std::unique_ptr<QSocketNotifier> m_notifier;
    Accepted m_onAccepted;
};

} // namespace sotto::relay
