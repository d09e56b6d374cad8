#pragma once
#include "core/base/clock.h"

#include <QObject>
#include <QPointer>
#include <map>
#include <mutex>
#include <set>

namespace sotto::kit {

/// Virtual time for stories: stands still until the test moves it. Any thread may ask the time and wait; one thread
/// advances it. Callbacks fire on the thread that asked for them, in the order of their due times: directly when that
/// is the advancing thread, else through its event loop.
class FakeClock final : public Clock {
public:
    /// Starts at `start`; the default is 2026-03-01 12:00 UTC. The monotonic time starts at 1000 ms.
    explicit FakeClock(Timestamp start = {1'772'366'400'000});
    ~FakeClock() override;

    Timestamp now() const override;
    Milliseconds monotonic() const override;
    /// A delay of zero or less is due at once: it fires from the calling thread's event loop, or at the next advance().
    Handle callAfter(Milliseconds delay, std::function<void()> callback) override;
    void cancel(Handle handle) override;

    /// Moves both times on by `step`, stopping at every due callback on the way (also at those made meanwhile).
    void advance(Milliseconds step);
    /// The wall clock alone jumps, as when a person sets it. Nothing fires.
    void setWallClock(Timestamp time);
    /// Calls that wait; none when nothing is going to happen by itself.
    int pendingCalls() const;
    /// How long until the next callback is due; nothing when none waits.
    std::optional<Milliseconds> untilNext() const;

private:
    struct Call {
        std::function<void()> callback;
        QPointer<QObject> home; ///< the event dispatcher of the thread that asked
        Qt::HANDLE thread = nullptr;
    };
    using Due = std::pair<Milliseconds, Handle>; ///< handles grow: equal times keep the order of asking

    /// Calls handed to an event loop and not fired yet; the events on their way may outlive the clock.
    struct Posted {
        std::mutex mutex;
        std::set<Handle> handles;
    };
    void fireFromEventLoop(Handle handle, const QPointer<QObject> &home, std::function<void()> callback);

    mutable std::mutex m_mutex;
    Timestamp m_now;
    Milliseconds m_monotonic{1000};
    Handle m_next = 1;
    std::map<Due, Call> m_calls;
    std::map<Handle, Milliseconds> m_dueOf;
    std::shared_ptr<Posted> m_posted = std::make_shared<Posted>();
};

} // namespace sotto::kit
