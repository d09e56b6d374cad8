#pragma once
#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/base/result.h"

#include <QJsonObject>
#include <QJsonValue>
#include <QString>

namespace sotto {

/// Error of JSON-RPC 2.0 (https://www.jsonrpc.org/specification, section 5.1).
struct RpcError {
    static constexpr int kParseError = -32700;
    static constexpr int kInvalidRequest = -32600;
    static constexpr int kMethodNotFound = -32601;
    static constexpr int kInvalidParams = -32602;
    static constexpr int kInternalError = -32603;
    /// Everything the messenger itself refuses; `reason` tells the cases apart.
    static constexpr int kRefused = -32000;

    int code = kInternalError;
    QString message;
    QString reason; ///< name of an ErrorCode, as data.error; empty for errors of the protocol itself

    /// An error of the messenger.
    static RpcError from(const Error &error);
    friend bool operator==(const RpcError &, const RpcError &) = default;
};

using RpcResult = Result<QJsonObject, RpcError>;

/// A call as it stood on a line.
struct RpcCall {
    QJsonValue id; ///< string, number or null; undefined for a notification, which is not answered
    QString method;
    QJsonObject params;
    bool wantsAnswer() const { return !id.isUndefined(); }
};

/// Why a line is no call, and the id to answer with (null unless it could be read).
struct RpcLineError {
    QJsonValue id;
    RpcError error;
};

/// Reads one line. Strict: one object, version "2.0", parameters by name; batches are refused.
Result<RpcCall, RpcLineError> parseRpcLine(const Bytes &line);

/// One line each, with its line's end.
Bytes rpcAnswer(const QJsonValue &id, const RpcResult &result);
Bytes rpcNotification(const QString &method, const QJsonObject &params);

} // namespace sotto
