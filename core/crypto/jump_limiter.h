#pragma once
#include "core/base/bytes.h"
#include "core/base/clock.h"

#include <QHash>

namespace sotto {

/// Messages that one chain may skip at once, and that it may remember (libsignal's own limit).
inline constexpr std::uint32_t kMaxJump = 2000;
/// A jump over this is a big one: at most one per chain owner and minute (protocol.md 4).
inline constexpr std::uint32_t kBigJump = 64;

/// Remembers who made a chain jump far. A verified big jump uses up its owner's minute; forged ones use up a budget of
/// work, so that they can neither take the minute from the real sender nor cost more than the budget (T007). A value:
/// copying it copies what it remembers. Bounded: at most kMaxOwners are remembered.
class JumpLimiter {
public:
    static constexpr Milliseconds kPeriod{60'000};
    /// Chain steps that messages with a wrong MAC may cost per owner and period: about 100 ms.
    static constexpr std::uint32_t kFailedStepsPerPeriod = 100'000;
    static constexpr int kMaxOwners = 4096;

    /// Whether `owner` may make a big jump at `now` (monotonic time).
    bool mayJump(const Bytes &owner, Milliseconds now) const;
    /// A big jump was made by a message that proved right.
    void noteJump(const Bytes &owner, Milliseconds now);
    /// A message that asked for a big jump proved wrong after `steps` steps of the chain.
    void noteFailure(const Bytes &owner, std::uint32_t steps, Milliseconds now);

private:
    struct Entry {
        Milliseconds jumpedAt{-1};
        Milliseconds failingSince{0};
        std::uint32_t failedSteps = 0;
    };
    Entry &entry(const Bytes &owner, Milliseconds now);
    QHash<Bytes, Entry> m_entries;
};

} // namespace sotto
