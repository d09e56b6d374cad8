#include "app/cli/standard_input.h"

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <string>
#include <unistd.h>

namespace sotto {

QString readTypedLine()
{
    std::string line;
    std::getline(std::cin, line);
    const QString text = QString::fromStdString(line).trimmed();
    std::fill(line.begin(), line.end(), '\0');
    return text;
}

StandardInput::StandardInput(QObject *parent) : QObject(parent), m_notifier(STDIN_FILENO, QSocketNotifier::Read)
{
    connect(&m_notifier, &QSocketNotifier::activated, this, &StandardInput::read);
}

void StandardInput::resume()
{
    if (!m_ended)
        m_notifier.setEnabled(true);
}

void StandardInput::read()
{
    char buffer[64 * 1024];
    const ssize_t got = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (got > 0) {
        Q_EMIT arrived(Bytes(buffer, got));
        return;
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    m_ended = true;
    m_notifier.setEnabled(false);
    Q_EMIT ended();
}

} // namespace sotto
