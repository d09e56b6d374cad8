#pragma once
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/search/search_index.h"

namespace sotto {

struct Storage;
namespace wire {
struct Welcome;
}

/// What keeps the database small and honest without anybody asking: forgets hashes, resend records and invites that
/// have served their time, merges the full-text index in small slices, and notes the times in which the relay kept
/// nothing for this device. Core thread; uses transactions of its own.
class Housekeeping {
public:
    /// How long a resend record is kept: mail lives 30 days at the relay, and its recipient may ask a week longer
    /// (protocol 4).
    static constexpr Milliseconds kMemory = std::chrono::hours(38 * 24);
    /// And the hash of an accepted ciphertext: longer than anything honest is under way, because what the relay plays
    /// after that can make placeholders.
    static constexpr Milliseconds kHashMemory = std::chrono::hours(90 * 24);
    /// How long an edit, delete or reaction waits for its message: until nothing is under way any more.
    static constexpr Milliseconds kReferenceMemory = std::chrono::hours(40 * 24);
    /// How long the id of a message is kept that was deleted for us, and a star without its message: longer than
    /// anything waits for one.
    static constexpr Milliseconds kWipedMemory = std::chrono::hours(45 * 24);
    static constexpr Milliseconds kPeriod = std::chrono::hours(24);

    /// Both outlive it.
    Housekeeping(Storage &storage, Clock &clock);

    /// Runs now and daily from now on.
    void start() { run(); }
    /// Notes the connection, and the gap when the device was dormant. True for a gap not noted before: what others hold
    /// of this device's prekeys is old then.
    Result<bool> noteConnected(const wire::Welcome &welcome);

private:
    void run();
    void mergeSlice();
    Result<Done> forgetOld();

    Storage &m_storage;
    Clock &m_clock;
    SearchIndex m_index;
    Timer m_daily;
    Timer m_merging;
    int m_slicesLeft = 0;
};

} // namespace sotto
