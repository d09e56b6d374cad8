#pragma once
#include <QAbstractEventDispatcher>

#include <atomic>
#include <memory>
#include <queue>
#include <unordered_map>
#include <vector>

namespace sotto::relay {

/// Qt's event loop on Linux's epoll: its cost per turn depends on how many sockets have something to say, not on how
/// many there are. One eventfd wakes it, timers are a heap, changes of notifiers reach the kernel once a turn.
///
/// Install with QThread::setEventDispatcher before the thread starts. Notifiers and timers belong to the dispatcher's
/// thread, as with every Qt dispatcher; wakeUp() and interrupt() may be called on any thread. Timers of all types are
/// precise to the millisecond. A descriptor that epoll cannot watch (a regular file) is refused with a warning.
class EpollDispatcher final : public QAbstractEventDispatcher {
    Q_OBJECT
public:
    /// Null where the kernel gives no epoll or eventfd: the caller then uses the stock dispatcher.
    static std::unique_ptr<EpollDispatcher> create();
    ~EpollDispatcher() override;

    bool processEvents(QEventLoop::ProcessEventsFlags flags) override;
    void registerSocketNotifier(QSocketNotifier *notifier) override;
    void unregisterSocketNotifier(QSocketNotifier *notifier) override;
    void registerTimer(int timerId, qint64 intervalMs, Qt::TimerType type, QObject *object) override;
    bool unregisterTimer(int timerId) override;
    bool unregisterTimers(QObject *object) override;
    QList<TimerInfo> registeredTimers(QObject *object) const override;
    int remainingTime(int timerId) override;
    void wakeUp() override;
    void interrupt() override;

private:
    static constexpr int kNotifierTypes = 3;
    /// One watched descriptor. The generation tells an event of a closed descriptor from its successor of that number.
    struct Watch {
        QSocketNotifier *notifiers[kNotifierTypes] = {};
        std::uint32_t registered = 0; ///< what the kernel watches for now
        std::uint32_t generation = 0;
        bool changed = false; ///< stands in m_changed
    };
    struct TimerEntry {
        int id;
        qint64 intervalMs;
        Qt::TimerType type;
        QObject *object;
        qint64 dueNs;
        bool running = false; ///< inside its own event: not again from a nested loop
    };
    struct Due {
        qint64 atNs;
        int id;
        bool operator<(const Due &other) const { return atNs > other.atNs; }
    };

    EpollDispatcher(int epoll, int wakeUp);
    static std::uint32_t wantedEvents(const Watch &watch);
    void noteChange(int descriptor);
    void updateKernel(int descriptor);
    void updateChangedDescriptors();
    int waitTimeout(bool wait);
    int waitForSockets(int timeoutMs);
    int waitForWakeUpOnly(int timeoutMs);
    int notify(int descriptor, std::uint32_t generation, std::uint32_t events);
    int fireTimers();
    void forgetObjectTimer(const TimerEntry &timer);
    void compactDueTimes();
    void clearWakeUp();

    const int m_epoll;
    const int m_wakeUp;
    std::vector<Watch> m_watches; ///< by descriptor
    std::vector<int> m_changed;
    std::unordered_map<int, TimerEntry> m_timers;
    std::unordered_multimap<const QObject *, int> m_timersOfObject;
    std::priority_queue<Due> m_due; ///< may hold entries of timers that are gone or were moved
    std::atomic<bool> m_woken{false};
    std::atomic<bool> m_interrupted{false};
    bool m_postedHere = false; ///< woken by this very thread: no system call needed
};

} // namespace sotto::relay
