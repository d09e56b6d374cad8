#include "server/relay/timer_wheel.h"

#include <algorithm>

namespace sotto::relay {

void TimerWheel::Link::unlink()
{
    previous->next = next;
    next->previous = previous;
    next = this;
    previous = this;
}

void TimerWheel::Link::insertBefore(Link &other)
{
    previous = other.previous;
    next = &other;
    other.previous->next = this;
    other.previous = this;
}

void TimerWheel::Entry::start(Milliseconds delay)
{
    stop();
    m_wheel.place(*this, delay);
}

void TimerWheel::Entry::stop()
{
    if (!isActive())
        return;
    unlink();
    if (--m_wheel.m_active == 0)
        m_wheel.m_timer.stop();
}

TimerWheel::TimerWheel(Clock &clock) : m_clock(clock), m_timer(clock, [this] { turn(); }), m_lastTick(tickNow()) { }

std::int64_t TimerWheel::tickNow() const { return m_clock.monotonic() / kTick; }

void TimerWheel::place(Entry &entry, Milliseconds delay)
{
    if (m_active == 0)
        m_lastTick = tickNow(); // nothing waited, so nothing was missed
    // Rounded up, and one more for the part of the present tick that has gone already.
    entry.m_dueTick = tickNow() + (std::max(delay, Milliseconds(0)) + kTick - Milliseconds(1)) / kTick + 1;
    entry.insertBefore(m_slots[std::size_t(entry.m_dueTick) % kSlots]);
    ++m_active;
    if (!m_timer.isActive())
        m_timer.start(kTick);
}

void TimerWheel::turn()
{
    const std::int64_t now = tickNow();
    const std::int64_t first = std::max(m_lastTick + 1, now - std::int64_t(kSlots) + 1);
    m_lastTick = now;
    for (std::int64_t tick = first; tick <= now; ++tick)
        turnSlot(std::size_t(tick) % kSlots, now);
    if (m_active > 0 && !m_timer.isActive())
        m_timer.start(kTick);
}

void TimerWheel::turnSlot(std::size_t slot, std::int64_t now)
{
    // Moved aside first: a callback that starts an entry anew must not have it visited again in this turn.
    Link waiting;
    while (!m_slots[slot].isAlone()) {
        Link *link = m_slots[slot].next;
        link->unlink();
        link->insertBefore(waiting);
    }
    while (!waiting.isAlone()) {
        auto *entry = static_cast<Entry *>(waiting.next);
        entry->unlink();
        if (entry->m_dueTick > now) {
            entry->insertBefore(m_slots[slot]);
            continue;
        }
        --m_active;
        // A copy of the callback: it may destroy its entry.
        const auto callback = entry->m_onTimeout;
        callback();
    }
}

} // namespace sotto::relay
