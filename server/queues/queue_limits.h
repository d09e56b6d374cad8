#pragma once
#include "core/base/clock.h"
#include "core/wire/frame.h"

#include <algorithm>

namespace sotto::relay {

/// How much mail waits for whom and for how long (protocol.md 3).
struct QueueLimits {
    std::int64_t rows = 20'000;               ///< of a device, without receipts and status
    std::int64_t smallRows = 5'000;           ///< receipts and status of a device
    std::int64_t bytes = 256LL * 1024 * 1024; ///< of a device
    /// What one account may have waiting for one device: a quarter, so that nobody fills a queue alone (T192).
    std::int64_t pairRows = 5'000;
    std::int64_t pairSmallRows = 1'250;
    std::int64_t pairBytes = 64LL * 1024 * 1024;
    /// The stranger lane of a recipient's device.
    std::int64_t strangerRows = 200;
    std::int64_t strangerBytes = 8LL * 1024 * 1024;
    qsizetype strangerCopyBytes = 4096; ///< ciphertext and payload of one copy
    int strangerSubmitsPerDay = 3;      ///< of one sender to one recipient

    Milliseconds life = std::chrono::hours(24 * 30);
    Milliseconds statusLife = std::chrono::hours(24);
    Milliseconds callLife = std::chrono::seconds(60); ///< calls.md, signalling
    Milliseconds dormantAfter = std::chrono::hours(24 * 30);
    Milliseconds dormantWhenFullAfter = std::chrono::hours(24 * 7);
    /// A relay that was away itself does not know who would have come: after its start copies for devices that look
    /// dormant are kept, though not demanded, for this long.
    Milliseconds graceAfterStart = std::chrono::hours(1);

    /// How long mail of a class may wait; `ttlSeconds` 0 asks for the longest.
    Milliseconds lifeOf(wire::MailClass mailClass, std::uint32_t ttlSeconds) const
    {
        const Milliseconds longest = mailClass == wire::MailClass::Call ? callLife
            : mailClass == wire::MailClass::Status                      ? statusLife
                                                                        : life;
        return ttlSeconds == 0 ? longest : std::min<Milliseconds>(longest, std::chrono::seconds(ttlSeconds));
    }
};

} // namespace sotto::relay
