#pragma once
#include "core/base/clock.h"
#include "core/net/hello_check.h"
#include "core/net/transport.h"

namespace sotto {

/// Why a channel ended.
enum class ChannelEnd {
    Unreachable,        ///< no connection to the address
    NotARelay,          ///< something else answers there
    NotGenuine,         ///< RelayNotGenuine: another relay, or somebody in between
    VersionUnsupported, ///< the relay speaks another protocol generation
    Silent,             ///< a deadline passed
    Misbehaved,         ///< sent what no relay sends
    Lost,               ///< closed by the relay or the network
};
/// Stable lower-case name, for logs.
const char *name(ChannelEnd end);

/// One connection to one address that is open only when the relay at its end is the pinned one: opens a transport,
/// checks the Hello against key and certificate, then carries frames. Nothing is sent before the check. Used once;
/// core thread.
class RelayChannel : public QObject {
    Q_OBJECT
public:
    static constexpr Milliseconds kConnectDeadline{15'000};
    static constexpr Milliseconds kHelloDeadline{10'000};

    /// `clock` outlives the channel.
    RelayChannel(std::unique_ptr<Transport> transport, Clock &clock, RelayPins pins, QObject *parent = nullptr);
    ~RelayChannel() override;

    /// Starts. opened() and proved() follow, or ended() at any time.
    void open(const RelayAddress &address, const ProxySettings &proxy);
    /// Sends a frame; ignored before proved(). The frame is not over wire::kMaxFrameBytes.
    void send(const Bytes &frame);
    /// Asks for a sign of life; alive() answers it.
    void ping();
    qint64 unsentBytes() const;
    /// Ends it from this side, silently.
    void close();

Q_SIGNALS:
    /// There is a way to the address; nothing is known about who is there.
    void opened();
    /// The pinned relay is at the other end of this very connection.
    void proved(const sotto::CheckedHello &hello);
    /// A frame of the proved relay.
    void frameArrived(const sotto::wire::Frame &frame);
    void alive();
    /// It is over; nothing more comes.
    void ended(sotto::ChannelEnd why);

private:
    void handleOpened(const Hash256 &spki);
    void handleFrame(const Bytes &bytes);
    void handleEnded(TransportEnd why);
    void handleHello(const wire::Frame &frame);
    void end(ChannelEnd why);

    std::unique_ptr<Transport> m_transport;
    RelayPins m_pins;
    Timer m_deadline;
    std::optional<Hash256> m_spki;
    bool m_proved = false;
    bool m_ended = false;
};

} // namespace sotto
