#pragma once
#include "core/base/random.h"
#include "core/net/backoff.h"
#include "core/net/connection_state.h"
#include "core/net/relay_channel.h"

namespace sotto {

/// Why a device is not online, when it wants to be.
enum class ConnectionProblem {
    None,
    Unreachable,           ///< no address of the relay answers
    RelayNotGenuine,       ///< another relay or somebody in between answers: nothing was sent; it tries again
    VersionUnsupported,    ///< the relay is of another protocol generation
    AuthenticationRefused, ///< the relay does not know this device or its signature; it tries again
    Replaced,              ///< the same device connected elsewhere: halted, no fight
    Revoked,               ///< the device was removed from the account: halted
    DatabaseRolledBack,    ///< the relay knows newer numbers than this database: halted, nothing may be sent
    SigningFailed,         ///< the device key did not sign; it tries again
    DatabaseUnreadable,    ///< our own numbers could not be read, so nothing may be sent; it tries again
    RelayGoingDown,        ///< it said so, and when to come back
    Lost,                  ///< the line broke
};
/// Stable lower-case name, for JSON and logs.
const char *name(ConnectionProblem problem);

/// What the database knows about its own traffic; Welcome is compared with it.
struct OwnNumbers {
    std::uint64_t lastAckedSeq = 0;  ///< newest mail committed here
    std::uint64_t lastSubmitSeq = 0; ///< newest submit_seq given out
};

/// Who connects. The functions are called on the core thread and live as long as the connection.
struct ConnectionIdentity {
    DeviceAddress self;
    /// The DSK signature over exactly these bytes.
    std::function<Result<Bytes>(const Bytes &)> sign;
    /// Read at every Welcome. An error is no number: the line is given up and tried again.
    std::function<Result<OwnNumbers>()> ownNumbers;
};

/// A device's chat socket, kept up by itself: tries all addresses, authenticates, compares numbers, sends heartbeats,
/// waits with jitter and tries again. Core thread.
class RelayConnection : public QObject {
    Q_OBJECT
public:
    static constexpr Milliseconds kWelcomeDeadline{15'000};
    static constexpr Milliseconds kProbeDeadline{5'000};
    /// Online for this long means that the next failure starts with the shortest wait.
    static constexpr Milliseconds kGoodAfter{30'000};
    /// Clock differences over this are reported.
    static constexpr Milliseconds kClockTolerance{120'000};

    /// `clock` and `random` outlive it; `pins` have at least one address.
    RelayConnection(TransportFactory transports, Clock &clock, Random &random, RelayPins pins,
                    ConnectionIdentity identity, QObject *parent = nullptr);
    ~RelayConnection() override;

    /// Wants to be online from now on; also ends Halted, when the person asks for another try.
    void start();
    /// Wants to be offline; the socket is closed.
    void stop();
    /// The system has a network (again): tries at once, or makes sure that an open line still works.
    void networkUp();
    /// The computer woke up; the same.
    void resumed();
    /// From the next connection on.
    void setProxy(ProxySettings proxy) { m_proxy = std::move(proxy); }
    /// Addresses set by hand; from the next attempt on.
    void setAddresses(std::vector<RelayAddress> addresses);

    ConnectionState state() const { return m_state; }
    bool isOnline() const { return m_state == ConnectionState::Online; }
    /// Why it is not online; None when it is, or while the first try runs.
    ConnectionProblem problem() const { return m_problem; }
    const RelayPins &pins() const { return m_pins; }
    /// Relay clock minus ours at the last Hello; reported only when over kClockTolerance, else zero.
    Milliseconds clockDifference() const { return m_clockDifference; }
    /// The relay's time: that of its last genuine Hello, carried on by this computer's monotonic clock. Nothing before
    /// the first.
    std::optional<Timestamp> relayNow() const;
    /// What the relay stated in its last genuine Hello.
    const std::optional<wire::Hello> &hello() const { return m_hello; }

    /// Sends one encoded frame. False when not online or when the frame is over the limit.
    bool send(const Bytes &frame);
    /// Bytes that wait in this process for the network.
    qint64 unsentBytes() const;
    /// The relay broke a rule of the protocol: drop this line and try again later.
    void reportMisbehaviour();

Q_SIGNALS:
    /// state(), problem() or clockDifference() changed.
    void stateChanged();
    /// Online; comes before stateChanged(). Requests may be made from here on.
    void welcomed(const sotto::wire::Welcome &welcome);
    /// The line was online and is not any more; comes before stateChanged().
    void wentOffline();
    /// Response, Push: whatever the relay sends once we are online.
    void frameArrived(const sotto::wire::Frame &frame);
    /// The relay announced newer pins: to be stored with the account.
    void pinsChanged(const sotto::RelayPins &pins);

private:
    void apply(ConnectionEvent event);
    void run(ConnectionAction action);
    void openNext();
    void authenticate();
    void goOnline();
    void waitToRetry();
    void dropChannel();
    void retireChannel();
    void probe();
    void handleBeat();
    void handleProved(const CheckedHello &hello);
    void handleFrame(const wire::Frame &frame);
    void handleWelcome(const wire::Welcome &welcome);
    void handleGoodbye(const wire::RelayError &error);
    void handleChannelEnd(ChannelEnd end);
    void fail(ConnectionProblem problem);
    void failForGood(ConnectionProblem problem);
    void noteAlive();

    TransportFactory m_transports;
    Clock &m_clock;
    RelayPins m_pins;
    ConnectionIdentity m_identity;
    ProxySettings m_proxy;
    Backoff m_backoff;
    Timer m_retry;
    Timer m_deadline; ///< of the Welcome, and of a probe's answer
    Timer m_beat;
    std::unique_ptr<RelayChannel> m_channel;
    std::size_t m_nextAddress = 0; ///< in the running round
    ConnectionState m_state = ConnectionState::Stopped;
    ConnectionProblem m_problem = ConnectionProblem::None;
    Milliseconds m_clockDifference{0};
    Milliseconds m_lastAlive{0};
    Milliseconds m_onlineSince{0};
    bool m_lineWasOnline = false;
    std::optional<Milliseconds> m_retryAfter; ///< the relay's own word on when to come back
    std::optional<wire::Hello> m_hello;
    Milliseconds m_helloAt{0}; ///< monotonic
    std::optional<Hash256> m_helloHash;
    std::optional<wire::Welcome> m_welcome; ///< between Welcome and GoOnline
};

} // namespace sotto
