#include "server/queues/pair_counts.h"

namespace sotto::relay {

namespace {
std::int64_t dayOf(Timestamp time)
{
    constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;
    return time.ms / kDayMs;
}
} // namespace

PairUse PairCounts::use(const AccountPair &pair) const
{
    const auto found = m_uses.find(pair);
    return found == m_uses.end() ? PairUse() : found->second;
}

PairCounts::Entry *PairCounts::add(const AccountPair &pair, bool isSmall, std::int64_t bytes)
{
    Entry &entry = *m_uses.try_emplace(pair).first; // nodes keep their address
    ++(isSmall ? entry.second.smallRows : entry.second.rows);
    entry.second.bytes += bytes;
    return &entry;
}

void PairCounts::release(Entry *entry, bool isSmall, std::int64_t bytes)
{
    PairUse &use = entry->second;
    --(isSmall ? use.smallRows : use.rows);
    use.bytes -= bytes;
    if (use.rows == 0 && use.smallRows == 0)
        m_uses.erase(AccountPair(entry->first));
}

int PairCounts::strangerSubmits(const AccountPair &pair, Timestamp now)
{
    turnDay(now);
    const auto found = m_strangers.find(pair);
    return found == m_strangers.end() ? 0 : found->second;
}

void PairCounts::addStrangerSubmit(const AccountPair &pair, Timestamp now)
{
    turnDay(now);
    ++m_strangers[pair];
}

void PairCounts::forgetStrangerSubmit(const AccountPair &pair, Timestamp counted)
{
    const auto found = m_strangers.find(pair);
    if (found == m_strangers.end() || dayOf(counted) != m_day)
        return;
    if (--found->second == 0)
        m_strangers.erase(found);
}

void PairCounts::turnDay(Timestamp now)
{
    if (dayOf(now) == m_day)
        return;
    m_day = dayOf(now);
    m_strangers.clear();
}

} // namespace sotto::relay
