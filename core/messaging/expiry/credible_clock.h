#pragma once
#include "core/base/clock.h"
#include "core/base/result.h"

#include <functional>
#include <optional>

namespace sotto {

struct Storage;

/// The time by which messages disappear. Neither a computer whose clock is set wrong nor a relay that lies can make
/// them disappear before their time alone: this computer's clock counts when the relay's last Hello agrees with it, or
/// when it has gone on from the last such moment as time does; otherwise time goes on from there by the monotonic clock
/// (protocol 4 "Disappearing messages"). Core thread.
class CredibleClock {
public:
    /// Two clocks that differ by no more than this agree.
    static constexpr Milliseconds kAgreement = std::chrono::minutes(10);
    /// A computer that was off for longer has to ask the relay.
    static constexpr Milliseconds kLongestAway = std::chrono::hours(45 * 24);

    /// `relayNow` is the relay's time as its last genuine Hello says (RelayConnection::relayNow). All outlive it.
    CredibleClock(Storage &storage, Clock &clock, std::function<std::optional<Timestamp>()> relayNow);

    /// This computer's clock as long as no relay has ever agreed with it.
    Timestamp now();
    /// Whether anything may be destroyed by now(): not before a relay has agreed once.
    bool isKnown() const { return m_agreed.ms > 0; }
    /// Keeps it for the next start, in the caller's transaction.
    Result<Done> store();

private:
    Storage &m_storage;
    Clock &m_clock;
    std::function<std::optional<Timestamp>()> m_relayNow;
    Timestamp m_agreed;      ///< last credible moment; 0: none
    Milliseconds m_agreedAt; ///< monotonic
};

} // namespace sotto
