#pragma once
#include <QObject>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

// Single-thread coroutines (style rules 14 and 15). In short:
// - A Task starts at once and runs to its first wait. It has one waiter and lives on one thread.
// - Dropping a Task ends its coroutine where it waits; detach() lets it run on alone.
// - A member coroutine of a QObject ends where it waits when the object is destroyed.
// - A Completer that is dropped without an answer ends the coroutine that waits for it, and that one's waiter in turn.
// - An await is its own statement, its arguments are named, coroutines take parameters by value
//   (g++ 12 miscompiles the rest; tests/tools/check_awaits.py).
namespace sotto {

template <class T> class Task;
template <class T> class Completer;

namespace detail {

template <class T>
concept AnObject = std::is_base_of_v<QObject, std::remove_cvref_t<T>>;
template <class T>
concept NoObject = !AnObject<T>;

/// What every coroutine frame has: how to end it while it waits.
class PromiseBase {
public:
    PromiseBase() = default;
    PromiseBase(const PromiseBase &) = delete;
    PromiseBase &operator=(const PromiseBase &) = delete;
    ~PromiseBase() { QObject::disconnect(m_ownerGone); }

    /// Ends the coroutine: now if it waits, at its next wait if it is running at this moment.
    void end()
    {
        if (m_running)
            m_ended = true;
        else
            m_handle.destroy();
    }
    void resume()
    {
        m_running = true;
        m_handle.resume();
    }
    /// Called when the coroutine is about to wait; true when it has to end instead.
    bool pauses()
    {
        m_running = false;
        return m_ended;
    }

protected:
    void follow(QObject *owner)
    {
        m_ownerGone = QObject::connect(owner, &QObject::destroyed, [this] { end(); });
    }
    std::coroutine_handle<> m_handle;

private:
    QMetaObject::Connection m_ownerGone;
    bool m_running = true;
    bool m_ended = false;
};

/// What a Task and its producer (a coroutine frame or a Completer) share.
template <class T> struct TaskState {
    std::optional<T> value;
    PromiseBase *producer = nullptr; ///< the coroutine that will give the value, while it exists
    PromiseBase *waiter = nullptr;   ///< the coroutine that waits for it
    std::function<void(T)> then;     ///< or the callback
    bool detached = false;

    /// Hands the value to whoever waits. The state may be gone afterwards.
    void deliver()
    {
        if (auto *w = std::exchange(waiter, nullptr))
            w->resume();
        else if (auto callback = std::exchange(then, nullptr))
            callback(std::move(*value));
    }
    /// The producer ended without a value: so does the waiter.
    void abandon()
    {
        then = nullptr;
        if (auto *w = std::exchange(waiter, nullptr))
            w->end();
    }
};

/// What `co_await` makes of a Task: waits for its value, and ends its producer when the waiter is ended first.
template <class T> class TaskAwaiter {
public:
    explicit TaskAwaiter(std::shared_ptr<TaskState<T>> state) : m_state(std::move(state)) { }
    TaskAwaiter(const TaskAwaiter &) = delete;
    TaskAwaiter &operator=(const TaskAwaiter &) = delete;
    ~TaskAwaiter()
    {
        if (m_state->value)
            return;
        m_state->waiter = nullptr;
        if (auto *producer = std::exchange(m_state->producer, nullptr))
            producer->end();
    }

    bool await_ready() const { return m_state->value.has_value(); }
    template <class Promise> void await_suspend(std::coroutine_handle<Promise> waiting)
    {
        PromiseBase &promise = waiting.promise();
        if (promise.pauses()) {
            waiting.destroy();
            return;
        }
        m_state->waiter = &promise;
    }
    T await_resume() { return std::move(*m_state->value); }

private:
    std::shared_ptr<TaskState<T>> m_state;
};

} // namespace detail

/// A value that will be there later. See the top of this file for the rules.
template <class T> class [[nodiscard]] Task {
    using State = detail::TaskState<T>;

public:
    class promise_type;

    Task(Task &&other) noexcept : m_state(std::move(other.m_state)) { }
    Task &operator=(Task &&other) noexcept
    {
        if (this != &other) {
            drop();
            m_state = std::move(other.m_state);
        }
        return *this;
    }
    ~Task() { drop(); }

    /// A task that is finished already.
    static Task finished(T value)
    {
        auto state = std::make_shared<State>();
        state->value.emplace(std::move(value));
        return Task(std::move(state));
    }

    bool isFinished() const { return m_state && m_state->value.has_value(); }
    /// The value of a finished task that nobody awaits; for tests and for polling.
    const T &result() const { return *m_state->value; }

    /// Calls `fn(value)` once it is there, unless `context` is gone by then. Ends this task's use.
    template <class Fn> void then(QObject *context, Fn fn) &&
    {
        auto state = std::exchange(m_state, nullptr);
        auto callback = [guard = QPointer<QObject>(context), fn = std::move(fn)](T value) mutable {
            if (guard)
                fn(std::move(value));
        };
        if (state->value) {
            callback(std::move(*state->value));
            return;
        }
        state->detached = true;
        state->then = std::move(callback);
    }

    /// Lets the coroutine run on without anyone waiting for its value.
    void detach() &&
    {
        if (auto state = std::exchange(m_state, nullptr))
            state->detached = true;
    }

    auto operator co_await() && { return detail::TaskAwaiter<T>(std::exchange(m_state, nullptr)); }

private:
    friend class Completer<T>;
    explicit Task(std::shared_ptr<State> state) : m_state(std::move(state)) { }

    void drop()
    {
        if (const auto state = std::exchange(m_state, nullptr)) {
            if (auto *producer = std::exchange(state->producer, nullptr); producer && !state->detached)
                producer->end();
        }
    }

    std::shared_ptr<State> m_state;
};

template <class T> class Task<T>::promise_type : public detail::PromiseBase {
public:
    promise_type() : m_state(std::make_shared<State>()) { start(); }
    /// A member coroutine of a QObject: ends with it.
    template <detail::AnObject Self, class... Arguments>
    explicit promise_type(Self &self, const Arguments &...) : m_state(std::make_shared<State>())
    {
        start();
        follow(const_cast<std::remove_cvref_t<Self> *>(&self));
    }
    /// Any other coroutine.
    template <detail::NoObject First, class... Arguments>
    explicit promise_type(const First &, const Arguments &...) : m_state(std::make_shared<State>())
    {
        start();
    }
    ~promise_type()
    {
        m_state->producer = nullptr;
        if (!m_state->value)
            m_state->abandon();
        else if (m_finished)
            m_state->deliver();
    }

    Task get_return_object() { return Task(m_state); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept
    {
        m_finished = true; // the frame is destroyed now; the destructor above hands over the value
        return {};
    }
    void return_value(T value) { m_state->value.emplace(std::move(value)); }
    void unhandled_exception() { std::terminate(); }

private:
    void start()
    {
        m_handle = std::coroutine_handle<promise_type>::from_promise(*this);
        m_state->producer = this;
    }
    std::shared_ptr<State> m_state;
    bool m_finished = false;
};

/// The giving end of a Task that no coroutine computes: a reply from the network, a signal, a timer.
template <class T> class Completer {
    using State = detail::TaskState<T>;

public:
    Completer() : m_state(std::make_shared<State>()) { }
    Completer(Completer &&other) noexcept = default;
    Completer &operator=(Completer &&other) noexcept
    {
        if (this != &other) {
            drop();
            m_state = std::move(other.m_state);
        }
        return *this;
    }
    ~Completer() { drop(); }

    /// The task to hand out; once.
    Task<T> task() { return Task<T>(m_state); }
    /// Gives the value and wakes the waiter before returning. Once; this object may be gone afterwards.
    void finish(T value)
    {
        const auto state = std::exchange(m_state, nullptr);
        Q_ASSERT(state && !state->value);
        state->value.emplace(std::move(value));
        state->deliver();
    }
    bool isPending() const { return m_state != nullptr; }

private:
    void drop()
    {
        if (const auto state = std::exchange(m_state, nullptr))
            state->abandon();
    }
    std::shared_ptr<State> m_state;
};

/// Spelled at the call site of a coroutine whose result nobody waits for: `detach(drain());`
template <class T> void detach(Task<T> task) { std::move(task).detach(); }

} // namespace sotto
