#include "app/platform/network_watch.h"

#include "app/platform/reachability_source.h"

#include <QtGlobal>
#include <algorithm>

#ifdef Q_OS_LINUX
#include "app/platform/netlink_source.h"

#include <ctime>
#endif

namespace sotto {

std::unique_ptr<NetworkSource> NetworkSource::ofSystem()
{
#ifdef Q_OS_LINUX
    // Before QNetworkInformation, whose backends bring GLib or D-Bus along and are missing on servers.
    if (auto netlink = NetlinkSource::open())
        return netlink;
#endif
    return ReachabilitySource::open();
}

NetworkWatch::SleepMeter sleepOfSystem()
{
#ifdef Q_OS_LINUX
    return [] {
        const auto read = [](clockid_t id) {
            timespec time{};
            clock_gettime(id, &time);
            return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
        };
        // In this order: what passes between the two only makes the sleep look shorter.
        const auto sinceStart = read(CLOCK_BOOTTIME);
        const auto awake = read(CLOCK_MONOTONIC);
        return std::chrono::duration_cast<Milliseconds>(sinceStart - awake);
    };
#else
    return {};
#endif
}

std::unique_ptr<NetworkWatch> NetworkWatch::ofSystem(Clock &clock)
{
    return std::make_unique<NetworkWatch>(clock, NetworkSource::ofSystem(), sleepOfSystem());
}

NetworkWatch::NetworkWatch(Clock &clock, std::unique_ptr<NetworkSource> source, SleepMeter asleep, QObject *parent)
    : QObject(parent),
      m_clock(clock),
      m_source(std::move(source)),
      m_asleep(std::move(asleep)),
      m_look(clock, [this] { look(); }),
      m_settle(clock, [this] { announce(); })
{
    if (m_source)
        connect(m_source.get(), &NetworkSource::changed, this, &NetworkWatch::announceSoon);
    if (m_asleep) {
        m_slept = m_asleep();
        m_look.start(kLook);
    }
}

NetworkWatch::~NetworkWatch() = default;

void NetworkWatch::look()
{
    m_look.start(kLook);
    const Milliseconds slept = m_asleep();
    if (slept - m_slept >= kShortestSleep)
        announceSoon();
    m_slept = slept;
}

void NetworkWatch::announceSoon()
{
    if (!m_settle.isActive())
        m_settle.start(std::max(kSettle, m_quietUntil - m_clock.monotonic()));
}

void NetworkWatch::announce()
{
    m_quietUntil = m_clock.monotonic() + kPause;
    Q_EMIT mayBeBack();
}

} // namespace sotto
