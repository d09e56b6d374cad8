#include "app/cli/stop_signals.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace sotto {

namespace {

volatile std::sig_atomic_t writeEnd = -1;

/// Only what a signal handler may do: one byte into the pipe.
void handleSignal(int)
{
    const char byte = 1;
    [[maybe_unused]] const ssize_t written = ::write(writeEnd, &byte, 1);
}

void install(void (*handler)(int))
{
    struct sigaction action { };
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

} // namespace

StopSignals::StopSignals(QObject *parent) : QObject(parent)
{
    if (::pipe2(m_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return; // the signals then end the process at once, which loses nothing that was stored
    m_notifier = std::make_unique<QSocketNotifier>(m_pipe[0], QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, [this] {
        m_notifier->setEnabled(false);
        install(SIG_DFL); // a second one ends the process
        Q_EMIT stopAsked();
    });
    writeEnd = m_pipe[1];
    install(handleSignal);
}

StopSignals::~StopSignals()
{
    if (m_pipe[0] < 0)
        return;
    install(SIG_DFL);
    writeEnd = -1;
    m_notifier.reset();
    ::close(m_pipe[0]);
    ::close(m_pipe[1]);
}

} // namespace sotto
