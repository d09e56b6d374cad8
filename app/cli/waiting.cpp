#include "app/cli/waiting.h"

namespace sotto {

namespace {

constexpr Milliseconds kLookAgain{200};

/// One wait; deletes itself when it is over.
class Wait : public QObject {
public:
    Wait(Client &client, Clock &clock, std::function<bool()> condition, Milliseconds longest)
        : QObject(&client),
          m_clock(clock),
          m_condition(std::move(condition)),
          m_end(clock.monotonic() + longest),
          m_lookAgain(clock, [this] { look(); })
    {
        connect(&client, &Client::connectionChanged, this, &Wait::look);
        connect(&client, &Client::deliveryChanged, this, &Wait::look);
        connect(&client, &Client::messageStored, this, &Wait::look);
        connect(&client, &Client::contactChanged, this, &Wait::look);
        m_lookAgain.start(kLookAgain);
    }
    Task<bool> task() { return m_answer.task(); }

private:
    void look()
    {
        if (!m_answer.isPending())
            return;
        const bool holds = m_condition();
        if (!holds && m_clock.monotonic() < m_end) {
            m_lookAgain.start(kLookAgain);
            return;
        }
        m_lookAgain.stop();
        deleteLater();
        m_answer.finish(holds);
    }
    Clock &m_clock;
    std::function<bool()> m_condition;
    Milliseconds m_end;
    Timer m_lookAgain;
    Completer<bool> m_answer;
};

} // namespace

Task<bool> waitUntil(Client *client, Clock *clock, std::function<bool()> condition, Milliseconds longest)
{
    if (condition())
        return Task<bool>::finished(true);
    auto *const wait = new Wait(*client, *clock, std::move(condition), longest);
    return wait->task();
}

} // namespace sotto
