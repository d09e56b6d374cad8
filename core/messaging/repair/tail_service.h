#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/storage/outbox_repository.h"

#include <array>
#include <functional>

namespace sotto {

struct Storage;

/// Tells the others how far our streams go once we fall silent, because a loss at the end of a stream shows nothing by
/// itself: one receipt that confirms nothing, whose header says it (Header::lastCounter), an hour and some times later
/// after the last counted message of a chat. To accepted contacts and own desktops only. Core thread.
class TailService {
public:
    static constexpr Milliseconds kFirst = std::chrono::hours(1);
    static constexpr Milliseconds kFirstSpread =
        std::chrono::minutes(20); ///< earlier or later, as the message's id says
    /// Receipts get lost too, and who is away for more than a month finds only what was sent in its last 30 days.
    static constexpr std::array kLater{Milliseconds(std::chrono::hours(24)), Milliseconds(std::chrono::hours(3 * 24)),
                                       Milliseconds(std::chrono::hours(9 * 24)),
                                       Milliseconds(std::chrono::hours(27 * 24))};
    static constexpr Milliseconds kEvery = std::chrono::minutes(5);

    /// `wakePump` is called after something went into the outbox; all outlive the object, `self` is this account.
    TailService(Storage &storage, Clock &clock, Random &random, const AccountId &self, std::function<void()> wakePump);

    /// Looks for what is due every kEvery while online.
    void setOnline(bool online);

private:
    void run();
    Result<bool> work();
    Result<bool> tell(const OutboxRepository::LastSent &last);

    Storage &m_storage;
    Clock &m_clock;
    Random &m_random;
    AccountId m_self;
    std::function<void()> m_wakePump;
    Timer m_timer;
    bool m_online = false;
};

} // namespace sotto
