#pragma once
#include <QCoreApplication>
#include <QEvent>
#include <QObject>

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace sotto::relay {

/// A way onto a thread: any thread puts items in, the owner's thread gets them in batches. The owner is woken only when
/// the inbox was empty, so a busy worker costs its senders a lock and nothing else. Items that are never taken are
/// destroyed with the inbox.
template <class Item> class Inbox final : public QObject {
public:
    using Receiver = std::function<void(std::vector<Item> items)>;

    /// `receiver` is called on the thread this object lives on.
    explicit Inbox(Receiver receiver) : m_receiver(std::move(receiver)) { }

    /// Adds an item. Any thread.
    void put(Item item)
    {
        bool wasEmpty = false;
        {
            const std::lock_guard lock(m_mutex);
            wasEmpty = m_items.empty();
            m_items.push_back(std::move(item));
        }
        if (wasEmpty)
            QCoreApplication::postEvent(this, new QEvent(QEvent::User));
    }

protected:
    bool event(QEvent *event) override
    {
        if (event->type() != QEvent::User)
            return QObject::event(event);
        std::vector<Item> items;
        {
            const std::lock_guard lock(m_mutex);
            items.swap(m_items);
        }
        m_receiver(std::move(items));
        return true;
    }

private:
    Receiver m_receiver;
    std::mutex m_mutex;
    std::vector<Item> m_items;
};

} // namespace sotto::relay
