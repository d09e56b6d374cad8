#include "tests/process/rpc_process.h"

#include "tests/process/relay_process.h"
#include "tests/process/waiting.h"
#include "tests/unit/app_cli/json_schema.h"

#include <QJsonDocument>
#include <algorithm>

namespace sotto::kit {

namespace {
using Key = QLatin1String;

QJsonObject part(const QJsonObject &object, const QString &key) { return object.value(key).toObject(); }
} // namespace

RpcProcess::RpcProcess(const QString &name, const QStringList &options) : m_schema(rpcSchema())
{
    m_process.setProcessEnvironment(mostVerbose());
    if (const QString log = logFileFor(name); !log.isEmpty())
        m_process.setStandardErrorFile(log, QIODevice::Append);
    QObject::connect(&m_process, &QProcess::readyReadStandardOutput, &m_process, [this] { read(); });
    m_process.start(clientProgram(), options + QStringList{QStringLiteral("rpc")});
}

RpcProcess::~RpcProcess()
{
    m_process.kill();
    m_process.waitForFinished();
}

void RpcProcess::read()
{
    while (m_process.canReadLine()) {
        const QJsonObject line = QJsonDocument::fromJson(m_process.readLine()).object();
        if (!line.contains(Key("method"))) {
            m_answers.push_back(line);
            continue;
        }
        const QString name = line.value(Key("method")).toString();
        check(name, part(part(m_schema, QStringLiteral("notifications")), name), line.value(Key("params")));
        m_notifications.push_back(line);
    }
}

void RpcProcess::check(const QString &what, const QJsonObject &schema, const QJsonValue &value)
{
    const QString problem = schema.isEmpty() ? QStringLiteral("is not in the schema")
                                             : schemaProblem(m_schema, schema, value, QStringLiteral("it"));
    if (!problem.isEmpty())
        m_problems.append(what + QStringLiteral(": ") + problem);
}

QJsonObject RpcProcess::waitForAnswer(const QJsonValue &id)
{
    const auto isAnswer = [&id](const QJsonObject &answer) { return answer.value(Key("id")) == id; };
    const auto has = [&] { return std::ranges::any_of(m_answers, isAnswer); };
    if (!until([&] { return has() || m_process.state() == QProcess::NotRunning; }) || !has()) {
        m_problems.append(QStringLiteral("a call is not answered"));
        return {};
    }
    const auto found = std::ranges::find_if(m_answers, isAnswer);
    QJsonObject answer = *found;
    m_answers.erase(found);
    return answer;
}

QJsonObject RpcProcess::call(const QString &method, const QJsonObject &params)
{
    const int id = ++m_calls;
    const QJsonObject line{
        {Key("jsonrpc"), Key("2.0")}, {Key("id"), id}, {Key("method"), method}, {Key("params"), params}};
    m_process.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
    const QJsonObject answer = waitForAnswer(id);
    if (answer.contains(Key("result"))) {
        const QJsonObject schema = part(part(m_schema, QStringLiteral("methods")), method);
        check(method, part(schema, QStringLiteral("result")), answer.value(Key("result")));
    }
    return answer;
}

QJsonObject RpcProcess::result(const QString &method, const QJsonObject &params)
{
    const QJsonObject answer = call(method, params);
    if (!answer.contains(Key("result"))) {
        m_problems.append(method + QStringLiteral(" is refused: ")
                          + part(answer, QStringLiteral("error")).value(Key("message")).toString());
    }
    return answer.value(Key("result")).toObject();
}

QString RpcProcess::refusal(const QString &method, const QJsonObject &params)
{
    const QJsonObject error = part(call(method, params), QStringLiteral("error"));
    if (error.value(Key("message")).toString().isEmpty())
        m_problems.append(method + QStringLiteral(" is not refused with a message"));
    return part(error, QStringLiteral("data")).value(Key("error")).toString();
}

QJsonObject RpcProcess::answerTo(const QByteArray &line)
{
    m_process.write(line + '\n');
    return waitForAnswer(QJsonValue(QJsonValue::Null));
}

bool RpcProcess::hears(const QString &notification, const std::function<bool(const QJsonObject &)> &which)
{
    return until([&] {
        return std::ranges::any_of(m_notifications, [&](const QJsonObject &line) {
            return line.value(Key("method")) == notification && which(part(line, QStringLiteral("params")));
        });
    });
}

int RpcProcess::finish()
{
    m_process.closeWriteChannel();
    const bool ended = until([this] { return m_process.state() == QProcess::NotRunning; });
    return ended && m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
}

} // namespace sotto::kit
