#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>

namespace sotto {

using Milliseconds = std::chrono::milliseconds;

/// A moment of wall-clock time: milliseconds since 1970-01-01 UTC.
struct Timestamp {
    std::int64_t ms = 0;
    friend auto operator<=>(const Timestamp &, const Timestamp &) = default;
    friend Timestamp operator+(Timestamp t, Milliseconds d) { return {t.ms + d.count()}; }
    friend Timestamp operator-(Timestamp t, Milliseconds d) { return {t.ms - d.count()}; }
    friend Milliseconds operator-(Timestamp a, Timestamp b) { return Milliseconds(a.ms - b.ms); }
};

/// Time and waiting. Everything that waits takes a Clock, so that stories run in virtual time (tests/kit/fake_clock.h).
class Clock {
public:
    /// A pending call; 0 is never given out.
    using Handle = std::uint64_t;

    virtual ~Clock() = default;
    /// Wall-clock time; may jump. Any thread.
    virtual Timestamp now() const = 0;
    /// Time since some fixed start, never going back. Any thread.
    virtual Milliseconds monotonic() const = 0;
    /// Calls `callback` once, on the calling thread's event loop, after `delay`. The handle cancels it.
    virtual Handle callAfter(Milliseconds delay, std::function<void()> callback) = 0;
    /// Forgets a pending call made on this thread. Handles that have fired or are unknown are ignored.
    virtual void cancel(Handle handle) = 0;
};

/// The computer's clock. Callbacks run from Qt's event loop of the thread that asked.
class RealClock final : public Clock {
public:
    RealClock();
    ~RealClock() override;
    Timestamp now() const override;
    Milliseconds monotonic() const override;
    Handle callAfter(Milliseconds delay, std::function<void()> callback) override;
    void cancel(Handle handle) override;

private:
    class ThreadTimers;
    ThreadTimers &timersOfThisThread();
};

/// A single-shot timer that stops with its owner. Lives on one thread.
class Timer {
public:
    /// Calls `onTimeout` when a started time has passed. `clock` outlives the timer.
    Timer(Clock &clock, std::function<void()> onTimeout);
    ~Timer();
    Timer(const Timer &) = delete;
    Timer &operator=(const Timer &) = delete;
    /// Starts, or starts again from now.
    void start(Milliseconds delay);
    void stop();
    bool isActive() const { return m_handle != 0; }

private:
    Clock &m_clock;
    std::function<void()> m_onTimeout;
    Clock::Handle m_handle = 0;
};

} // namespace sotto
