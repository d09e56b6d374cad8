#pragma once
#include "core/base/clock.h"
#include "core/wire/frame.h"

#include <QObject>
#include <unordered_map>

namespace sotto {

class RelayClient;
struct Storage;

/// Online and last seen: publishes our topic and watches those of accepted contacts. Topics follow from profile keys
/// and the week, so the relay learns no account from them. Core thread.
class PresenceService : public QObject {
    Q_OBJECT
public:
    /// All outlive the service.
    PresenceService(Storage &storage, RelayClient &relay, Clock &clock);

    /// Whether others see us and we see them. What is known of others is forgotten at once; what they know refresh()
    /// takes back.
    void setShared(bool shared);
    /// Online again, or contacts or keys changed: tells the relay anew.
    void refresh();
    /// A push from the relay.
    void take(const wire::Presence &presence);

    /// What the relay last said of a contact on this line; nothing when it said nothing.
    std::optional<wire::Presence> known(const AccountId &account) const;
    /// The line is gone: nothing is known any more.
    void forget() { m_known.clear(); }

    /// The topic of a profile key in the week of `now`: HKDF(profile key, label, week number as 8 bytes, big endian).
    static Bytes topic(ByteView profileKey, Timestamp now);

Q_SIGNALS:
    /// A contact came or went. `lastSeen` is to the minute, 0 when the relay does not know.
    void presenceChanged(const sotto::AccountId &account, bool online, sotto::Timestamp lastSeen);

private:
    Storage &m_storage;
    RelayClient &m_relay;
    Clock &m_clock;
    Timer m_nextWeek;
    std::unordered_map<Hash256, AccountId> m_watched;
    std::unordered_map<AccountId, wire::Presence> m_known;
    bool m_shared = true;
};

} // namespace sotto
