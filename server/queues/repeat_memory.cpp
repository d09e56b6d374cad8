#include "server/queues/repeat_memory.h"

#include "core/primitives/hash.h"

#include <QtEndian>

namespace sotto::relay {

namespace {

constexpr qsizetype kKeyBytes = 32;
constexpr std::int64_t kDayMs = 24LL * 60 * 60 * 1000;

std::int64_t dayOf(Timestamp time) { return time.ms / kDayMs; }

RepeatKey named(std::int64_t day, const SecretBytes &key, const DeviceAddress &sender, const SubmitId &submit)
{
    const quint32 device = qToBigEndian(quint32(sender.device.number()));
    const ByteView deviceBytes(reinterpret_cast<const char *>(&device), qsizetype(sizeof device));
    const Bytes hash =
        keyedBlake2b(key.view(), {sender.account.view(), deviceBytes, submit.view()}, qsizetype(Hash256::kSize));
    return {day, *Hash256::fromBytes(hash)};
}

} // namespace

std::int64_t RepeatMemory::oldestDay(Timestamp now) { return dayOf(now) - (kDaysKept - 1); }

Result<RepeatKey> RepeatMemory::nameNow(const DeviceAddress &sender, const SubmitId &submit, Timestamp now)
{
    const std::int64_t day = dayOf(now);
    auto found = m_keys.find(day);
    if (found == m_keys.end()) {
        auto fresh = SecretBytes::random(kKeyBytes, m_random);
        if (!fresh)
            return fresh.error();
        m_keys.erase(m_keys.begin(), m_keys.lower_bound(oldestDay(now)));
        found = m_keys.emplace(day, std::move(*fresh)).first;
    }
    return named(day, found->second, sender, submit);
}

std::vector<RepeatKey> RepeatMemory::possibleNames(const DeviceAddress &sender, const SubmitId &submit,
                                                   Timestamp now) const
{
    std::vector<RepeatKey> names;
    for (auto key = m_keys.rbegin(); key != m_keys.rend() && key->first >= oldestDay(now); ++key)
        names.push_back(named(key->first, key->second, sender, submit));
    return names;
}

} // namespace sotto::relay
