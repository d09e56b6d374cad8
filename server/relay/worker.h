#pragma once
#include "server/limits/connection_limiter.h"
#include "server/relay/event_loop.h"
#include "server/relay/inbox.h"
#include "server/relay/lean_socket.h"
#include "server/relay/session.h"
#include "server/relay/session_router.h"

#include <QThread>

#include <atomic>
#include <memory>
#include <unordered_map>
#include <variant>

namespace sotto::relay {

/// One I/O thread with its event loop and its share of the sessions. start() and stop() are called on one other thread,
/// take() and post() on any.
class Worker final : public SessionPost {
public:
    struct Options {
        EventLoopKind loop = EventLoopKind::Epoll;
        SocketLimits socket;
        std::shared_ptr<const TlsContext> tls;
        SessionId firstSession = 1; ///< sessions of this worker are numbered from here …
        SessionId sessionStep = 1;  ///< … in these steps, so that no two workers give the same number
    };
    /// `services` outlives the worker.
    Worker(Options options, const SessionServices &services);
    /// Stops when it still runs.
    ~Worker() override;

    /// Starts the thread; returns once it can take connections.
    void start();
    /// Says GoingDown to every session, waits up to two seconds for their last bytes to leave, then ends the thread.
    void stop();

    /// Takes over an accepted descriptor.
    void take(int descriptor, ConnectionLimiter::Ticket ticket);
    void post(SessionId session, SessionMessage message) override;
    /// Sessions now, of any state.
    int sessions() const { return m_sessionCount; }

private:
    /// A descriptor that is closed unless somebody takes it.
    class Descriptor {
    public:
        explicit Descriptor(int number) : m_number(number) { }
        Descriptor(Descriptor &&other) noexcept : m_number(std::exchange(other.m_number, -1)) { }
        Descriptor &operator=(Descriptor &&) = delete;
        ~Descriptor();
        int release() { return std::exchange(m_number, -1); }

    private:
        int m_number;
    };
    struct NewConnection {
        Descriptor descriptor;
        ConnectionLimiter::Ticket ticket;
    };
    struct ForSession {
        SessionId session;
        SessionMessage message;
    };
    struct Shed {
        std::uint64_t ticket;
    };
    using Item = std::variant<NewConnection, ForSession, Shed>;
    struct OnThread; ///< what lives on the worker's thread

    void stopSessions();

    const Options m_options;
    const SessionServices &m_services;
    std::unique_ptr<Inbox<Item>> m_inbox;
    QThread m_thread;
    std::unique_ptr<OnThread> m_onThread; ///< made and destroyed there
    std::atomic<int> m_sessionCount{0};
};

} // namespace sotto::relay
