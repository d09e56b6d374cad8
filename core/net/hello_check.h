#pragma once
#include "core/base/result.h"
#include "core/net/relay_pins.h"
#include "core/wire/frame.h"

namespace sotto {

/// Why a relay's introduction is refused.
enum class HelloRefusal {
    NotAHello,          ///< another frame, or one that cannot be read
    OtherRelayKey,      ///< not the pinned relay
    BadSignature,       ///< the pinned relay did not sign this
    OtherCertificate,   ///< somebody between the relay and us ends the TLS connection
    VersionUnsupported, ///< genuine, but of another protocol generation
};

/// An introduction that is genuine on this connection.
struct CheckedHello {
    wire::Hello hello;
    Hash256 bodyHash; ///< SHA-256 of the signed body: what Authenticate answers to
};

/// Judges the first frame of a connection whose certificate hashes to `spki`. Only after this may anything be sent.
Result<CheckedHello, HelloRefusal> checkHello(const wire::HelloFrame &frame, const Hash256 &spki,
                                              const RelayPins &pins);

/// `pins` brought up to date by the RelayInfo inside a genuine Hello, or nothing when it brings no news: none there,
/// not signed by the relay's key, unreadable, without a usable address, or not newer than `pins`.
std::optional<RelayPins> newerPins(const CheckedHello &hello, const RelayPins &pins);

/// The exact bytes whose DSK signature is Authenticate.signature.
Bytes authenticationMessage(const Hash256 &helloBodyHash, const DeviceAddress &self);

} // namespace sotto
