#pragma once
#include "core/base/clock.h"
#include "core/base/result.h"

#include <functional>
#include <optional>

namespace sotto {

struct Storage;

/// The time by which messages disappear, as a span in which the true one lies when this computer's clock or the relay's
/// is right: what begins to run counts from its end, and what has run out is judged by its beginning. So neither a
/// clock that is set wrong nor a relay that lies makes a message disappear before its time alone, nor stay for ever
/// (protocol 4 "Disappearing messages", decision 0156). Core thread.
class CredibleClock {
public:
    /// Two clocks that differ by no more than this agree.
    static constexpr Milliseconds kAgreement = std::chrono::minutes(10);
    /// The first time that they have to be no further apart than this, as at registration (kLogStampTolerance).
    static constexpr Milliseconds kFirstAgreement = std::chrono::hours(24);
    /// The span is never longer: what is uncertain stays this much too long at most.
    static constexpr Milliseconds kLongestSpan = std::chrono::hours(45 * 24);

    /// `relayNow` is the relay's time as the Hello of the line says that stands (RelayConnection::relayNow); nothing
    /// without a line. All outlive it.
    CredibleClock(Storage &storage, Clock &clock, std::function<std::optional<Timestamp>()> relayNow);

    /// The latest that it can be: from here runs the time of what is read or sent now. This computer's clock as long as
    /// nothing is known.
    Timestamp now() { return span().latest; }
    /// What has surely come: until here messages may be destroyed. 0 as long as nothing is known.
    Timestamp certain() { return span().certain; }
    /// Until here what has been seen is not shown any more, though it may still be there: without a line this
    /// computer's clock is asked, which nothing contradicts. Not before certain().
    Timestamp shownUntil();
    /// Whether the two clocks ever were close enough. Learned by asking for the time.
    bool isKnown() const { return m_known.ms > 0; }
    /// Keeps what is certain for the next start, in the caller's transaction.
    Result<Done> store();

private:
    struct Span {
        Timestamp certain;
        Timestamp latest;
    };
    Span span();
    Span between(Timestamp relay, Timestamp local);
    void keep(Timestamp certain);
    Timestamp carried() const { return m_known + (m_clock.monotonic() - m_knownAt); }

    Storage &m_storage;
    Clock &m_clock;
    std::function<std::optional<Timestamp>()> m_relayNow;
    Timestamp m_known;      ///< certain at m_knownAt; 0: nothing is known
    Milliseconds m_knownAt; ///< monotonic
};

} // namespace sotto
