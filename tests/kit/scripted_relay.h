#pragma once
#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/net/relay_pins.h"
#include "core/primitives/ed25519.h"
#include "core/wire/frame.h"
#include "tests/kit/test_certificates.h"

#include <QObject>
#include <functional>
#include <memory>
#include <vector>

class QWebSocket;
class QWebSocketServer;

namespace sotto::kit {

/// A relay on loopback with real TLS and real WebSocket frames that does what the test says. Without a script it proves
/// itself, welcomes whoever authenticates (no signature is checked) and refuses every request as Unsupported. It keeps
/// nothing: queues and accounts are the real relay's business. One thread, with an event loop.
class ScriptedRelay : public QObject {
    Q_OBJECT
public:
    using SessionNumber = int; ///< counts connections from 0

    /// `clock` and `random` outlive it. The relay's key comes from `random`.
    ScriptedRelay(Clock &clock, Random &random, QObject *parent = nullptr);
    ~ScriptedRelay() override;

    // ---- What a client needs to know
    RelayAddress address() const;
    RelayKey key() const;
    const Ed25519KeyPair &keyPair() const { return m_key; }
    /// Its key and address, as an invite would carry them.
    RelayPins pins() const;

    // ---- The script; set before the client connects
    /// The certificate shown from the next connection on; Hello goes on listing relayCertificate().
    void showCertificate(const TestCertificate &certificate);
    /// Changes the Hello before it is signed.
    std::function<void(wire::Hello &)> changeHello;
    /// Changes the signed Hello: another signature, another relay's.
    std::function<void(wire::SignedEntry &)> changeSignedHello;
    /// Says no Hello at all.
    bool silent = false;
    /// What Authenticate is answered with; the default is an empty Welcome. Nothing: no answer.
    std::function<std::optional<wire::Frame>(const wire::Authenticate &)> onAuthenticate;
    /// What a request is answered with; the default refuses. Nothing: no answer.
    std::function<std::optional<wire::ResponseBody>(SessionNumber, const wire::RequestBody &)> onRequest;
    /// Sees every frame that arrives, before it is handled.
    std::function<void(SessionNumber, const wire::Frame &)> onFrame;

    // ---- The hand
    /// Sends a frame to one connection; ignored when it is gone.
    void send(SessionNumber session, const wire::Frame &frame);
    /// Sends any bytes as one binary message, or text as one text message.
    void sendBytes(SessionNumber session, const Bytes &bytes);
    void sendText(SessionNumber session, const QString &text);
    /// Sends a push to the device's newest connection that authenticated.
    void push(const DeviceAddress &device, const wire::Push &push);
    /// Closes one connection, or all.
    void drop(SessionNumber session);
    void dropAll();
    /// Stops listening and drops everybody; listen() comes back at the same port.
    void goDown();
    void comeBack();

    // ---- What happened
    int connections() const { return int(m_sessions.size()); }
    int openConnections() const;
    /// Everything that arrived on a connection, in order.
    const std::vector<wire::Frame> &received(SessionNumber session) const;
    /// The last Hello it signed.
    const std::optional<wire::SignedEntry> &lastHello() const { return m_lastHello; }
    /// A signature over `body` by the relay's key.
    wire::SignedEntry sign(const char *purpose, const Bytes &body) const;

Q_SIGNALS:
    /// Somebody connected and has been sent the Hello.
    void connected(int session);
    void frameArrived(int session);

private:
    struct Session {
        QWebSocket *socket = nullptr; ///< null once it is gone
        std::vector<wire::Frame> received;
        std::optional<DeviceAddress> device;
    };
    void listen(quint16 port);
    void accept();
    void greet(SessionNumber session);
    void handle(SessionNumber session, const Bytes &message);

    Clock &m_clock;
    Random &m_random;
    Ed25519KeyPair m_key;
    TestCertificate m_certificate = relayCertificate();
    std::unique_ptr<QWebSocketServer> m_server;
    quint16 m_port = 0;
    std::vector<Session> m_sessions;
    std::optional<wire::SignedEntry> m_lastHello;
};

} // namespace sotto::kit
