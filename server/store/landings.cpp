#include "server/store/landings.h"

#include <QAbstractEventDispatcher>

namespace sotto::relay {

Home thisThread()
{
    Q_ASSERT_X(QAbstractEventDispatcher::instance(), "thisThread",
               "a thread without an event loop cannot wait for the store");
    return detail::CallingThread::current();
}

void Landings::add(const Home &home, std::function<void()> call)
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
        home->post([calls = std::move(calls)] {
            for (const auto &call : calls)
                call();
        });
    }
}

} // namespace sotto::relay
