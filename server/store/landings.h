#pragma once
#include <QObject>
#include <QPointer>
#include <functional>
#include <utility>
#include <vector>

namespace sotto::relay {

/// The event loop of the calling thread, as an address that results can be sent to.
QPointer<QObject> thisThread();

/// Calls that have to run on other threads, gathered and posted with one event a thread. Any thread, one at a time.
class Landings {
public:
    /// `call` runs on the event loop of `home`; when that is gone it is destroyed without having run.
    void add(const QPointer<QObject> &home, std::function<void()> call);
    /// Posts all; the object is empty again.
    void post();

private:
    std::vector<std::pair<QPointer<QObject>, std::vector<std::function<void()>>>> m_calls;
};

} // namespace sotto::relay
