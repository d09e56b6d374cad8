#pragma once
#include "app/cli/json_rpc.h"
#include "app/cli/line_splitter.h"
#include "core/base/task.h"

#include <QObject>
#include <deque>
#include <vector>

namespace sotto {

/// One parameter of a method.
struct RpcParameter {
    enum class Type { Text, Count }; ///< Count: a whole number from 1 to 1000
    const char *name;
    Type type;
    bool required;
};

/// One method that can be called.
struct RpcMethod {
    const char *name;
    std::vector<RpcParameter> parameters;
};

/// Carries out calls whose parameters have been checked against its methods().
class RpcHandler {
public:
    virtual ~RpcHandler() = default;
    /// The methods there are.
    virtual const std::vector<RpcMethod> &methods() const = 0;
    /// Carries out one of them.
    virtual Task<RpcResult> call(QString method, QJsonObject params) = 0;
};

/// JSON-RPC 2.0 over lines: reads calls, checks them, has them carried out and writes the answers, each when it is
/// ready. At most kMaxPending calls run at a time; further ones wait their turn.
class RpcSession : public QObject {
    Q_OBJECT
public:
    static constexpr qsizetype kMaxLineBytes = 1024 * 1024;
    static constexpr int kMaxPending = 64;

    /// `write` takes whole lines. `handler` outlives the session.
    RpcSession(RpcHandler &handler, std::function<void(const Bytes &)> write, QObject *parent = nullptr);

    /// Bytes of standard input as they come.
    void feed(ByteView bytes) { m_splitter.feed(bytes); }
    /// Standard input is over: finished() follows when the last answer is written.
    void end();
    void notify(const QString &method, const QJsonObject &params) { m_write(rpcNotification(method, params)); }
    /// Whether input should wait: too much is pending already.
    bool isFull() const { return m_pending + int(m_waiting.size()) >= kMaxPending; }

Q_SIGNALS:
    /// isFull() ended; input may go on.
    void hasRoom();
    void finished();

private:
    void handleLine(const Bytes &line);
    void startWaiting();
    void start(const RpcCall &call);
    void handleResult(const QJsonValue &id, const RpcResult &result);
    void finishIfDone();

    RpcHandler &m_handler;
    std::function<void(const Bytes &)> m_write;
    LineSplitter m_splitter;
    std::deque<RpcCall> m_waiting;
    bool m_starting = false;
    int m_pending = 0;
    bool m_ended = false;
    bool m_finished = false;
};

/// Why `params` do not fit `method`; nothing when they do.
std::optional<RpcError> checkParameters(const RpcMethod &method, const QJsonObject &params);

} // namespace sotto
