#pragma once
#include "core/base/clock.h"
#include "core/wire/frame.h"

#include <utility>

namespace sotto::relay {

/// Whether a value is one of the answers of relay.proto's Response.
template <class Body, class Plain = std::remove_cvref_t<Body>>
inline constexpr bool kIsAnswer =
    !std::is_same_v<Plain, wire::ResponseBody> && std::is_constructible_v<wire::ResponseBody, Body>;

/// What a handler answers to one request. Expected refusals (StaleDevices, RelayError) are data like any other answer;
/// a handler never throws and never leaves a request unanswered.
class Reply {
public:
    /// Any answer of relay.proto's Response, given as its value: `return wire::Accepted{…};`
    Reply(wire::ResponseBody body) : m_body(std::move(body)) { }
    /// The same for one alternative, so that handlers can `co_return wire::Ok{};`
    template <class Body>
    requires kIsAnswer<Body> Reply(Body &&body) : m_body(std::forward<Body>(body)) { }

    /// A refusal. `detail` goes to the client's log: no id, address or content in it; at most 200 bytes.
    static Reply refused(wire::RelayErrorCode code, QString detail = {})
    {
        return Reply(wire::RelayError{code, std::move(detail), 0});
    }
    /// "Not now": the same request may be sent again after `wait`.
    static Reply retryAfter(Milliseconds wait)
    {
        return Reply(wire::RelayError{wire::RelayErrorCode::RateLimited, {}, std::uint64_t(wait.count())});
    }
    /// Storage or another part of the relay cannot answer now; the detail of `error` stays here.
    static Reply unavailable() { return refused(wire::RelayErrorCode::Unavailable); }

    const wire::ResponseBody &body() const & { return m_body; }
    wire::ResponseBody body() && { return std::move(m_body); }

private:
    wire::ResponseBody m_body;
};

} // namespace sotto::relay
