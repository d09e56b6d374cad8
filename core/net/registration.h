#pragma once
#include "core/base/task.h"
#include "core/net/relay_channel.h"
#include "core/net/request_error.h"

namespace sotto {

/// Why an account could not be opened.
struct RegistrationError {
    enum class Kind {
        Unreachable,        ///< no address of the relay answers
        RelayNotGenuine,    ///< another relay or somebody in between: the invite was not shown to it
        VersionUnsupported, ///< the relay is of another protocol generation
        Lost,               ///< the line broke or went silent after the request: it may have been done
        Refused,            ///< the relay said no; see `relay`
    };
    Kind kind = Kind::Unreachable;
    wire::RelayError relay; ///< with Refused

    /// The nearest of the general codes, with a detail.
    Error toError() const;
    friend bool operator==(const RegistrationError &, const RegistrationError &) = default;
};

/// What a newcomer learns.
struct RegistrationAnswer {
    wire::Registered registered;
    RelayPins pins; ///< of the invite, or newer
    wire::Hello hello;
};

/// The socket of somebody who has no account yet: proves the relay, sends one Register, closes. Used once; core thread.
class Registration : public QObject {
    Q_OBJECT
public:
    static constexpr Milliseconds kAnswerDeadline{30'000};
    using Answer = Result<RegistrationAnswer, RegistrationError>;

    /// `clock` outlives it.
    Registration(TransportFactory transports, Clock &clock, QObject *parent = nullptr);
    ~Registration() override;

    /// Tries the addresses of `pins` one after another. Nothing of `request` leaves before the relay is proved.
    Task<Answer> registerAccount(RelayPins pins, ProxySettings proxy, wire::Register request);

private:
    void openNext();
    void handleProved(const CheckedHello &hello);
    void handleFrame(const wire::Frame &frame);
    void handleEnded(ChannelEnd end);
    void finish(Answer answer);

    TransportFactory m_transports;
    Clock &m_clock;
    Timer m_deadline;
    std::optional<RelayPins> m_pins;
    ProxySettings m_proxy;
    std::optional<wire::Register> m_request;
    std::size_t m_nextAddress = 0;
    std::unique_ptr<RelayChannel> m_channel;
    std::optional<wire::Hello> m_hello; ///< once the request is out
    RegistrationError::Kind m_worst = RegistrationError::Kind::Unreachable;
    std::optional<Completer<Answer>> m_answer;
};

} // namespace sotto
