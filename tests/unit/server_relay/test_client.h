#pragma once
#include "core/primitives/ed25519.h"
#include "core/wire/frame.h"

#include <QWebSocket>

#include <optional>
#include <vector>

namespace sotto::relay {

/// A client that follows the protocol as far as a test wants, over TLS, without looking at the certificate.
class TestClient {
public:
    explicit TestClient(std::uint16_t port, const QString &scheme = QStringLiteral("wss"));

    /// Waits for Hello; nothing when none comes.
    std::optional<wire::Hello> hello();
    /// Answers the Hello that came as `device`, with `key`.
    void authenticate(const DeviceAddress &device, const Ed25519KeyPair &key);
    /// The Authenticate frame that answers a Hello with this body.
    static wire::Authenticate answerTo(const Bytes &helloBody, const DeviceAddress &device, const Ed25519KeyPair &key);
    /// hello() and authenticate(), and waits for Welcome.
    bool login(const DeviceAddress &device, const Ed25519KeyPair &key);
    void send(const wire::Frame &frame) { m_socket.sendBinaryMessage(wire::encode(frame)); }
    void sendBytes(const Bytes &bytes) { m_socket.sendBinaryMessage(bytes); }
    /// Whether a frame has come that nobody received yet.
    bool hasFrame() const { return !m_frames.empty(); }
    /// Waits for the next frame.
    std::optional<wire::Frame> receive();
    /// Waits for the next frame of one kind; others before it are dropped.
    template <class Kind> std::optional<Kind> receiveA()
    {
        while (const auto frame = receive()) {
            if (const auto *kind = std::get_if<Kind>(&*frame))
                return *kind;
        }
        return std::nullopt;
    }
    /// Why the relay says good-bye; nothing when it does not.
    std::optional<wire::RelayErrorCode> goodbye();
    bool isClosed();
    void close() { m_socket.close(); }
    const Bytes &helloBody() const { return m_helloBody; }
    QWebSocket &socket() { return m_socket; }

private:
    QWebSocket m_socket;
    std::vector<Bytes> m_frames;
    Bytes m_helloBody;
};

} // namespace sotto::relay
