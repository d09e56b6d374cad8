#include "core/account/prekey_upkeep.h"

#include "core/base/logging.h"
#include "core/net/relay_client.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

namespace sotto {

namespace {
constexpr Milliseconds kDay = std::chrono::hours(24);
}

PreKeyUpkeep::PreKeyUpkeep(Storage &storage, CryptoCore &core, KeyStores stores, const OwnDevice &device,
                           RelayClient &relay, Clock &clock, Random &random)
    : m_storage(storage),
      m_preKeys(core, stores),
      m_stores(stores),
      m_device(device),
      m_relay(relay),
      m_clock(clock),
      m_random(random),
      m_refill(clock, [this] { detach(topUp()); }),
      m_daily(clock, [this] {
          detach(replaceSignedPreKey());
          detach(countAgain());
      })
{ }

void PreKeyUpkeep::online(int oneTimePreKeysLeft)
{
    detach(replaceSignedPreKey());
    noteLeft(oneTimePreKeysLeft);
}

void PreKeyUpkeep::noteLeft(int oneTimePreKeys)
{
    m_left = oneTimePreKeys;
    if (m_left < kOneTimePreKeysLow && !m_refill.isActive())
        planRefill();
}

void PreKeyUpkeep::planRefill()
{
    const auto draw = m_random.below(std::uint64_t((kLongestWait - kShortestWait).count()) + 1);
    if (draw)
        m_refill.start(kShortestWait + Milliseconds(std::int64_t(*draw)));
}

Task<Done> PreKeyUpkeep::topUp()
{
    const std::int64_t today = m_clock.now().ms / kDay.count();
    if (today != m_today) {
        m_today = today;
        m_uploadedToday = 0;
    }
    const int count = std::min(kOneTimePreKeysKept - m_left, kMaxUploadsADay - m_uploadedToday);
    if (count <= 0 || !m_relay.connection().isOnline())
        co_return Done{};
    auto transaction = Transaction::begin(m_storage.database);
    auto keys = makeOneTimePreKeys(m_preKeys, m_device, count);
    if (!transaction || !keys || !transaction->commit()) {
        qCWarning(lcAccount, "one-time prekeys could not be made; trying again at the next connection");
        co_return Done{};
    }
    m_uploadedToday += count;
    const wire::PublishPreKeys upload{std::move(*keys)};
    const auto counted = co_await m_relay.publishPreKeys(upload);
    if (counted)
        m_left = int(counted->oneTimePreKeys);
    co_return Done{};
}

/// The relay forgets one-time prekeys after a month, and a connection may last longer than that.
Task<Done> PreKeyUpkeep::countAgain()
{
    if (!m_relay.connection().isOnline())
        co_return Done{};
    const wire::PublishPreKeys nothing;
    const auto counted = co_await m_relay.publishPreKeys(nothing);
    if (counted)
        noteLeft(int(counted->oneTimePreKeys));
    co_return Done{};
}

Task<Done> PreKeyUpkeep::replaceSignedPreKey()
{
    m_daily.start(kDay);
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        co_return Done{};
    if (!m_preKeys.destroyExpired()) {
        qCWarning(lcAccount, "old prekeys could not be destroyed");
        co_return Done{};
    }
    Settings settings(m_storage.settings);
    const auto rows = m_stores.signedPreKeys.signedPreKeys();
    const auto known = settings.get(kBundlePublished);
    if (!rows || !known)
        co_return Done{};
    const Timestamp now = m_clock.now();
    const bool isFresh = !rows->empty() && rows->back().madeAt + kSignedPreKeyLife > now;
    // A key that the relay never got is no use to anybody: one is made only when it can be published, and again when
    // that failed. Otherwise the relay would go on giving out a bundle that has run out.
    if ((isFresh && *known) || !m_relay.connection().isOnline()) {
        if (!transaction->commit())
            qCWarning(lcAccount, "old prekeys could not be destroyed");
        co_return Done{};
    }
    const auto fresh = m_preKeys.makeSignedPreKey();
    if (!fresh || !settings.set(kBundlePublished, false) || !transaction->commit()) {
        qCWarning(lcAccount, "a signed prekey could not be made; trying again tomorrow");
        co_return Done{};
    }
    // Its expiry is in the relay's time, as the relay and the log know it.
    const wire::PublishBundle upload{makeBundle(m_device, *fresh, m_relay.connection().relayNow().value_or(now))};
    const auto published = co_await m_relay.publishBundle(upload);
    if (!published)
        qCInfo(lcAccount, "a new bundle was not taken; trying again at the next connection");
    else if (!settings.set(kBundlePublished, true))
        qCWarning(lcAccount, "that the bundle is published could not be noted");
    co_return Done{};
}

} // namespace sotto
