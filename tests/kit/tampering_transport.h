#pragma once
#include "core/net/transport.h"
#include "core/wire/frame.h"

#include <functional>
#include <vector>

namespace sotto::kit {

/// What a malicious relay does to the frames of one client: each frame may become none, others or several.
struct Tampering {
    using Change = std::function<std::vector<wire::Frame>(wire::Frame)>;
    Change toClient;                ///< empty: unchanged
    Change fromClient;              ///< empty: unchanged
    std::function<void()> pinged;   ///< called when the client asks for a sign of life
    std::function<void()> answered; ///< called when the relay gives one
    bool isCut = false;             ///< nothing passes any more, and neither side notices
    // What the real relay still has to answer on this connection: only then has it said all that it had to.
    mutable int openRequests = 0;
    mutable int openPings = 0;
    bool isAnswered() const { return openRequests == 0 && openPings == 0; }
    // Set while the client has a connection: frames of the relay's own making, to the client or to the real relay.
    mutable std::function<void(const wire::Frame &)> sayToClient;
    mutable std::function<void(const wire::Frame &)> sayToRelay;
};

/// A real transport whose frames pass through a test's hands behind the TLS: the client cannot tell it from a relay
/// that lies. `tampering` outlives every transport and may be changed at any time.
TransportFactory tamperingTransports(TransportFactory real, const Tampering &tampering);

} // namespace sotto::kit
