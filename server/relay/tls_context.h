#pragma once
#include "core/base/result.h"

#include <QString>
#include <memory>

struct ssl_ctx_st;
struct ssl_st;

namespace sotto::relay {

/// The one TLS configuration that all connections share: TLS 1.3 only, no compression, no early data, tickets for
/// resumption, read and write buffers given back while a connection is idle. Any thread, once made.
class TlsContext {
public:
    /// Reads the certificate chain and its private key (PEM). NotFound when a file cannot be read, Malformed when they
    /// are not what they should be or do not belong together.
    static Result<std::shared_ptr<TlsContext>> create(const QString &certificateFile, const QString &keyFile);
    ~TlsContext();
    TlsContext(const TlsContext &) = delete;
    TlsContext &operator=(const TlsContext &) = delete;

    /// A server-side connection on an open, non-blocking descriptor, to be freed by the caller; null without memory.
    ssl_st *newConnection(int descriptor) const;

private:
    explicit TlsContext(ssl_ctx_st *context) : m_context(context) { }
    ssl_ctx_st *m_context;
};

} // namespace sotto::relay
