#pragma once
#include "core/base/call_on.h"

#include <functional>
#include <utility>
#include <vector>

namespace sotto::relay {

/// A thread with an event loop, as an address that results can be sent to and that outlives the thread. Who waits for a
/// result is kept there and ends with it, there (core/base/call_on.h).
using Home = std::shared_ptr<detail::CallingThread>;

/// That of the calling thread.
Home thisThread();

/// Calls that have to run on other threads, gathered and posted with one event a thread. Any thread, one at a time.
class Landings {
public:
    /// `call` runs on the event loop of `home`; when that thread has ended it is destroyed without having run.
    void add(const Home &home, std::function<void()> call);
    /// Posts all; the object is empty again.
    void post();

private:
    std::vector<std::pair<Home, std::vector<std::function<void()>>>> m_calls;
};

} // namespace sotto::relay
