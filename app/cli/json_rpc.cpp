#include "app/cli/json_rpc.h"

#include "app/cli/sentences.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace sotto {

namespace {

const QString kVersionKey = QStringLiteral("jsonrpc");
const QString kVersion = QStringLiteral("2.0");

RpcLineError refuse(QJsonValue id, int code, QString message)
{
    return {std::move(id), {code, std::move(message), {}}};
}

Bytes line(const QJsonObject &object) { return QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n'; }

} // namespace

RpcError RpcError::from(const Error &error)
{
    const QString reason = QString::fromLatin1(name(error.code));
    return {kRefused, sentenceOf(error), reason};
}

Result<RpcCall, RpcLineError> parseRpcLine(const Bytes &bytes)
{
    QJsonParseError parsing{};
    const QJsonDocument document = QJsonDocument::fromJson(bytes, &parsing);
    if (parsing.error != QJsonParseError::NoError)
        return refuse({}, RpcError::kParseError, QStringLiteral("not JSON: %1").arg(parsing.errorString()));
    if (document.isArray())
        return refuse({}, RpcError::kInvalidRequest, QStringLiteral("batches are not supported: one object a line"));
    const QJsonObject object = document.object();
    const QJsonValue id = object.value(QStringLiteral("id"));
    if (!id.isUndefined() && !id.isNull() && !id.isString() && !id.isDouble())
        return refuse({}, RpcError::kInvalidRequest, QStringLiteral("id is a string or a number"));
    const QJsonValue known = id.isUndefined() ? QJsonValue() : id;
    if (object.value(kVersionKey) != QJsonValue(kVersion))
        return refuse(known, RpcError::kInvalidRequest, QStringLiteral("jsonrpc must be \"2.0\""));
    const QJsonValue method = object.value(QStringLiteral("method"));
    if (!method.isString())
        return refuse(known, RpcError::kInvalidRequest, QStringLiteral("method is a string"));
    const QJsonValue params = object.value(QStringLiteral("params"));
    if (params.isArray())
        return refuse(known, RpcError::kInvalidParams, QStringLiteral("parameters go by name"));
    if (!params.isUndefined() && !params.isObject())
        return refuse(known, RpcError::kInvalidRequest, QStringLiteral("params is an object"));
    return RpcCall{id, method.toString(), params.toObject()};
}

Bytes rpcAnswer(const QJsonValue &id, const RpcResult &result)
{
    QJsonObject object{{kVersionKey, kVersion}, {QStringLiteral("id"), id}};
    if (result) {
        object.insert(QStringLiteral("result"), *result);
        return line(object);
    }
    const RpcError &error = result.error();
    QJsonObject shown{{QStringLiteral("code"), error.code}, {QStringLiteral("message"), error.message}};
    if (!error.reason.isEmpty())
        shown.insert(QStringLiteral("data"), QJsonObject{{QStringLiteral("error"), error.reason}});
    object.insert(QStringLiteral("error"), shown);
    return line(object);
}

Bytes rpcNotification(const QString &method, const QJsonObject &params)
{
    return line({{kVersionKey, kVersion}, {QStringLiteral("method"), method}, {QStringLiteral("params"), params}});
}

} // namespace sotto
