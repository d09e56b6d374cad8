#pragma once
#include "core/base/random.h"
#include "core/net/transport.h"
#include "core/primitives/ed25519.h"
#include "core/wire/frame.h"
#include "core/wire/links.h"

#include <functional>

namespace sotto::kit {

/// A relay in the same thread without TLS, sockets and storage: it proves itself, welcomes everybody and answers as
/// the test says. Frames come back through the event loop, as from a socket: all that one turn of it asked with the
/// next.
class LoopRelay {
public:
    /// `clock` outlives it, and it outlives its transports.
    LoopRelay(Clock &clock, Random &random);
    virtual ~LoopRelay() = default;

    TransportFactory transports();
    /// What a profile needs to know of it.
    wire::Invite invite() const;

    /// What a request is answered with; nothing: no answer. Without it everything is refused as unsupported.
    std::function<std::optional<wire::ResponseBody>(const wire::RequestBody &)> onRequest;
    wire::Welcome welcome;
    Milliseconds clockAhead{0}; ///< of its Hello

    /// Everything that was asked so far.
    template <class Request> std::vector<Request> asked() const
    {
        std::vector<Request> all;
        for (const wire::RequestBody &request : m_requests) {
            if (const auto *one = std::get_if<Request>(&request))
                all.push_back(*one);
        }
        return all;
    }
    const std::vector<std::uint64_t> &acknowledged() const { return m_acknowledged; }

protected:
    /// What a frame is answered with; nothing: no answer.
    virtual std::optional<Bytes> answer(const Bytes &frame);
    /// What a request is answered with. This one keeps the request for asked() and leaves the answer to onRequest.
    virtual std::optional<wire::ResponseBody> respond(const wire::RequestBody &request);
    /// This one keeps the numbers for acknowledged().
    virtual void take(const wire::Acknowledge &acknowledge);
    Clock &clock() const { return m_clock; }

private:
    class Line;
    Bytes greeting() const;

    Clock &m_clock;
    Ed25519KeyPair m_key;
    std::vector<wire::RequestBody> m_requests;
    std::vector<std::uint64_t> m_acknowledged;
};

} // namespace sotto::kit
