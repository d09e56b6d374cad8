#include "tests/process/waiting.h"

#include <QEventLoop>
#include <QTimer>

namespace sotto::kit {

bool until(const std::function<bool()> &condition, int patienceMs)
{
    constexpr int kLookAgainMs = 2;
    if (condition())
        return true;
    QEventLoop loop;
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        if (condition())
            loop.quit();
    });
    QTimer::singleShot(patienceMs, &loop, &QEventLoop::quit);
    look.start(kLookAgainMs);
    loop.exec();
    return condition();
}

} // namespace sotto::kit
