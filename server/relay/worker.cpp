#include "server/relay/worker.h"

#include "server/relay/web_socket_gate.h"

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QEventLoop>
#include <QTimer>

#include <algorithm>
#include <unistd.h>
#include <vector>

namespace sotto::relay {

namespace {
constexpr Milliseconds kStopPatience{2'000};
}

Worker::Descriptor::~Descriptor()
{
    if (m_number >= 0)
        ::close(m_number);
}

struct Worker::OnThread {
    explicit OnThread(Worker &owner)
        : worker(owner),
          wheel(owner.m_services.clock),
          environment{owner.m_services.clock, wheel, batch, owner.m_options.socket, owner.m_options.tls},
          gate(environment,
               [this](std::unique_ptr<ClientConnection> connection, ConnectionLimiter::Ticket ticket) {
                   open(std::move(connection), std::move(ticket));
               }),
          nextSession(owner.m_options.firstSession)
    { }

    void open(std::unique_ptr<ClientConnection> connection, ConnectionLimiter::Ticket ticket)
    {
        const SessionId id = nextSession;
        nextSession += worker.m_options.sessionStep;
        auto session = std::make_unique<Session>(id, std::move(connection), std::move(ticket), worker.m_services, wheel,
                                                 worker, [this](SessionId ended) { forget(ended); });
        Session *started = session.get();
        sessions.emplace(id, std::move(session));
        ++worker.m_sessionCount;
        started->start();
    }
    void forget(SessionId id)
    {
        const auto entry = sessions.extract(id);
        if (entry.empty())
            return;
        --worker.m_sessionCount;
        entry.mapped().release()->deleteLater(); // it is calling
    }
    void shed(std::uint64_t ticket)
    {
        if (gate.shed(ticket))
            return;
        const auto found = std::find_if(sessions.begin(), sessions.end(),
                                        [ticket](const auto &entry) { return entry.second->ticket() == ticket; });
        if (found != sessions.end())
            found->second->shed();
    }
    void take(std::vector<Item> items)
    {
        std::vector<Session *> withMail;
        for (Item &item : items) {
            if (auto *connection = std::get_if<NewConnection>(&item)) {
                if (!isStopping)
                    gate.admit(connection->descriptor.release(), std::move(connection->ticket));
                continue;
            }
            if (const auto *gone = std::get_if<Shed>(&item)) {
                shed(gone->ticket);
                continue;
            }
            auto &forSession = std::get<ForSession>(item);
            const auto found = sessions.find(forSession.session);
            if (found == sessions.end())
                continue;
            withMail.push_back(found->second.get());
            found->second->receive(std::move(forSession.message));
        }
        // Sessions that ended meanwhile are deleted later only, so the pointers hold.
        for (Session *session : withMail)
            session->flushMail();
    }

    Worker &worker;
    TimerWheel wheel;
    WriteBatch batch;
    SocketEnvironment environment;
    WebSocketGate gate;
    std::unordered_map<SessionId, std::unique_ptr<Session>> sessions;
    SessionId nextSession;
    bool isStopping = false;
};

Worker::Worker(Options options, const SessionServices &services)
    : m_options(std::move(options)),
      m_services(services),
      m_inbox(std::make_unique<Inbox<Item>>([this](std::vector<Item> items) { m_onThread->take(std::move(items)); }))
{ }

Worker::~Worker() { stop(); }

void Worker::start()
{
    if (auto dispatcher = makeEventDispatcher(m_options.loop); dispatcher)
        m_thread.setEventDispatcher(dispatcher.release());
    m_thread.setObjectName(QStringLiteral("relay-worker"));
    m_inbox->moveToThread(&m_thread);
    m_thread.start();
    QMetaObject::invokeMethod(
        m_inbox.get(), [this] { m_onThread = std::make_unique<OnThread>(*this); }, Qt::BlockingQueuedConnection);
}

void Worker::stop()
{
    if (!m_thread.isRunning())
        return;
    QMetaObject::invokeMethod(
        m_inbox.get(), [this] { stopSessions(); }, Qt::BlockingQueuedConnection);
    m_thread.quit();
    m_thread.wait();
}

void Worker::stopSessions()
{
    m_onThread->isStopping = true;
    std::vector<Session *> sessions;
    for (const auto &[id, session] : m_onThread->sessions)
        sessions.push_back(session.get());
    for (Session *session : sessions)
        session->stop();
    // By the real clock: the peers and the kernel do not live in virtual time.
    QEventLoop loop;
    const QDeadlineTimer patience(kStopPatience);
    QTimer tick;
    QObject::connect(&tick, &QTimer::timeout, &loop, &QEventLoop::wakeUp);
    tick.start(20);
    while (!m_onThread->sessions.empty() && !patience.hasExpired())
        loop.processEvents(QEventLoop::WaitForMoreEvents);
    m_onThread->sessions.clear();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    m_onThread.reset();
    m_inbox->moveToThread(nullptr);
    m_sessionCount = 0;
}

void Worker::take(int descriptor, ConnectionLimiter::Ticket ticket)
{
    ticket.setOnShed([inbox = m_inbox.get(), number = ticket.number()] { inbox->put(Shed{number}); });
    m_inbox->put(NewConnection{Descriptor(descriptor), std::move(ticket)});
}

void Worker::post(SessionId session, SessionMessage message) { m_inbox->put(ForSession{session, std::move(message)}); }

} // namespace sotto::relay
