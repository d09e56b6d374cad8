#include "core/net/websocket_transport.h"

#include "core/net/certificate_key.h"
#include "core/wire/limits.h"

#include <QHostAddress>
#include <QNetworkProxy>
#include <QSslConfiguration>
#include <QWebSocketHandshakeOptions>

namespace sotto {

namespace {

bool isLoopback(const QString &host) { return host == QStringLiteral("localhost") || QHostAddress(host).isLoopback(); }

QNetworkProxy systemProxy(const QUrl &url)
{
    const auto proxies = QNetworkProxyFactory::systemProxyForQuery(QNetworkProxyQuery(url));
    return proxies.isEmpty() ? QNetworkProxy(QNetworkProxy::NoProxy) : proxies.first();
}

QNetworkProxy proxyFor(const ProxySettings &settings, const RelayAddress &address)
{
    QNetworkProxy proxy(QNetworkProxy::NoProxy);
    switch (settings.kind) {
    case ProxySettings::Kind::None: return proxy;
    case ProxySettings::Kind::System: {
        if (isLoopback(address.host))
            return proxy;
        QUrl url;
        url.setScheme(QStringLiteral("https"));
        url.setHost(address.host);
        url.setPort(address.port);
        return systemProxy(url);
    }
    case ProxySettings::Kind::Socks5: proxy.setType(QNetworkProxy::Socks5Proxy); break;
    case ProxySettings::Kind::HttpConnect: proxy.setType(QNetworkProxy::HttpProxy); break;
    }
    proxy.setHostName(settings.host);
    proxy.setPort(settings.port);
    proxy.setUser(settings.user);
    proxy.setPassword(settings.password);
    return proxy;
}

QSslConfiguration tlsConfiguration()
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setProtocol(QSsl::TlsV1_3OrLater);
    // No authority has a say: the certificate is compared with the relay's signed Hello.
    configuration.setCaCertificates({});
    configuration.setPeerVerifyMode(QSslSocket::QueryPeer);
    return configuration;
}

} // namespace

WebSocketTransport::WebSocketTransport(QObject *parent) : Transport(parent)
{
    m_socket.setMaxAllowedIncomingFrameSize(quint64(wire::kMaxFrameBytes));
    m_socket.setMaxAllowedIncomingMessageSize(quint64(wire::kMaxFrameBytes));
    connect(&m_socket, &QWebSocket::connected, this, &WebSocketTransport::handleConnected);
    connect(&m_socket, &QWebSocket::binaryMessageReceived, this, [this](const QByteArray &message) {
        if (!m_ended)
            Q_EMIT frameArrived(message);
    });
    connect(&m_socket, &QWebSocket::textMessageReceived, this, [this] { end(TransportEnd::BadFrame); });
    connect(&m_socket, &QWebSocket::pong, this, [this] {
        if (!m_ended)
            Q_EMIT alive();
    });
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    connect(&m_socket, &QWebSocket::errorOccurred, this, &WebSocketTransport::handleError);
#else
    connect(&m_socket, QOverload<QAbstractSocket::SocketError>::of(&QWebSocket::error), this,
            &WebSocketTransport::handleError);
#endif
    connect(&m_socket, &QWebSocket::disconnected, this, [this] {
        const bool tooMuch = m_socket.closeCode() == QWebSocketProtocol::CloseCodeTooMuchData;
        end(tooMuch ? TransportEnd::BadFrame : m_open ? TransportEnd::Closed : TransportEnd::NotARelay);
    });
}

WebSocketTransport::~WebSocketTransport()
{
    m_ended = true;
    m_socket.disconnect(this);
    m_socket.abort();
}

TransportFactory WebSocketTransport::factory()
{
    return [] { return std::make_unique<WebSocketTransport>(); };
}

void WebSocketTransport::open(const RelayAddress &address, const ProxySettings &proxy)
{
    m_socket.setProxy(proxyFor(proxy, address));
    m_socket.setSslConfiguration(tlsConfiguration());
    m_socket.ignoreSslErrors();
    QUrl url;
    url.setScheme(QStringLiteral("wss"));
    url.setHost(address.host);
    url.setPort(address.port);
    url.setPath(QStringLiteral("/"));
    QWebSocketHandshakeOptions options;
    options.setSubprotocols({QString::fromLatin1(wire::kSubprotocol)});
    m_socket.open(url, options);
}

void WebSocketTransport::handleConnected()
{
    const auto spki = certificateSpkiHash(m_socket.sslConfiguration().peerCertificate().toDer());
    if (m_socket.subprotocol() != QLatin1String(wire::kSubprotocol) || !spki) {
        end(TransportEnd::NotARelay);
        return;
    }
    m_open = true;
    Q_EMIT opened(*spki);
}

void WebSocketTransport::handleError(QAbstractSocket::SocketError error)
{
    if (m_open)
        end(TransportEnd::Closed);
    else if (error == QAbstractSocket::SslHandshakeFailedError || error == QAbstractSocket::SslInternalError)
        end(TransportEnd::TlsFailed);
    else if (m_socket.state() == QAbstractSocket::ConnectedState)
        end(TransportEnd::NotARelay);
    else
        end(TransportEnd::CouldNotConnect);
}

void WebSocketTransport::end(TransportEnd why)
{
    if (m_ended)
        return;
    m_ended = true;
    m_open = false;
    m_socket.abort();
    Q_EMIT ended(why);
}

void WebSocketTransport::send(const Bytes &frame)
{
    if (m_open)
        m_socket.sendBinaryMessage(frame);
}

void WebSocketTransport::ping()
{
    if (m_open)
        m_socket.ping();
}

qint64 WebSocketTransport::unsentBytes() const { return m_open ? m_socket.bytesToWrite() : 0; }

void WebSocketTransport::close()
{
    if (m_ended)
        return;
    m_ended = true;
    if (m_open)
        m_socket.close(QWebSocketProtocol::CloseCodeNormal);
    else
        m_socket.abort();
    m_open = false;
}

} // namespace sotto
