#pragma once
#include "core/base/task.h"

#include <functional>

namespace sotto::kit {

/// Longest wait for one thing in a process play; far over what a busy machine takes.
inline constexpr int kProcessPatienceMs = 60'000;

/// Runs the event loop until `condition` holds. False when the patience was over first.
[[nodiscard]] bool until(const std::function<bool()> &condition, int patienceMs = kProcessPatienceMs);

/// The value of a task once it is there; a task that never ends ends the test program.
template <class T> T waitFor(Task<T> task)
{
    if (!until([&task] { return task.isFinished(); }))
        qFatal("a task of the play does not end");
    return std::move(const_cast<T &>(task.result()));
}

} // namespace sotto::kit
