#pragma once
#include "core/base/error.h"
#include "core/wire/frame.h"

namespace sotto {

/// Why a request has no answer to work with.
struct RequestError {
    enum class Kind {
        Offline,    ///< not connected, or the line was lost before the answer: it may or may not have been done
        TimedOut,   ///< no answer in time: it may or may not have been done
        Busy,       ///< too many requests or too many unsent bytes here: nothing was sent; try later
        TooLarge,   ///< over the frame limit: nothing was sent
        Refused,    ///< the relay said no; see `relay`
        Unexpected, ///< the relay answered with something else than asked for
    };
    Kind kind = Kind::Offline;
    wire::RelayError relay; ///< with Refused

    RequestError(Kind k) : kind(k) { }
    RequestError(wire::RelayError error) : kind(Kind::Refused), relay(std::move(error)) { }

    /// Whether the relay gave this very reason.
    bool isRefusal(wire::RelayErrorCode code) const { return kind == Kind::Refused && relay.code == code; }
    /// The nearest of the general codes, with the relay's code name as detail.
    Error toError() const;
    friend bool operator==(const RequestError &, const RequestError &) = default;
};

} // namespace sotto
