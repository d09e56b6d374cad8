#include "server/relay/epoll_dispatcher.h"

#include "core/base/logging.h"

#include <QCoreApplication>
#include <QEvent>
#include <QSocketNotifier>
#include <QThread>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace sotto::relay {

namespace {

constexpr int kEventsPerTurn = 256;
constexpr std::uint64_t kWakeUpTag = std::numeric_limits<std::uint64_t>::max();
constexpr qint64 kNanosecondsPerMillisecond = 1'000'000;

qint64 nowNs()
{
    using namespace std::chrono;
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

std::uint64_t tagOf(int descriptor, std::uint32_t generation)
{
    return std::uint64_t(generation) << 32 | std::uint32_t(descriptor);
}

// A hang-up is for readers (they then read the end) and for writers (who may have no reader beside them).
constexpr std::array<std::uint32_t, 3> kEventsOfType = {
    EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP, // QSocketNotifier::Read
    EPOLLOUT | EPOLLHUP | EPOLLERR,             // QSocketNotifier::Write
    EPOLLPRI,                                   // QSocketNotifier::Exception
};

} // namespace

std::unique_ptr<EpollDispatcher> EpollDispatcher::create()
{
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        return nullptr;
    const int wakeUp = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kWakeUpTag;
    if (wakeUp < 0 || ::epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event) != 0) {
        if (wakeUp >= 0)
            ::close(wakeUp);
        ::close(epoll);
        return nullptr;
    }
    return std::unique_ptr<EpollDispatcher>(new EpollDispatcher(epoll, wakeUp));
}

EpollDispatcher::EpollDispatcher(int epoll, int wakeUp) : m_epoll(epoll), m_wakeUp(wakeUp) { }

EpollDispatcher::~EpollDispatcher()
{
    ::close(m_epoll);
    ::close(m_wakeUp);
}

bool EpollDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags)
{
    m_interrupted.store(false, std::memory_order_relaxed);
    m_postedHere = false;
    Q_EMIT awake();
    QCoreApplication::sendPostedEvents();
    if (m_interrupted.load(std::memory_order_relaxed))
        return false;

    const bool wait = flags.testFlag(QEventLoop::WaitForMoreEvents);
    if (wait)
        Q_EMIT aboutToBlock();
    if (m_interrupted.load(std::memory_order_relaxed))
        return false;

    updateChangedDescriptors();
    const int timeout = waitTimeout(wait);
    int handled =
        flags.testFlag(QEventLoop::ExcludeSocketNotifiers) ? waitForWakeUpOnly(timeout) : waitForSockets(timeout);
    handled += fireTimers();
    return handled > 0;
}

int EpollDispatcher::waitTimeout(bool wait)
{
    if (!wait || m_postedHere || m_woken.load(std::memory_order_acquire))
        return 0;
    while (!m_due.empty()) {
        const Due next = m_due.top();
        const auto timer = m_timers.find(next.id);
        if (timer == m_timers.end() || timer->second.dueNs != next.atNs) {
            m_due.pop();
            continue;
        }
        const qint64 left = next.atNs - nowNs();
        if (left <= 0)
            return 0;
        const qint64 roundedUp = (left + kNanosecondsPerMillisecond - 1) / kNanosecondsPerMillisecond;
        return int(std::min<qint64>(roundedUp, std::numeric_limits<int>::max()));
    }
    return -1;
}

int EpollDispatcher::waitForSockets(int timeoutMs)
{
    // On the stack, because a notifier's receiver may run a nested loop.
    std::array<epoll_event, kEventsPerTurn> events;
    const int count = ::epoll_wait(m_epoll, events.data(), int(events.size()), timeoutMs);
    int handled = 0;
    for (int i = 0; i < count; ++i) {
        const epoll_event &event = events[std::size_t(i)];
        if (event.data.u64 == kWakeUpTag) {
            clearWakeUp();
            ++handled;
            continue;
        }
        const int descriptor = int(event.data.u64 & 0xffffffffU);
        handled += notify(descriptor, std::uint32_t(event.data.u64 >> 32), event.events);
    }
    return handled;
}

int EpollDispatcher::waitForWakeUpOnly(int timeoutMs)
{
    pollfd wake{m_wakeUp, POLLIN, 0};
    if (::poll(&wake, 1, timeoutMs) <= 0)
        return 0;
    clearWakeUp();
    return 1;
}

int EpollDispatcher::notify(int descriptor, std::uint32_t generation, std::uint32_t events)
{
    int handled = 0;
    for (int type = 0; type < kNotifierTypes; ++type) {
        if (!(events & kEventsOfType[std::size_t(type)]))
            continue;
        // Looked up again each time: the receiver before may have closed the descriptor or grown the table.
        const Watch &watch = m_watches[std::size_t(descriptor)];
        QSocketNotifier *notifier = watch.notifiers[type];
        if (!notifier || watch.generation != generation)
            continue;
        QEvent event(QEvent::SockAct);
        QCoreApplication::sendEvent(notifier, &event);
        ++handled;
    }
    return handled;
}

// ---- Sockets -----------------------------------------------------------------------------------------------------

std::uint32_t EpollDispatcher::wantedEvents(const Watch &watch)
{
    std::uint32_t events = 0;
    if (watch.notifiers[QSocketNotifier::Read])
        events |= EPOLLIN;
    if (watch.notifiers[QSocketNotifier::Write])
        events |= EPOLLOUT;
    if (watch.notifiers[QSocketNotifier::Exception])
        events |= EPOLLPRI;
    return events;
}

void EpollDispatcher::noteChange(int descriptor)
{
    Watch &watch = m_watches[std::size_t(descriptor)];
    if (watch.changed)
        return;
    watch.changed = true;
    m_changed.push_back(descriptor);
}

void EpollDispatcher::registerSocketNotifier(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    if (descriptor < 0)
        return;
    if (std::size_t(descriptor) >= m_watches.size())
        m_watches.resize(std::max<std::size_t>(64, std::size_t(descriptor) * 2));
    m_watches[std::size_t(descriptor)].notifiers[notifier->type()] = notifier;
    noteChange(descriptor);
}

void EpollDispatcher::unregisterSocketNotifier(QSocketNotifier *notifier)
{
    const int descriptor = int(notifier->socket());
    if (descriptor < 0 || std::size_t(descriptor) >= m_watches.size())
        return;
    Watch &watch = m_watches[std::size_t(descriptor)];
    if (watch.notifiers[notifier->type()] != notifier)
        return;
    watch.notifiers[notifier->type()] = nullptr;
    // The last one may be followed by close(): the kernel has to forget it while the number still means this socket.
    if (wantedEvents(watch) == 0) {
        updateKernel(descriptor);
        ++watch.generation;
    } else {
        noteChange(descriptor);
    }
}

void EpollDispatcher::updateKernel(int descriptor)
{
    Watch &watch = m_watches[std::size_t(descriptor)];
    const std::uint32_t wanted = wantedEvents(watch);
    if (wanted == watch.registered)
        return;
    epoll_event event{};
    event.events = wanted;
    event.data.u64 = tagOf(descriptor, watch.generation);
    if (wanted == 0) {
        // Fails when the descriptor was closed already; the kernel has forgotten it by itself then.
        ::epoll_ctl(m_epoll, EPOLL_CTL_DEL, descriptor, nullptr);
        watch.registered = 0;
        return;
    }
    const int first = watch.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    const int second = watch.registered == 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    // The second try is for descriptors that were closed and opened again behind our back.
    if (::epoll_ctl(m_epoll, first, descriptor, &event) == 0 || ::epoll_ctl(m_epoll, second, descriptor, &event) == 0)
        watch.registered = wanted;
    else
        qCWarning(lcRelay, "a descriptor cannot be watched: %s", std::strerror(errno));
}

void EpollDispatcher::updateChangedDescriptors()
{
    for (const int descriptor : m_changed) {
        m_watches[std::size_t(descriptor)].changed = false;
        updateKernel(descriptor);
    }
    m_changed.clear();
}

// ---- Timers ------------------------------------------------------------------------------------------------------

void EpollDispatcher::registerTimer(int timerId, qint64 intervalMs, Qt::TimerType type, QObject *object)
{
    const qint64 due = nowNs() + std::max<qint64>(intervalMs, 0) * kNanosecondsPerMillisecond;
    m_timers.insert_or_assign(timerId, TimerEntry{timerId, intervalMs, type, object, due});
    m_timersOfObject.emplace(object, timerId);
    m_due.push({due, timerId});
    compactDueTimes();
}

bool EpollDispatcher::unregisterTimer(int timerId)
{
    const auto timer = m_timers.find(timerId);
    if (timer == m_timers.end())
        return false;
    forgetObjectTimer(timer->second);
    m_timers.erase(timer);
    return true;
}

void EpollDispatcher::forgetObjectTimer(const TimerEntry &timer)
{
    const auto [first, last] = m_timersOfObject.equal_range(timer.object);
    const auto entry = std::find_if(first, last, [&timer](const auto &pair) { return pair.second == timer.id; });
    if (entry != last)
        m_timersOfObject.erase(entry);
}

bool EpollDispatcher::unregisterTimers(QObject *object)
{
    const auto [first, last] = m_timersOfObject.equal_range(object);
    if (first == last)
        return false;
    for (auto entry = first; entry != last; ++entry)
        m_timers.erase(entry->second);
    m_timersOfObject.erase(first, last);
    return true;
}

QList<QAbstractEventDispatcher::TimerInfo> EpollDispatcher::registeredTimers(QObject *object) const
{
    QList<TimerInfo> list;
    const auto [first, last] = m_timersOfObject.equal_range(object);
    for (auto entry = first; entry != last; ++entry) {
        const TimerEntry &timer = m_timers.at(entry->second);
        list.append(TimerInfo(timer.id, int(timer.intervalMs), timer.type));
    }
    return list;
}

int EpollDispatcher::remainingTime(int timerId)
{
    const auto timer = m_timers.find(timerId);
    if (timer == m_timers.end())
        return -1;
    const qint64 left = timer->second.dueNs - nowNs();
    return left > 0 ? int(left / kNanosecondsPerMillisecond) : 0;
}

int EpollDispatcher::fireTimers()
{
    if (m_due.empty())
        return 0;
    int handled = 0;
    const qint64 now = nowNs();
    while (!m_due.empty() && m_due.top().atNs <= now) {
        const Due due = m_due.top();
        m_due.pop();
        const auto found = m_timers.find(due.id);
        if (found == m_timers.end() || found->second.dueNs != due.atNs)
            continue;
        TimerEntry &timer = found->second;
        const qint64 interval = timer.intervalMs * kNanosecondsPerMillisecond;
        timer.dueNs = std::max(due.atNs + interval, now + 1); // keeps its beat, but never fires twice in one turn
        m_due.push({timer.dueNs, timer.id});
        if (timer.running)
            continue;
        timer.running = true;
        QTimerEvent event(timer.id);
        QCoreApplication::sendEvent(timer.object, &event);
        ++handled;
        if (const auto after = m_timers.find(due.id); after != m_timers.end())
            after->second.running = false;
    }
    return handled;
}

void EpollDispatcher::compactDueTimes()
{
    // A timer that is restarted on every message leaves an entry each time; they would stay until they are due.
    if (m_due.size() < 2 * m_timers.size() + 64)
        return;
    std::priority_queue<Due> fresh;
    for (const auto &[id, timer] : m_timers)
        fresh.push({timer.dueNs, id});
    m_due = std::move(fresh);
}

// ---- Waking up ---------------------------------------------------------------------------------------------------

void EpollDispatcher::wakeUp()
{
    if (QThread::currentThread() == thread()) {
        m_postedHere = true;
        return;
    }
    if (m_woken.exchange(true, std::memory_order_acq_rel))
        return;
    const std::uint64_t one = 1;
    // Cannot fail: an eventfd takes a write of 1 unless its counter is full, and then it is readable anyway.
    [[maybe_unused]] const ssize_t written = ::write(m_wakeUp, &one, sizeof one);
}

void EpollDispatcher::clearWakeUp()
{
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(m_wakeUp, &count, sizeof count);
    // After the read: a wake-up between the two is then covered by the turn that follows.
    m_woken.store(false, std::memory_order_release);
}

void EpollDispatcher::interrupt()
{
    m_interrupted.store(true, std::memory_order_relaxed);
    wakeUp();
}

} // namespace sotto::relay
