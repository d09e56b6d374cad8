#include "core/net/connection_state.h"

namespace sotto {

namespace {

using S = ConnectionState;
using A = ConnectionAction;
using T = ConnectionTransition;

constexpr T keep(S state) { return {state, A::Nothing}; }
/// What cannot happen: the channel and the timers that would say so are gone in this state.
constexpr T never(S state) { return {state, A::Impossible}; }

// clang-format off
constexpr T kTable[kConnectionStates][kConnectionEvents] = {
    // Stopped
    {
        /* Start      */ {S::Connecting, A::OpenFirst},
        /* Stop       */ keep(S::Stopped),
        /* Opened     */ never(S::Stopped),
        /* Proved     */ never(S::Stopped),
        /* Welcomed   */ never(S::Stopped),
        /* FailedHere */ never(S::Stopped),
        /* Failed     */ never(S::Stopped),
        /* Dismissed  */ never(S::Stopped),
        /* WakeUp     */ keep(S::Stopped),
        /* RetryDue   */ never(S::Stopped),
    },
    // Connecting
    {
        /* Start      */ keep(S::Connecting),
        /* Stop       */ {S::Stopped, A::Drop},
        /* Opened     */ keep(S::AwaitingHello),
        /* Proved     */ never(S::Connecting),
        /* Welcomed   */ never(S::Connecting),
        /* FailedHere */ {S::Connecting, A::OpenNext},
        /* Failed     */ {S::Backoff, A::WaitToRetry},
        /* Dismissed  */ never(S::Connecting),
        /* WakeUp     */ {S::Connecting, A::OpenFirst}, // the try that runs may hang on the old network
        /* RetryDue   */ never(S::Connecting),
    },
    // AwaitingHello
    {
        /* Start      */ keep(S::AwaitingHello),
        /* Stop       */ {S::Stopped, A::Drop},
        /* Opened     */ never(S::AwaitingHello),
        /* Proved     */ {S::Authenticating, A::Authenticate},
        /* Welcomed   */ never(S::AwaitingHello),
        /* FailedHere */ {S::Connecting, A::OpenNext},
        /* Failed     */ {S::Backoff, A::WaitToRetry},
        /* Dismissed  */ never(S::AwaitingHello),
        /* WakeUp     */ keep(S::AwaitingHello), // its deadline is short
        /* RetryDue   */ never(S::AwaitingHello),
    },
    // Authenticating
    {
        /* Start      */ keep(S::Authenticating),
        /* Stop       */ {S::Stopped, A::Drop},
        /* Opened     */ never(S::Authenticating),
        /* Proved     */ never(S::Authenticating),
        /* Welcomed   */ {S::Online, A::GoOnline},
        /* FailedHere */ never(S::Authenticating), // a proved relay says no at every address
        /* Failed     */ {S::Backoff, A::WaitToRetry},
        /* Dismissed  */ {S::Halted, A::Drop},
        /* WakeUp     */ keep(S::Authenticating),
        /* RetryDue   */ never(S::Authenticating),
    },
    // Online
    {
        /* Start      */ keep(S::Online),
        /* Stop       */ {S::Stopped, A::Drop},
        /* Opened     */ never(S::Online),
        /* Proved     */ never(S::Online),
        /* Welcomed   */ never(S::Online),
        /* FailedHere */ never(S::Online),
        /* Failed     */ {S::Backoff, A::WaitToRetry},
        /* Dismissed  */ {S::Halted, A::Drop},
        /* WakeUp     */ {S::Online, A::Probe},
        /* RetryDue   */ never(S::Online),
    },
    // Backoff
    {
        /* Start      */ {S::Connecting, A::OpenFirst},
        /* Stop       */ {S::Stopped, A::Drop},
        /* Opened     */ never(S::Backoff),
        /* Proved     */ never(S::Backoff),
        /* Welcomed   */ never(S::Backoff),
        /* FailedHere */ never(S::Backoff),
        /* Failed     */ never(S::Backoff),
        /* Dismissed  */ never(S::Backoff),
        /* WakeUp     */ {S::Connecting, A::OpenFirst},
        /* RetryDue   */ {S::Connecting, A::OpenFirst},
    },
    // Halted
    {
        /* Start      */ {S::Connecting, A::OpenFirst},
        /* Stop       */ keep(S::Stopped),
        /* Opened     */ never(S::Halted),
        /* Proved     */ never(S::Halted),
        /* Welcomed   */ never(S::Halted),
        /* FailedHere */ never(S::Halted),
        /* Failed     */ never(S::Halted),
        /* Dismissed  */ never(S::Halted),
        /* WakeUp     */ keep(S::Halted),
        /* RetryDue   */ never(S::Halted),
    },
};
// clang-format on

} // namespace

ConnectionTransition connectionTransition(ConnectionState state, ConnectionEvent event)
{
    return kTable[int(state)][int(event)];
}

const char *name(ConnectionState state)
{
    switch (state) {
    case S::Stopped: return "stopped";
    case S::Connecting: return "connecting";
    case S::AwaitingHello: return "awaiting_hello";
    case S::Authenticating: return "authenticating";
    case S::Online: return "online";
    case S::Backoff: return "backoff";
    case S::Halted: return "halted";
    }
    return "unknown";
}

} // namespace sotto
