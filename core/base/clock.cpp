#include "core/base/clock.h"

#include <QTimer>
#include <unordered_map>

namespace sotto {

/// The pending calls of one thread, each a QTimer that dies with the thread's store.
class RealClock::ThreadTimers {
public:
    Handle add(Milliseconds delay, std::function<void()> callback)
    {
        const Handle handle = m_next++;
        auto timer = std::make_unique<QTimer>();
        timer->setSingleShot(true);
        timer->setTimerType(Qt::PreciseTimer);
        QObject::connect(timer.get(), &QTimer::timeout, timer.get(), [this, handle, callback = std::move(callback)] {
            // The timer is inside its own signal: take it out of the table, delete it later, then call.
            const auto call = callback;
            const auto entry = m_timers.extract(handle);
            if (!entry.empty())
                entry.mapped().release()->deleteLater();
            call();
        });
        timer->start(std::max(delay, Milliseconds(0)));
        m_timers.emplace(handle, std::move(timer));
        return handle;
    }
    void remove(Handle handle) { m_timers.erase(handle); }

private:
    std::unordered_map<Handle, std::unique_ptr<QTimer>> m_timers;
    Handle m_next = 1;
};

RealClock::RealClock() = default;
RealClock::~RealClock() = default;

Timestamp RealClock::now() const
{
    using namespace std::chrono;
    return {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

Milliseconds RealClock::monotonic() const
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch());
}

RealClock::ThreadTimers &RealClock::timersOfThisThread()
{
    thread_local ThreadTimers timers;
    return timers;
}

Clock::Handle RealClock::callAfter(Milliseconds delay, std::function<void()> callback)
{
    return timersOfThisThread().add(delay, std::move(callback));
}

void RealClock::cancel(Handle handle) { timersOfThisThread().remove(handle); }

Timer::Timer(Clock &clock, std::function<void()> onTimeout) : m_clock(clock), m_onTimeout(std::move(onTimeout)) { }

Timer::~Timer() { stop(); }

void Timer::start(Milliseconds delay)
{
    stop();
    m_handle = m_clock.callAfter(delay, [this] {
        m_handle = 0;
        m_onTimeout();
    });
}

void Timer::stop()
{
    if (m_handle != 0)
        m_clock.cancel(std::exchange(m_handle, 0));
}

} // namespace sotto
