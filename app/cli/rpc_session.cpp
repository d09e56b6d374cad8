#include "app/cli/rpc_session.h"

#include <algorithm>
#include <cmath>

namespace sotto {

namespace {

constexpr double kMaxCount = 1000;

bool fits(const QJsonValue &value, RpcParameter::Type type)
{
    switch (type) {
    case RpcParameter::Type::Text: return value.isString();
    case RpcParameter::Type::Count: {
        const double number = value.toDouble(0);
        return value.isDouble() && number >= 1 && number <= kMaxCount && std::floor(number) == number;
    }
    }
    return false;
}

RpcError invalid(QString message) { return {RpcError::kInvalidParams, std::move(message), {}}; }

} // namespace

std::optional<RpcError> checkParameters(const RpcMethod &method, const QJsonObject &params)
{
    for (const RpcParameter &parameter : method.parameters) {
        const QString name = QString::fromLatin1(parameter.name);
        const QJsonValue value = params.value(name);
        if (value.isUndefined()) {
            if (parameter.required)
                return invalid(QStringLiteral("%1 is missing").arg(name));
        } else if (!fits(value, parameter.type)) {
            const bool isText = parameter.type == RpcParameter::Type::Text;
            return invalid(isText ? QStringLiteral("%1 is a string").arg(name)
                                  : QStringLiteral("%1 is a whole number from 1 to 1000").arg(name));
        }
    }
    for (auto given = params.begin(); given != params.end(); ++given) {
        const bool known = std::any_of(method.parameters.begin(), method.parameters.end(),
                                       [&](const RpcParameter &p) { return given.key() == QLatin1String(p.name); });
        if (!known)
            return invalid(QStringLiteral("%1 is not a parameter").arg(given.key()));
    }
    return std::nullopt;
}

RpcSession::RpcSession(RpcHandler &handler, std::function<void(const Bytes &)> write, QObject *parent)
    : QObject(parent),
      m_handler(handler),
      m_write(std::move(write)),
      m_splitter(kMaxLineBytes,
                 {[this](const Bytes &line) { handleLine(line); },
                  [this] {
                      m_write(rpcAnswer(
                          {}, RpcError{RpcError::kInvalidRequest, QStringLiteral("a line has at most 1 MiB"), {}}));
                  }})
{ }

void RpcSession::handleLine(const Bytes &line)
{
    if (line.trimmed().isEmpty())
        return;
    auto call = parseRpcLine(line);
    if (!call) {
        m_write(rpcAnswer(call.error().id, call.error().error));
        return;
    }
    m_waiting.push_back(std::move(*call));
    startWaiting();
}

void RpcSession::startWaiting()
{
    // A call that is answered at once comes back here: the outer loop takes the next one.
    if (std::exchange(m_starting, true))
        return;
    while (m_pending < kMaxPending && !m_waiting.empty()) {
        const RpcCall call = std::move(m_waiting.front());
        m_waiting.pop_front();
        start(call);
    }
    m_starting = false;
}

void RpcSession::start(const RpcCall &call)
{
    const auto &methods = m_handler.methods();
    const auto method = std::find_if(methods.begin(), methods.end(),
                                     [&](const RpcMethod &m) { return call.method == QLatin1String(m.name); });
    ++m_pending;
    if (method == methods.end()) {
        handleResult(call.id, RpcError{RpcError::kMethodNotFound, QStringLiteral("there is no such method"), {}});
        return;
    }
    if (auto problem = checkParameters(*method, call.params)) {
        handleResult(call.id, std::move(*problem));
        return;
    }
    m_handler.call(call.method, call.params).then(this, [this, id = call.id](const RpcResult &result) {
        handleResult(id, result);
    });
}

void RpcSession::handleResult(const QJsonValue &id, const RpcResult &result)
{
    --m_pending;
    if (!id.isUndefined())
        m_write(rpcAnswer(id, result));
    startWaiting();
    if (!isFull())
        Q_EMIT hasRoom();
    finishIfDone();
}

void RpcSession::end()
{
    m_splitter.end();
    m_ended = true;
    finishIfDone();
}

void RpcSession::finishIfDone()
{
    if (m_ended && m_pending == 0 && m_waiting.empty() && !std::exchange(m_finished, true))
        Q_EMIT finished();
}

} // namespace sotto
