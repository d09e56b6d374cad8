#include "core/base/call_on.h"

#include <QThreadPool>

namespace sotto::detail {

std::shared_ptr<CallingThread> CallingThread::current()
{
    struct EndsWithTheThread {
        ~EndsWithTheThread() { thread->close(); }
        std::shared_ptr<CallingThread> thread = std::make_shared<CallingThread>();
    };
    thread_local const EndsWithTheThread calling;
    return calling.thread;
}

CallingThread::CallingThread() : m_receiver(std::make_unique<QObject>()) { }

CallingThread::~CallingThread() = default;

std::uint64_t CallingThread::keepWaiter(std::shared_ptr<void> waiter)
{
    const std::uint64_t number = m_nextWaiter++;
    if (!m_isClosed)
        m_waiters.emplace(number, std::move(waiter));
    return number;
}

std::shared_ptr<void> CallingThread::takeWaiter(std::uint64_t number)
{
    const auto entry = m_waiters.extract(number);
    return entry.empty() ? nullptr : entry.mapped();
}

void CallingThread::post(std::function<void()> function)
{
    // Under the mutex the receiver cannot go away between the question and the posting.
    const std::lock_guard lock(m_mutex);
    if (m_receiver)
        QMetaObject::invokeMethod(m_receiver.get(), std::move(function), Qt::QueuedConnection);
}

void CallingThread::close()
{
    m_isClosed = true;
    std::unique_ptr<QObject> receiver;
    {
        const std::lock_guard lock(m_mutex);
        receiver = std::move(m_receiver);
    }
    receiver.reset(); // with what was posted and never ran
    const auto waiters = std::exchange(m_waiters, {});
}

void startOnPool(std::function<void()> function) { QThreadPool::globalInstance()->start(std::move(function)); }

} // namespace sotto::detail
