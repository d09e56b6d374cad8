#include "tests/unit/server_relay/echo_relay.h"

#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QEvent>

namespace sotto::relay {

class EchoRelay::Echo final : public ClientConnection::Listener {
public:
    Echo(EchoRelay &relay, std::unique_ptr<ClientConnection> connection, ConnectionLimiter::Ticket ticket)
        : m_relay(relay), m_connection(std::move(connection)), m_ticket(std::move(ticket))
    {
        m_connection->setListener(this);
        ++m_relay.m_open;
        ++m_relay.m_opened;
    }
    void handleFrame(const Bytes &frame) override
    {
        for (int i = 0; i < m_relay.m_options.answers; ++i)
            m_connection->send(frame);
        m_relay.m_mostPending = std::max(m_relay.m_mostPending.load(), m_connection->pendingBytes());
    }
    void handleDrained() override { }
    void handleClosed() override
    {
        --m_relay.m_open;
        m_connection.reset();
    }
    void close()
    {
        if (m_connection)
            m_connection->close();
    }

private:
    EchoRelay &m_relay;
    std::unique_ptr<ClientConnection> m_connection;
    ConnectionLimiter::Ticket m_ticket;
};

struct EchoRelay::OnThread {
    explicit OnThread(EchoRelay &relay)
        : wheel(relay.m_clock),
          environment{relay.m_clock, wheel, batch, relay.m_options.socket, relay.m_options.tls},
          gate(environment,
               [this, &relay](std::unique_ptr<ClientConnection> connection, ConnectionLimiter::Ticket ticket) {
                   echoes.push_back(std::make_unique<Echo>(relay, std::move(connection), std::move(ticket)));
               })
    { }
    TimerWheel wheel;
    WriteBatch batch;
    SocketEnvironment environment;
    std::vector<std::unique_ptr<Echo>> echoes;
    WebSocketGate gate;
};

EchoRelay::EchoRelay(Options options) : m_options(std::move(options)), m_limiter(m_clock, m_options.connections)
{
    if (auto dispatcher = makeEventDispatcher(m_options.loop))
        m_thread.setEventDispatcher(dispatcher.release());
    auto acceptor = Acceptor::listen(QHostAddress::LocalHost, 0, m_clock, m_limiter);
    m_acceptor = std::move(*acceptor);
    m_acceptor->moveToThread(&m_thread);
    m_thread.start();
    run([this] {
        m_onThread = std::make_unique<OnThread>(*this);
        m_acceptor->start([this](int descriptor, ConnectionLimiter::Ticket ticket) {
            m_onThread->gate.admit(descriptor, std::move(ticket));
        });
    });
}

EchoRelay::~EchoRelay()
{
    run([this] {
        m_onThread->echoes.clear();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        m_onThread.reset();
        m_acceptor->moveToThread(nullptr);
    });
    m_thread.quit();
    m_thread.wait();
}

void EchoRelay::advance(Milliseconds step)
{
    m_clock.advance(step);
    // Twice: what the first round posts to its own thread is done in the second.
    run([] {});
    run([] {});
}

void EchoRelay::closeAll()
{
    run([this] {
        for (const auto &echo : m_onThread->echoes)
            echo->close();
    });
}

} // namespace sotto::relay
