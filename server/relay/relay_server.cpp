#include "server/relay/relay_server.h"

#include <QAbstractEventDispatcher>

#include <csignal>

namespace sotto::relay {

int defaultWorkers() { return std::max(1, QThread::idealThreadCount() - 1); }

RelayServer::RelayServer(std::unique_ptr<Acceptor> acceptor, const Options &options, const SessionServices &services)
    : m_acceptor(std::move(acceptor))
{
    // OpenSSL writes with write(2): a client that has gone would end the process.
    ::signal(SIGPIPE, SIG_IGN);
    const auto workers = SessionId(std::max(1, options.workers));
    for (SessionId i = 0; i < workers; ++i) {
        m_workers.push_back(std::make_unique<Worker>(
            Worker::Options{options.loop, options.socket, options.tls, i + 1, workers}, services));
        m_workers.back()->start();
    }
    runAcceptor(options.loop);
}

void RelayServer::runAcceptor(EventLoopKind loop)
{
    if (auto dispatcher = makeEventDispatcher(loop); dispatcher)
        m_acceptorThread.setEventDispatcher(dispatcher.release());
    m_acceptorThread.setObjectName(QStringLiteral("relay-acceptor"));
    m_acceptor->moveToThread(&m_acceptorThread);
    m_acceptorThread.start();
    QMetaObject::invokeMethod(
        m_acceptor.get(),
        [this] {
            m_acceptor->start([this](int descriptor, ConnectionLimiter::Ticket ticket) {
                m_workers[m_nextWorker]->take(descriptor, std::move(ticket));
                m_nextWorker = (m_nextWorker + 1) % m_workers.size();
            });
        },
        Qt::BlockingQueuedConnection);
}

RelayServer::~RelayServer()
{
    if (m_acceptorThread.isRunning()) {
        // The notifier belongs to that thread; nobody is let in any more once this returns.
        QMetaObject::invokeMethod(
            m_acceptor.get(),
            [this] {
                m_acceptor->stop();
                m_acceptor->moveToThread(nullptr);
            },
            Qt::BlockingQueuedConnection);
        m_acceptorThread.quit();
        m_acceptorThread.wait();
    }
    for (const auto &worker : m_workers)
        worker->stop();
    // Only now destroyed: until all have stopped, sessions of one may post to another.
    m_workers.clear();
}

int RelayServer::sessions() const
{
    int count = 0;
    for (const auto &worker : m_workers)
        count += worker->sessions();
    return count;
}

} // namespace sotto::relay
