#pragma once
#include "core/account/prekey_upload.h"
#include "core/base/task.h"

#include <QObject>

namespace sotto {

class CryptoCore;
class RelayClient;
struct Storage;

/// Keeps this device reachable: one-time prekeys topped up, the signed prekey replaced weekly, old private halves
/// destroyed. Core thread.
class PreKeyUpkeep : public QObject {
    Q_OBJECT
public:
    /// A refill follows a connection by this long, at random: a refill right after use would tell that somebody was
    /// there to make it (security.md B2).
    static constexpr Milliseconds kShortestWait = std::chrono::minutes(5);
    static constexpr Milliseconds kLongestWait = std::chrono::minutes(60);
    /// What a lying relay can make us upload in a day.
    static constexpr int kMaxUploadsADay = 200;

    /// All outlive the upkeep.
    PreKeyUpkeep(Storage &storage, CryptoCore &core, KeyStores stores, const OwnDevice &device, RelayClient &relay,
                 Clock &clock, Random &random);

    /// The relay has so many of our one-time prekeys.
    void online(int oneTimePreKeysLeft);

private:
    void noteLeft(int oneTimePreKeys);
    Task<Done> countAgain();
    Task<Done> topUp();
    Task<Done> replaceSignedPreKey();
    void planRefill();

    Storage &m_storage;
    PreKeys m_preKeys;
    KeyStores m_stores;
    const OwnDevice &m_device;
    RelayClient &m_relay;
    Clock &m_clock;
    Random &m_random;
    Timer m_refill;
    Timer m_daily;
    int m_left = 0;
    int m_uploadedToday = 0;
    std::int64_t m_today = 0;
};

} // namespace sotto
