#pragma once
#include "core/base/random.h"
#include "core/net/transport.h"
#include "core/primitives/ed25519.h"
#include "core/wire/frame.h"
#include "core/wire/links.h"

#include <functional>

namespace sotto::bench {

/// A relay in the same thread without TLS, sockets and storage, so that what is measured is the client: it proves
/// itself, welcomes everybody and accepts every submit. Its own processor time is counted apart.
class DirectRelay {
public:
    /// `clock` outlives it, and it outlives its transports.
    DirectRelay(Clock &clock, Random &random);

    TransportFactory transports();
    /// What a profile needs to know of it.
    wire::Invite invite() const;
    /// Sees every submit before it is accepted.
    std::function<void(const wire::Submit &)> onSubmit;

    /// Processor seconds that the relay itself has taken.
    double cpu() const { return m_cpu; }
    std::int64_t submits() const { return m_submits; }

private:
    class Line;
    Bytes greeting();
    std::optional<Bytes> answer(const Bytes &frame);

    Clock &m_clock;
    Ed25519KeyPair m_key;
    double m_cpu = 0;
    std::int64_t m_submits = 0;
};

} // namespace sotto::bench
