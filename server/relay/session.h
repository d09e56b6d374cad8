#pragma once
#include "server/limits/connection_limiter.h"
#include "server/relay/client_connection.h"
#include "server/relay/handler.h"
#include "server/relay/hello_maker.h"
#include "server/relay/mail_pump.h"
#include "server/relay/session_backend.h"
#include "server/relay/session_router.h"
#include "server/relay/session_table.h"
#include "server/relay/timer_wheel.h"

#include <QObject>

#include <functional>
#include <memory>

namespace sotto::relay {

/// How long and how much a session may wait and ask. Defaults are protocol.md 2's.
struct SessionLimits {
    Milliseconds roleDeadline{10'000};     ///< from Hello to Authenticate or Register
    Milliseconds registerDeadline{30'000}; ///< from the first Register on
    int unauthenticatedFrames = 3;
    Milliseconds helloLife{30'000}; ///< how long a Hello may be answered
    Milliseconds pingInterval{30'000};
    Milliseconds deadAfter{60'000}; ///< without a sign of life
    int requestsInFlight = 256;     ///< over it a request is answered with RateLimited
    MailWindow mail;
    Rate idleAcknowledgements{1, 256}; ///< of nothing that was sent; an honest client has a few after a broken line
    Milliseconds storageBacklog{200};  ///< work that waits longer for the disk stops reading from senders
    Milliseconds backlogPause{250};    ///< for this long
};

/// What all sessions use. Outlives them.
struct SessionServices {
    Clock &clock;
    SessionBackend &backend;
    const HandlerTable &handlers;
    SessionRouter &router;
    const HelloMaker &hello;
    SessionLimits limits;
    /// How long the oldest unwritten work has waited for the disk. Any thread.
    std::function<Milliseconds()> storageBacklog = [] { return Milliseconds(0); };
};

/// One client, from Hello to its end: the state machine of session_table.h. Lives on one worker; is told what happens
/// by its connection, by its worker (receive) and by the answers of handlers and backend.
class Session final : public QObject, private ClientConnection::Listener {
    Q_OBJECT
public:
    /// `post` leads other threads to this session, `wheel` is its worker's. `onFinished` is called once, when the
    /// connection is gone; the session may be destroyed from there by deleteLater.
    Session(SessionId id, std::unique_ptr<ClientConnection> connection, ConnectionLimiter::Ticket ticket,
            const SessionServices &services, TimerWheel &wheel, SessionPost &post,
            std::function<void(SessionId)> onFinished);
    ~Session() override;

    /// Says Hello. Once, right after construction.
    void start();
    /// What other threads sent (SessionRouter).
    void receive(SessionMessage message);
    /// Sends the mail that came with receive() since the last time.
    void flushMail();
    /// The relay goes down: says so and closes.
    void stop() { apply(SessionEvent::Stopping); }

    /// The relay has no room for it any more: says Unavailable and closes.
    void shed() { apply(SessionEvent::BackendFailed); }

    SessionState state() const { return m_state; }
    std::uint64_t ticket() const { return m_ticket.number(); }

private:
    void handleFrame(const Bytes &frame) override;
    void handleDrained() override;
    void handleClosed() override;

    void apply(SessionEvent event);
    void act(SessionAction action);
    SessionEvent eventOf(const wire::Frame &frame) const;
    bool isOneFrameTooMany();

    void registerAccount();
    void checkSignature();
    Task<Done> authenticate(wire::Authenticate claim);
    void askWelcome();
    Task<Done> fetchWelcome(DeviceAddress device);
    void begin();
    void answerRequest();
    void slowDownSender(const wire::RequestBody &request);
    void takeAcknowledgement();
    void relayEphemeral();
    void respond(std::uint32_t requestId, wire::ResponseBody body);
    void sayGoodbye(wire::RelayErrorCode why);
    void leaveRouter();
    void forget();
    void beat();
    void wakeUp();

    SessionContext context() const { return {m_id, m_ticket.address(), m_device}; }

    const SessionId m_id;
    std::unique_ptr<ClientConnection> m_connection;
    ConnectionLimiter::Ticket m_ticket;
    const SessionServices &m_services;
    SessionPost &m_post;
    std::function<void(SessionId)> m_onFinished;
    TimerWheel::Entry m_timer; ///< the deadline before authentication, the heartbeat after it

    SessionState m_state = SessionState::AwaitingRole;
    wire::Frame m_frame = wire::Acknowledge{}; ///< the frame of the event that is applied
    std::optional<HelloMaker::Made> m_hello;
    int m_unauthenticatedFrames = 0;
    int m_requestsInFlight = 0;
    TokenBucket m_idleAcknowledgements;
    std::optional<DeviceAddress> m_device; ///< proved
    wire::Welcome m_welcome;
    std::unique_ptr<MailPump> m_mail;
    bool m_isAnnounced = false; ///< the backend has been told of this session
};

} // namespace sotto::relay
