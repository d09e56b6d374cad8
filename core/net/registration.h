#pragma once
#include "core/base/task.h"
#include "core/net/relay_channel.h"
#include "core/net/request_error.h"

#include <functional>
#include <optional>

namespace sotto {

/// Why an account could not be opened.
struct RegistrationError {
    enum class Kind {
        Unreachable,        ///< no address of the relay answers
        RelayNotGenuine,    ///< another relay or somebody in between: the invite was not shown to it
        VersionUnsupported, ///< the relay is of another protocol generation
        Lost,               ///< the line broke or went silent after the request: it may have been done
        Refused,            ///< the relay said no; see `relay`
        NotMade,            ///< there was nothing to ask for; see `cause`
    };
    Kind kind = Kind::Unreachable;
    wire::RelayError relay = {};     ///< with Refused
    std::optional<Error> cause = {}; ///< with NotMade

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
    /// What to ask a proved relay for; entries are dated by the time in its Hello.
    using MakeRequest = std::function<Result<wire::Register>(const wire::Hello &)>;

    /// `clock` outlives it.
    Registration(TransportFactory transports, Clock &clock, QObject *parent = nullptr);
    ~Registration() override;

    /// Tries the addresses of `pins` one after another. `makeRequest` is called once, when the relay is proved.
    Task<Answer> registerAccount(RelayPins pins, ProxySettings proxy, MakeRequest makeRequest);

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
    MakeRequest m_makeRequest;
    std::size_t m_nextAddress = 0;
    std::unique_ptr<RelayChannel> m_channel;
    std::optional<wire::Hello> m_hello; ///< once the request is out
    RegistrationError::Kind m_worst = RegistrationError::Kind::Unreachable;
    std::optional<Completer<Answer>> m_answer;
};

} // namespace sotto
