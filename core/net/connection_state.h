#pragma once
#include <cstdint>

namespace sotto {

/// Where a device's connection to its relay stands.
enum class ConnectionState : std::uint8_t {
    Stopped,        ///< not wanted
    Connecting,     ///< looking for a way to an address
    AwaitingHello,  ///< connected to somebody; nothing sent yet
    Authenticating, ///< it is our relay; waiting for its Welcome
    Online,
    Backoff, ///< waiting before the next try
    Halted,  ///< will not try again by itself: see ConnectionProblem
};
inline constexpr int kConnectionStates = 7;

/// What happens to a connection.
enum class ConnectionEvent : std::uint8_t {
    Start,      ///< the account wants to be online
    Stop,       ///< it does not
    Opened,     ///< the channel reached somebody
    Proved,     ///< it is our relay
    Welcomed,   ///< the relay took our authentication, and our numbers fit
    FailedHere, ///< this address did not work; the round has others
    Failed,     ///< no address worked, or the line was lost
    Dismissed,  ///< the relay or a check ended it for a reason that trying again will not mend
    WakeUp,     ///< the network came up or the computer woke
    RetryDue,   ///< the backoff is over
};
inline constexpr int kConnectionEvents = 10;

/// What to do on a transition.
enum class ConnectionAction : std::uint8_t {
    Nothing,
    OpenFirst, ///< a new round from the first address
    OpenNext,  ///< the next address of this round
    Authenticate,
    GoOnline,
    WaitToRetry, ///< drop the channel, start the backoff
    Drop,        ///< drop the channel and all timers
    Probe,       ///< ask for a sign of life soon
    Impossible,  ///< a programming error
};

/// One cell of the table.
struct ConnectionTransition {
    ConnectionState next;
    ConnectionAction action;
};

/// What `event` does in `state`. The whole machine; every pair is defined.
ConnectionTransition connectionTransition(ConnectionState state, ConnectionEvent event);

/// Stable lower-case name, for JSON and logs.
const char *name(ConnectionState state);

} // namespace sotto
