// A relay's socket from its first byte to the end of the WebSocket upgrade, with Qt's parser behind it: only a request
// of at most 8 KiB that asks for our protocol opens, however its bytes are cut, and nothing stays.
#include "server/relay/web_socket_gate.h"
#include "tests/kit/fake_clock.h"

#include <QCoreApplication>
#include <cstdlib>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

using namespace sotto;
using namespace sotto::relay;

namespace {
constexpr qsizetype kMostSent = 20'000; ///< well over what a request may have
constexpr int kTurns = 8;

class Door {
public:
    /// Whether these bytes, sent `step` by `step`, become an open connection.
    bool opens(ByteView bytes, qsizetype step)
    {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
            std::abort();
        m_gate.admit(ends[0], std::move(m_limiter.admit(AddressKey())).value());
        turn();
        for (qsizetype at = 0; at < bytes.size(); at += step) {
            // Whoever was refused cannot be sent to any more.
            (void)::send(ends[1], bytes.data() + at, std::size_t(std::min(step, bytes.size() - at)), MSG_NOSIGNAL);
            QCoreApplication::processEvents();
        }
        for (int i = 0; i < kTurns; ++i)
            turn();
        const bool isOpen = !m_open.empty();
        ::close(ends[1]);
        m_open.clear();
        m_clock.advance(Milliseconds(13'000)); // the deadline of the upgrade, and the linger
        for (int i = 0; i < kTurns; ++i)
            turn();
        if (m_limiter.total() != 0 || m_gate.underWay() != 0)
            std::abort();
        return isOpen;
    }

private:
    struct Open {
        std::unique_ptr<ClientConnection> connection;
        ConnectionLimiter::Ticket ticket;
    };
    static void turn()
    {
        QCoreApplication::processEvents();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }

    int m_argumentCount = 1;
    char m_name[5] = "fuzz";
    char *m_arguments[2] = {m_name, nullptr};
    QCoreApplication m_application{m_argumentCount, m_arguments};
    kit::FakeClock m_clock;
    ConnectionLimiter m_limiter{m_clock, ConnectionLimits{10, 10, {1e6, 1e6}, 10, 10}};
    TimerWheel m_wheel{m_clock};
    WriteBatch m_batch;
    SocketEnvironment m_environment{m_clock, m_wheel, m_batch, SocketLimits(), nullptr};
    std::vector<Open> m_open;
    WebSocketGate m_gate{m_environment,
                         [this](std::unique_ptr<ClientConnection> connection, ConnectionLimiter::Ticket ticket) {
                             m_open.push_back({std::move(connection), std::move(ticket)});
                         }};
};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    static Door door;
    const ByteView bytes(data, std::min(qsizetype(size), kMostSent));
    const bool isOpen = door.opens(bytes, std::max<qsizetype>(1, bytes.size()));
    const qsizetype end = bytes.indexOf("\r\n\r\n");
    if (isOpen && (end < 0 || end + 4 > SocketLimits().maxUpgradeBytes || !bytes.first(end).contains("sotto.v1")))
        std::abort();
    // Bytes behind the request are frames, and a bad one ends what has just opened: there the cut makes a difference.
    if (end + 4 == bytes.size() && door.opens(bytes, bytes.size() / 16 + 1) != isOpen)
        std::abort();
    return 0;
}
