#include "server/relay/tls_context.h"

#include <QFile>
#include <QFileInfo>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sotto::relay {

namespace {
// AES-128 first: it is the fastest where the processor helps, and as strong as the X25519 that agreed on its key.
constexpr const char *kCipherSuites = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
constexpr const char *kGroups = "X25519:P-256";

bool applyPolicy(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Tickets carry the session, so nothing of it stays here.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1
        && SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1
        && SSL_CTX_set_ciphersuites(context, kCipherSuites) == 1 && SSL_CTX_set1_groups_list(context, kGroups) == 1
        && SSL_CTX_set_num_tickets(context, 1) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1;
}
} // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::create(const QString &certificateFile, const QString &keyFile)
{
    for (const QString &file : {certificateFile, keyFile}) {
        if (!QFileInfo(file).isReadable())
            return Error(ErrorCode::NotFound, QStringLiteral("cannot read %1").arg(file));
    }
    SSL_CTX *raw = SSL_CTX_new(TLS_server_method());
    if (!raw)
        return Error(ErrorCode::Internal, QStringLiteral("OpenSSL gives no context"));
    std::shared_ptr<TlsContext> context(new TlsContext(raw));
    if (!applyPolicy(raw))
        return Error(ErrorCode::Internal, QStringLiteral("OpenSSL does not take the TLS policy"));
    const bool loaded = SSL_CTX_use_certificate_chain_file(raw, QFile::encodeName(certificateFile).constData()) == 1
        && SSL_CTX_use_PrivateKey_file(raw, QFile::encodeName(keyFile).constData(), SSL_FILETYPE_PEM) == 1
        && SSL_CTX_check_private_key(raw) == 1;
    ERR_clear_error();
    if (!loaded)
        return Error(ErrorCode::Malformed,
                     QStringLiteral("%1 and %2 are no certificate and its key").arg(certificateFile, keyFile));
    return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(m_context); }

SSL *TlsContext::newConnection(int descriptor) const
{
    SSL *connection = SSL_new(m_context);
    if (connection && SSL_set_fd(connection, descriptor) == 1) {
        SSL_set_accept_state(connection);
        return connection;
    }
    SSL_free(connection);
    return nullptr;
}

} // namespace sotto::relay
