#include "tests/kit/fake_clock.h"

#include <QAbstractEventDispatcher>
#include <QThread>

namespace sotto::kit {

FakeClock::FakeClock(Timestamp start) : m_now(start) { }

FakeClock::~FakeClock()
{
    const std::scoped_lock lock(m_posted->mutex);
    m_posted->handles.clear();
}

Timestamp FakeClock::now() const
{
    const std::scoped_lock lock(m_mutex);
    return m_now;
}

Milliseconds FakeClock::monotonic() const
{
    const std::scoped_lock lock(m_mutex);
    return m_monotonic;
}

Clock::Handle FakeClock::callAfter(Milliseconds delay, std::function<void()> callback)
{
    QObject *const home = QAbstractEventDispatcher::instance();
    std::unique_lock lock(m_mutex);
    const Handle handle = m_next++;
    if (delay <= Milliseconds(0) && home) {
        lock.unlock();
        fireFromEventLoop(handle, home, std::move(callback));
        return handle;
    }
    const Milliseconds due = m_monotonic + std::max(delay, Milliseconds(0));
    m_calls.emplace(Due(due, handle), Call{std::move(callback), home, QThread::currentThreadId()});
    m_dueOf.emplace(handle, due);
    return handle;
}

void FakeClock::cancel(Handle handle)
{
    {
        const std::scoped_lock lock(m_posted->mutex);
        m_posted->handles.erase(handle);
    }
    const std::scoped_lock lock(m_mutex);
    if (const auto due = m_dueOf.find(handle); due != m_dueOf.end()) {
        m_calls.erase(Due(due->second, handle));
        m_dueOf.erase(due);
    }
}

void FakeClock::fireFromEventLoop(Handle handle, const QPointer<QObject> &home, std::function<void()> callback)
{
    if (!home)
        return; // its thread has ended, and so have its timers
    {
        const std::scoped_lock lock(m_posted->mutex);
        m_posted->handles.insert(handle);
    }
    QMetaObject::invokeMethod(
        home,
        [posted = m_posted, handle, callback = std::move(callback)] {
            {
                const std::scoped_lock lock(posted->mutex);
                if (posted->handles.erase(handle) == 0)
                    return; // cancelled on the way, or the clock is gone
            }
            callback();
        },
        Qt::QueuedConnection);
}

void FakeClock::advance(Milliseconds step)
{
    std::unique_lock lock(m_mutex);
    const Milliseconds end = m_monotonic + step;
    while (!m_calls.empty() && m_calls.begin()->first.first <= end) {
        auto entry = m_calls.extract(m_calls.begin());
        const auto [due, handle] = entry.key();
        m_dueOf.erase(handle);
        const Milliseconds passed = std::max(due - m_monotonic, Milliseconds(0));
        m_monotonic = m_monotonic + passed;
        m_now = m_now + passed;
        Call call = std::move(entry.mapped());
        const bool here = call.thread == QThread::currentThreadId();
        lock.unlock();
        if (here)
            call.callback();
        else
            fireFromEventLoop(handle, call.home, std::move(call.callback));
        lock.lock();
    }
    m_now = m_now + (end - m_monotonic);
    m_monotonic = end;
}

void FakeClock::setWallClock(Timestamp time)
{
    const std::scoped_lock lock(m_mutex);
    m_now = time;
}

int FakeClock::pendingCalls() const
{
    const std::scoped_lock lock(m_mutex, m_posted->mutex);
    return int(m_calls.size() + m_posted->handles.size());
}

std::optional<Milliseconds> FakeClock::untilNext() const
{
    const std::scoped_lock lock(m_mutex, m_posted->mutex);
    if (!m_posted->handles.empty())
        return Milliseconds(0);
    if (m_calls.empty())
        return std::nullopt;
    return m_calls.begin()->first.first - m_monotonic;
}

} // namespace sotto::kit
