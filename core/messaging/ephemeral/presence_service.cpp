#include "core/messaging/ephemeral/presence_service.h"

#include "core/base/check.h"
#include "core/net/relay_client.h"
#include "core/primitives/labels.h"
#include "core/storage/storage.h"
#include "core/wire/limits.h"

#include <QtEndian>

namespace sotto {

namespace {
constexpr Milliseconds kWeek = std::chrono::hours(7 * 24);
constexpr std::size_t kMaxWatched = 1024;
} // namespace

PresenceService::PresenceService(Storage &storage, RelayClient &relay, Clock &clock)
    : m_storage(storage), m_relay(relay), m_clock(clock), m_nextWeek(clock, [this] { refresh(); })
{ }

Bytes PresenceService::topic(ByteView profileKey, Timestamp now)
{
    const std::uint64_t week = qToBigEndian(std::uint64_t(now.ms / kWeek.count()));
    const ByteView context(reinterpret_cast<const char *>(&week), sizeof week);
    return derive(profileKey, Label::PresenceTopic, context, wire::kPresenceTopicBytes).view().toByteArray();
}

void PresenceService::refresh()
{
    if (!m_relay.connection().isOnline())
        return;
    m_watched.clear();
    wire::PublishPresence publish;
    wire::WatchPresence watch;
    const auto own = m_storage.ownAccount.profileKey();
    const auto contacts = m_storage.contacts.inState(ContactState::Accepted);
    if (m_shared && own && contacts) {
        publish.topic = topic(own->view(), m_clock.now());
        for (const Contact &contact : *contacts) {
            const auto key = m_storage.contacts.profileKey(contact.account);
            if (!key || !*key || watch.topics.size() >= kMaxWatched)
                continue;
            const Bytes theirs = topic((*key)->view(), m_clock.now());
            m_watched.insert_or_assign(*Hash256::fromBytes(theirs), contact.account);
            watch.topics.push_back(theirs);
        }
    }
    detach(m_relay.publishPresence(publish));
    detach(m_relay.watchPresence(watch));
    m_nextWeek.start(Milliseconds(kWeek.count() - m_clock.now().ms % kWeek.count() + 1));
}

void PresenceService::setShared(bool shared)
{
    m_shared = shared;
    if (shared)
        return;
    const auto known = std::exchange(m_known, {});
    for (const auto &person : known)
        Q_EMIT presenceChanged(person.first, false, Timestamp{});
}

void PresenceService::take(const wire::Presence &presence)
{
    const auto topic = Hash256::fromBytes(presence.topic);
    const auto watched = topic ? m_watched.find(*topic) : m_watched.end();
    if (watched == m_watched.end() || refuseUnless(Check::ReciprocalPrivacy, m_shared))
        return;
    m_known.insert_or_assign(watched->second, presence);
    Q_EMIT presenceChanged(watched->second, presence.online, presence.lastSeen);
}

std::optional<wire::Presence> PresenceService::known(const AccountId &account) const
{
    const auto found = m_known.find(account);
    return found == m_known.end() ? std::nullopt : std::optional(found->second);
}

} // namespace sotto
