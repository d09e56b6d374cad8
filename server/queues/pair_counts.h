#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"

#include <unordered_map>

namespace sotto::relay {

/// Sender and recipient. In memory only, like everything that names two people.
struct AccountPair {
    AccountId sender;
    AccountId recipient;
    friend bool operator==(const AccountPair &, const AccountPair &) = default;
};
/// For hash tables.
struct AccountPairHash {
    std::size_t operator()(const AccountPair &pair) const noexcept
    {
        return qHashMulti(0, pair.sender, pair.recipient);
    }
};

/// What one account has waiting for another.
struct PairUse {
    std::int64_t rows = 0;
    std::int64_t smallRows = 0;
    std::int64_t bytes = 0;
};

/// Counts per pair: undelivered mail since the relay started, and strangers' submits of the day. Not safe to share
/// between threads.
class PairCounts {
public:
    /// A pair that has something waiting.
    using Entry = std::pair<const AccountPair, PairUse>;

    /// What waits now; zeros when nothing does.
    PairUse use(const AccountPair &pair) const;
    /// One row more. The answer stays valid until that row is released.
    Entry *add(const AccountPair &pair, bool isSmall, std::int64_t bytes);
    /// A row that `add` counted is gone.
    void release(Entry *entry, bool isSmall, std::int64_t bytes);

    /// How often a stranger's mail to the recipient was accepted today.
    int strangerSubmits(const AccountPair &pair, Timestamp now);
    /// One more was.
    void addStrangerSubmit(const AccountPair &pair, Timestamp now);
    /// One that was counted at `counted` came to nothing.
    void forgetStrangerSubmit(const AccountPair &pair, Timestamp counted);

private:
    void turnDay(Timestamp now);

    std::unordered_map<AccountPair, PairUse, AccountPairHash> m_uses;
    std::unordered_map<AccountPair, int, AccountPairHash> m_strangers;
    std::int64_t m_day = 0;
};

} // namespace sotto::relay
