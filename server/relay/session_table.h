#pragma once
#include <array>
#include <cstddef>

namespace sotto::relay {

// The life of a session, as one table (protocol.md 2). Session applies it; a test walks every pair.

/// Where a session stands.
enum class SessionState {
    AwaitingRole,   ///< Hello is sent, nothing has come
    Registering,    ///< the first frame was a Register; Authenticate may follow on the same Hello
    Authenticating, ///< the device's key is looked up and its signature checked
    Welcoming,      ///< proved; what Welcome says is looked up
    Ready,          ///< a chat session
    Ended,          ///< told why, or gone; nothing is heard any more
};
inline constexpr std::size_t kSessionStates = 6;

/// What can happen to it.
enum class SessionEvent {
    RegisterFrame,
    RequestFrame, ///< any other request
    AuthenticateFrame,
    AcknowledgeFrame,
    EphemeralFrame,
    ForeignFrame, ///< what only a relay sends
    MalformedFrame,
    TooManyFrames, ///< before authentication; after it, of those that do nothing
    Proved,
    NotProved,
    Revoked,
    HelloExpired,
    CrowdedAddress, ///< too many sessions of this address
    Welcomed,
    BackendFailed,
    DeadlinePassed,
    SilencePassed, ///< no sign of life
    Replaced,      ///< the device has a newer session
    Stopping,      ///< the relay goes down
    Disconnected,
};
inline constexpr std::size_t kSessionEvents = 20;

/// What the session does when it happens. Say… sends Goodbye with that reason and closes.
enum class SessionAction {
    Nothing,
    Impossible, ///< cannot happen in this state: a defect of ours; ends the session
    Register,
    CheckSignature,
    AskWelcome,
    Begin,
    Answer,
    TakeAcknowledgement,
    RelayEphemeral,
    SayMalformed,
    SayNotAuthenticated,
    SayBadSignature,
    SayRevoked,
    SayHelloExpired,
    SayRateLimited,
    SayUnavailable,
    SayTimedOut,
    SayReplaced,
    SayGoingDown,
    Forget,
};

/// Where an event leads and what is done on the way.
struct SessionTransition {
    SessionState next = SessionState::Ended;
    SessionAction action = SessionAction::Impossible;
    friend bool operator==(const SessionTransition &, const SessionTransition &) = default;
};

/// By state, then by event.
using SessionTable = std::array<std::array<SessionTransition, kSessionEvents>, kSessionStates>;

/// Writes the table out; only at compile time.
constexpr SessionTable makeSessionTable()
{
    using State = SessionState;
    using Event = SessionEvent;
    using Action = SessionAction;
    SessionTable table{};
    const auto set = [&table](State state, Event event, State next, Action action) {
        table[std::size_t(state)][std::size_t(event)] = {next, action};
    };
    for (const State state :
         {State::AwaitingRole, State::Registering, State::Authenticating, State::Welcoming, State::Ready}) {
        set(state, Event::ForeignFrame, State::Ended, Action::SayMalformed);
        set(state, Event::MalformedFrame, State::Ended, Action::SayMalformed);
        set(state, Event::BackendFailed, State::Ended, Action::SayUnavailable);
        set(state, Event::DeadlinePassed, State::Ended, Action::SayTimedOut);
        set(state, Event::SilencePassed, State::Ended, Action::SayTimedOut);
        set(state, Event::Stopping, State::Ended, Action::SayGoingDown);
        set(state, Event::Disconnected, State::Ended, Action::Forget);
    }
    for (const State state : {State::AwaitingRole, State::Registering, State::Authenticating, State::Welcoming}) {
        set(state, Event::RequestFrame, State::Ended, Action::SayNotAuthenticated);
        set(state, Event::AcknowledgeFrame, State::Ended, Action::SayNotAuthenticated);
        set(state, Event::EphemeralFrame, State::Ended, Action::SayNotAuthenticated);
        set(state, Event::TooManyFrames, State::Ended, Action::SayRateLimited);
    }
    for (const State state : {State::AwaitingRole, State::Registering}) {
        set(state, Event::RegisterFrame, State::Registering, Action::Register);
        set(state, Event::AuthenticateFrame, State::Authenticating, Action::CheckSignature);
    }
    // A Hello is good for one answer, and a device that has proved itself has nothing to register.
    for (const State state : {State::Authenticating, State::Welcoming, State::Ready}) {
        set(state, Event::AuthenticateFrame, State::Ended, Action::SayMalformed);
        set(state, Event::RegisterFrame, State::Ended, Action::SayMalformed);
    }
    set(State::Authenticating, Event::Proved, State::Welcoming, Action::AskWelcome);
    set(State::Authenticating, Event::NotProved, State::Ended, Action::SayBadSignature);
    set(State::Authenticating, Event::Revoked, State::Ended, Action::SayRevoked);
    set(State::Authenticating, Event::HelloExpired, State::Ended, Action::SayHelloExpired);
    set(State::Authenticating, Event::CrowdedAddress, State::Ended, Action::SayRateLimited);
    // The device is known from here on: a newer session of it, or its revocation, ends this one.
    for (const State state : {State::Welcoming, State::Ready}) {
        set(state, Event::Replaced, State::Ended, Action::SayReplaced);
        set(state, Event::Revoked, State::Ended, Action::SayRevoked);
    }
    set(State::Welcoming, Event::Welcomed, State::Ready, Action::Begin);
    set(State::Ready, Event::RequestFrame, State::Ready, Action::Answer);
    set(State::Ready, Event::AcknowledgeFrame, State::Ready, Action::TakeAcknowledgement);
    set(State::Ready, Event::EphemeralFrame, State::Ready, Action::RelayEphemeral);
    set(State::Ready, Event::TooManyFrames, State::Ended, Action::SayRateLimited);
    // Late news of a session that has ended is no news, whatever it is; only the connection's own end still matters.
    for (std::size_t event = 0; event < kSessionEvents; ++event)
        table[std::size_t(State::Ended)][event] = {State::Ended, Action::Nothing};
    set(State::Ended, Event::Disconnected, State::Ended, Action::Forget);
    return table;
}

/// Every (state, event) pair.
inline constexpr SessionTable kSessionTable = makeSessionTable();

} // namespace sotto::relay
