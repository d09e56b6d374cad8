#pragma once
#include "core/base/clock.h"

#include <array>
#include <functional>

namespace sotto::relay {

/// Deadlines for tens of thousands of sockets at the price of one clock callback: setting, moving and stopping one is
/// a few pointer writes. A deadline fires between its delay and two ticks later. One thread; entries end before the
/// wheel.
///
/// A hashed timing wheel (Varghese and Lauck 1987, scheme 6): 256 slots of one tick, longer delays go round.
class TimerWheel {
    struct Link {
        Link *next = this;
        Link *previous = this;
        void unlink();
        void insertBefore(Link &other);
        bool isAlone() const { return next == this; }
    };

public:
    static constexpr Milliseconds kTick{250};

    /// One deadline. Its callback may start, stop or destroy any entry, itself included.
    class Entry : private Link {
    public:
        Entry(TimerWheel &wheel, std::function<void()> onTimeout)
            : m_wheel(wheel), m_onTimeout(std::move(onTimeout)) { }
        ~Entry() { stop(); }
        Entry(const Entry &) = delete;
        Entry &operator=(const Entry &) = delete;
        /// Starts, or starts again from now.
        void start(Milliseconds delay);
        void stop();
        bool isActive() const { return !isAlone(); }

    private:
        friend class TimerWheel;
        TimerWheel &m_wheel;
        std::function<void()> m_onTimeout;
        std::int64_t m_dueTick = 0;
    };

    /// `clock` outlives the wheel.
    explicit TimerWheel(Clock &clock);

private:
    static constexpr std::size_t kSlots = 256;

    std::int64_t tickNow() const;
    void place(Entry &entry, Milliseconds delay);
    void turn();
    void turnSlot(std::size_t slot, std::int64_t now);

    Clock &m_clock;
    Timer m_timer;
    std::array<Link, kSlots> m_slots;
    std::int64_t m_lastTick;
    std::size_t m_active = 0;
};

} // namespace sotto::relay
