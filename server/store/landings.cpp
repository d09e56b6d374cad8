#include "server/store/landings.h"

#include <QAbstractEventDispatcher>
#include <QMetaObject>

namespace sotto::relay {

QPointer<QObject> thisThread()
{
    QObject *const home = QAbstractEventDispatcher::instance();
    Q_ASSERT_X(home, "thisThread", "a thread without an event loop cannot wait for the store");
    return home;
}

void Landings::add(const QPointer<QObject> &home, std::function<void()> call)
{
    for (auto &[known, calls] : m_calls) {
        if (known == home) {
            calls.push_back(std::move(call));
            return;
        }
    }
    m_calls.emplace_back(home, std::vector<std::function<void()>>());
    m_calls.back().second.push_back(std::move(call));
}

void Landings::post()
{
    for (auto &[home, calls] : std::exchange(m_calls, {})) {
        QObject *const target = home.data();
        if (!target)
            continue;
        QMetaObject::invokeMethod(
            target,
            [calls = std::move(calls)] {
                for (const auto &call : calls)
                    call();
            },
            Qt::QueuedConnection);
    }
}

} // namespace sotto::relay
