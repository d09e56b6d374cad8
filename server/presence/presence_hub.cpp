#include "server/presence/presence_hub.h"

#include <algorithm>

namespace sotto::relay {

namespace {
constexpr Milliseconds kShortestDelay = std::chrono::seconds(10);
constexpr Milliseconds kLongestDelay = std::chrono::seconds(30);
constexpr std::int64_t kMinuteMs = 60'000;
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
    if (published.owner && *published.owner != device.account)
        return; // somebody who knows the topic would like to be taken for its owner
    published.owner = device.account;
    published.publishers.insert(device);
    state.published = *topic;
    if (!std::exchange(published.online, true))
        announce(*topic, published);
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
            m_sink.presenceChanged(device, {name, topic.online, topic.online ? Timestamp{} : topic.lastSeen});
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
}

/// The device no longer answers for its topic; "offline" follows unless it or a sibling comes back.
void PresenceHub::unpublish(const DeviceAddress &device, Device &state)
{
    const auto name = std::exchange(state.published, std::nullopt);
    if (!name)
        return;
    Topic &topic = m_topics[*name];
    topic.publishers.erase(device);
    if (!topic.publishers.empty())
        return;
    const std::int64_t now = m_clock.now().ms;
    topic.lastSeen = {now - now % kMinuteMs};
    const std::uint64_t departure = ++topic.departures;
    m_clock.callAfter(offlineDelay(), [alive = std::weak_ptr(m_alive), name = *name, departure] {
        if (const auto hub = alive.lock())
            (*hub)->goOffline(name, departure);
    });
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
