#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/primitives/secret_bytes.h"
#include "server/store/store.h"

#include <map>

namespace sotto::relay {

/// Names submits on disk so that only this run of the relay can recognise them (decision 0071): keyed BLAKE2b over
/// device and submit id, under a key of the day that exists in memory only. Not safe to share between threads.
class RepeatMemory {
public:
    static constexpr int kDaysKept = 3; ///< today and the 48 hours before

    explicit RepeatMemory(Random &random) : m_random(random) { }
    /// The name of a submit made now. RandomFailed when today's key cannot be made.
    Result<RepeatKey> nameNow(const DeviceAddress &sender, const SubmitId &submit, Timestamp now);
    /// The names it can have if it was made within the last 48 hours, newest first.
    std::vector<RepeatKey> possibleNames(const DeviceAddress &sender, const SubmitId &submit, Timestamp now) const;
    /// The first day whose rows can still be asked for.
    static std::int64_t oldestDay(Timestamp now);

private:
    Random &m_random;
    std::map<std::int64_t, SecretBytes> m_keys; ///< by day
};

} // namespace sotto::relay
