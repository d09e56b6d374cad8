#pragma once
#include "core/base/task.h"

#include <QMetaObject>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace sotto {

namespace detail {

/// The calling side of callOn() on one thread: who waits there, and the way back to that thread's event loop. Ends with
/// its thread, and everybody who still waits ends with it, there.
class CallingThread {
public:
    /// That of the thread this is called on.
    static std::shared_ptr<CallingThread> current();
    CallingThread();
    ~CallingThread();
    CallingThread(const CallingThread &) = delete;
    CallingThread &operator=(const CallingThread &) = delete;

    /// Keeps `waiter` until it is taken back or the thread ends; lets it go at once when the thread is ending. On the
    /// thread itself, like takeWaiter().
    std::uint64_t keepWaiter(std::shared_ptr<void> waiter);
    std::shared_ptr<void> takeWaiter(std::uint64_t number);
    /// Runs `function` on the thread's event loop, or never when the thread has ended. Any thread.
    void post(std::function<void()> function);
    /// The thread ends. On the thread itself.
    void close();

private:
    std::mutex m_mutex;
    std::unique_ptr<QObject> m_receiver; ///< under the mutex; null once the thread has ended
    std::unordered_map<std::uint64_t, std::shared_ptr<void>> m_waiters;
    std::uint64_t m_nextWaiter = 1;
    bool m_isClosed = false; ///< the thread's own view
};

/// One call on its way to another thread and back. The waiter stays at home: the trip only knows its number.
template <class Fn> class RoundTrip {
    using R = std::invoke_result_t<Fn>;

public:
    explicit RoundTrip(Fn fn) : m_home(CallingThread::current()), m_fn(std::move(fn))
    {
        m_waiter = m_home->keepWaiter(m_completer);
    }
    /// Nobody will answer any more: the waiter ends, at home.
    ~RoundTrip()
    {
        if (!m_hasRun)
            m_home->post([home = m_home, waiter = m_waiter] { home->takeWaiter(waiter); });
    }
    RoundTrip(const RoundTrip &) = delete;
    RoundTrip &operator=(const RoundTrip &) = delete;

    /// At home, before the trip starts.
    Task<R> task()
    {
        const auto completer = std::exchange(m_completer, nullptr);
        return completer->task();
    }
    /// On the other thread, once.
    void run()
    {
        m_hasRun = true;
        auto result = std::make_shared<R>(m_fn());
        m_home->post([home = m_home, waiter = m_waiter, result] {
            if (const auto completer = std::static_pointer_cast<Completer<R>>(home->takeWaiter(waiter)))
                completer->finish(std::move(*result));
        });
    }

private:
    std::shared_ptr<CallingThread> m_home;
    Fn m_fn;
    std::shared_ptr<Completer<R>> m_completer = std::make_shared<Completer<R>>(); ///< until task() hands it out
    std::uint64_t m_waiter = 0;
    bool m_hasRun = false;
};

/// Starts `function` on one of the process's pool threads.
void startOnPool(std::function<void()> function);

} // namespace detail

/// Runs `fn` on the thread of `context` and brings its result back to the calling thread's event loop: the one way to
/// cross threads. `fn` returns a plain value. When `context` is gone before `fn` ran, or the calling thread ends before
/// the answer is there, the waiter ends (see task.h), always on the calling thread.
template <class Fn> auto callOn(QObject *context, Fn fn) -> Task<std::invoke_result_t<Fn>>
{
    const auto trip = std::make_shared<detail::RoundTrip<Fn>>(std::move(fn));
    auto task = trip->task();
    QMetaObject::invokeMethod(
        context, [trip] { trip->run(); }, Qt::QueuedConnection);
    return task;
}

/// The same for a slow pure function on values (Argon2id, image work): runs on a pool thread.
template <class Fn> auto callOnPool(Fn fn) -> Task<std::invoke_result_t<Fn>>
{
    const auto trip = std::make_shared<detail::RoundTrip<Fn>>(std::move(fn));
    auto task = trip->task();
    detail::startOnPool([trip] { trip->run(); });
    return task;
}

} // namespace sotto
