#include "server/presence/presence_hub.h"

#include "core/base/check.h"

#include <algorithm>

namespace sotto::relay {

namespace {
constexpr Milliseconds kShortestDelay = std::chrono::seconds(10);
constexpr Milliseconds kLongestDelay = std::chrono::seconds(30);
constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::size_t kRememberedTopics = 4;
constexpr Milliseconds kLastSeenKept = std::chrono::hours(24 * 8); ///< topics live a week
} // namespace

PresenceHub::PresenceHub(Clock &clock, Random &random, PresenceSink &sink)
    : m_clock(clock), m_random(random), m_sink(sink), m_alive(std::make_shared<PresenceHub *>(this))
{ }

PresenceHub::~PresenceHub() = default;

void PresenceHub::publish(const DeviceAddress &device, const std::optional<Bytes> &topic)
{
    const std::lock_guard lock(m_mutex);
    Device &state = m_devices.try_emplace(device).first->second;
    if (state.published == topic)
        return;
    unpublish(device, state);
    if (!topic)
        return;
    Topic &published = m_topics[*topic];
    published.publishers.insert(device);
    state.published = *topic;
    show(*topic, published);
}

/// Somebody who knows the topic would like to be taken for its owner.
bool PresenceHub::isContested(const Topic &topic)
{
    if (topic.publishers.empty())
        return false;
    const bool areOfOneAccount = topic.publishers.begin()->account == topic.publishers.rbegin()->account;
    return refuseUnless(Check::PresenceOwner, areOfOneAccount);
}

/// The topic's publishers have become more, or fewer but not none.
void PresenceHub::show(const Bytes &name, Topic &topic)
{
    const bool online = !isContested(topic);
    if (std::exchange(topic.online, online) == online)
        return;
    if (!online)
        topic.lastSeen = {};
    announce(name, topic);
}

void PresenceHub::watch(const DeviceAddress &device, const std::vector<Bytes> &topics)
{
    const std::lock_guard lock(m_mutex);
    Device &state = m_devices.try_emplace(device).first->second;
    unwatch(device, state);
    state.watched = topics;
    for (const Bytes &name : topics) {
        Topic &topic = m_topics[name];
        topic.watchers.insert(device);
        if (topic.online || topic.lastSeen.ms != 0)
            tell(device, name, topic);
    }
}

void PresenceHub::left(const DeviceAddress &device)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_devices.find(device);
    if (found == m_devices.end())
        return;
    unwatch(device, found->second);
    unpublish(device, found->second);
    m_devices.erase(found);
}

void PresenceHub::prune()
{
    const std::lock_guard lock(m_mutex);
    const Timestamp oldest = m_clock.now() - kLastSeenKept;
    for (auto topic = m_topics.begin(); topic != m_topics.end();) {
        const Topic &state = topic->second;
        const bool isIdle = state.publishers.empty() && state.watchers.empty() && !state.online;
        topic = isIdle && state.lastSeen < oldest ? m_topics.erase(topic) : std::next(topic);
    }
    for (auto remembered = m_remembered.begin(); remembered != m_remembered.end();) {
        std::erase_if(remembered->second, [this](const Bytes &name) { return !m_topics.contains(name); });
        remembered = remembered->second.empty() ? m_remembered.erase(remembered) : std::next(remembered);
    }
}

std::size_t PresenceHub::topics() const
{
    const std::lock_guard lock(m_mutex);
    return m_topics.size();
}

/// The device no longer answers for its topic; "offline" follows unless it or a sibling comes back.
void PresenceHub::unpublish(const DeviceAddress &device, Device &state)
{
    const auto name = std::exchange(state.published, std::nullopt);
    if (!name)
        return;
    Topic &topic = m_topics[*name];
    topic.publishers.erase(device);
    if (!topic.publishers.empty()) {
        show(*name, topic);
        return;
    }
    if (!topic.online) { // it was contested to the end: who was there is not known
        forgetIfEmpty(*name);
        return;
    }
    const std::int64_t now = m_clock.now().ms;
    topic.lastSeen = {now - now % kMinuteMs};
    remember(device.account, *name);
    const std::uint64_t departure = ++topic.departures;
    m_clock.callAfter(offlineDelay(), [alive = std::weak_ptr(m_alive), name = *name, departure] {
        if (const auto hub = alive.lock())
            (*hub)->goOffline(name, departure);
    });
}

/// That its owner was seen is kept for a few topics of an account: this week's and last week's, and some to spare.
void PresenceHub::remember(const AccountId &account, const Bytes &name)
{
    std::deque<Bytes> &remembered = m_remembered[account];
    std::erase(remembered, name);
    remembered.push_back(name);
    while (refuseUnless(Check::PresenceTopics, remembered.size() <= kRememberedTopics)) {
        evict(remembered.front());
        remembered.pop_front();
    }
}

/// Forgets when the topic's owner was last seen; who watches it is told that it is gone.
void PresenceHub::evict(const Bytes &name)
{
    const auto found = m_topics.find(name);
    if (found == m_topics.end() || !found->second.publishers.empty())
        return;
    found->second.lastSeen = {};
    if (std::exchange(found->second.online, false))
        announce(name, found->second);
    forgetIfEmpty(name);
}

void PresenceHub::goOffline(const Bytes &name, std::uint64_t departure)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_topics.find(name);
    if (found == m_topics.end())
        return;
    Topic &topic = found->second;
    if (topic.departures != departure || !topic.publishers.empty() || !topic.online)
        return;
    topic.online = false;
    announce(name, topic);
}

void PresenceHub::announce(const Bytes &name, const Topic &topic)
{
    for (const DeviceAddress &watcher : topic.watchers)
        tell(watcher, name, topic);
}

void PresenceHub::tell(const DeviceAddress &watcher, const Bytes &name, const Topic &topic)
{
    m_sink.presenceChanged(watcher, {name, topic.online, topic.online ? Timestamp{} : topic.lastSeen});
}

void PresenceHub::unwatch(const DeviceAddress &device, Device &state)
{
    for (const Bytes &name : std::exchange(state.watched, {})) {
        m_topics[name].watchers.erase(device);
        forgetIfEmpty(name);
    }
}

/// A topic that says nothing and that nobody watches takes no memory.
void PresenceHub::forgetIfEmpty(const Bytes &name)
{
    const auto found = m_topics.find(name);
    if (found == m_topics.end())
        return;
    const Topic &topic = found->second;
    if (topic.publishers.empty() && topic.watchers.empty() && !topic.online && topic.lastSeen.ms == 0)
        m_topics.erase(found);
}

/// Random, so that nobody learns the exact end of a connection; the middle when the random source fails.
Milliseconds PresenceHub::offlineDelay()
{
    const auto extra = m_random.below(std::uint64_t((kLongestDelay - kShortestDelay).count()));
    return kShortestDelay + Milliseconds(extra ? std::int64_t(*extra) : (kLongestDelay - kShortestDelay).count() / 2);
}

} // namespace sotto::relay
