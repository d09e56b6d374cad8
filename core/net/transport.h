#pragma once
#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/net/proxy_settings.h"
#include "core/net/relay_address.h"

#include <QObject>
#include <functional>
#include <memory>

namespace sotto {

/// Why a transport ended.
enum class TransportEnd {
    CouldNotConnect, ///< no way to the address, or nobody there
    TlsFailed,       ///< no TLS 1.3 with it
    NotARelay,       ///< answers, but does not speak sotto.v1 over WebSocket
    BadFrame,        ///< sent a message over the limit, or one that is not binary
    Closed,          ///< the other side, or the network in between, closed it
};

/// One connection that carries whole frames: a WebSocket over TLS, or a test's script. Used once, on one thread. After
/// ended() nothing more comes. Signals may be emitted from within any call but open().
class Transport : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Starts connecting; opened() or ended() follows from the event loop.
    virtual void open(const RelayAddress &address, const ProxySettings &proxy) = 0;
    /// Sends one frame, of at most wire::kMaxFrameBytes. Ignored unless open.
    virtual void send(const Bytes &frame) = 0;
    /// Asks for a sign of life; alive() answers it.
    virtual void ping() = 0;
    /// Bytes given to send() that have not left this process.
    virtual qint64 unsentBytes() const = 0;
    /// Ends the connection after what was sent. No signal comes after it.
    virtual void close() = 0;

Q_SIGNALS:
    /// The way is open. `spki` is the SHA-256 of the SubjectPublicKeyInfo of the certificate the other side showed;
    /// nothing has judged it yet.
    void opened(const sotto::Hash256 &spki);
    void frameArrived(const sotto::Bytes &frame);
    /// The other side answered a ping.
    void alive();
    void ended(sotto::TransportEnd why);
};

/// Makes a transport for each attempt to connect.
using TransportFactory = std::function<std::unique_ptr<Transport>()>;

} // namespace sotto
