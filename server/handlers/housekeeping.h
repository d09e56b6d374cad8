#pragma once
#include "server/handlers/services.h"

#include <QObject>

namespace sotto::relay {

/// What the relay does each minute: late counters go to disk, mail, invites and one-time prekeys whose time is over are
/// forgotten, accounts that nobody asks for leave memory, what deleted rows left in the write-ahead log is overwritten.
/// Lives on one thread with an event loop.
class Housekeeping final : public QObject {
    Q_OBJECT
public:
    /// All outlive this object. Starts at once.
    Housekeeping(HandlerServices &services, MailStore &mailStore);

private:
    Task<Done> round();
    void roundAndAgain();

    HandlerServices &m_services;
    MailStore &m_mailStore;
    Timer m_timer;
    int m_rounds = 0;
};

} // namespace sotto::relay
