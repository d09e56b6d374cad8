#pragma once
#include <QJsonArray>
#include <QJsonObject>
#include <QProcess>
#include <QStringList>
#include <functional>
#include <vector>

namespace sotto::kit {

/// A real `sotto-cli rpc` on a profile. Every result and notification is held against app/cli/rpc_schema.json.
class RpcProcess {
public:
    /// `name` is that of its log; `options` are the profile and how it is unlocked.
    RpcProcess(const QString &name, const QStringList &options);
    ~RpcProcess();

    /// The answer to a call: {"result": …} or {"error": …}.
    QJsonObject call(const QString &method, const QJsonObject &params = {});
    /// The result of a call that has to succeed.
    QJsonObject result(const QString &method, const QJsonObject &params = {});
    /// data.error of a call that has to fail.
    QString refusal(const QString &method, const QJsonObject &params = {});
    /// The answer to a line as it is.
    QJsonObject answerTo(const QByteArray &line);
    /// Waits for a notification, of those that came so far or come now. False when it does not come.
    [[nodiscard]] bool hears(const QString &notification, const std::function<bool(const QJsonObject &)> &which);
    /// Ends its input; the exit code.
    int finish();
    /// What did not fit the schema, and calls that ended otherwise than expected.
    const QStringList &problems() const { return m_problems; }

private:
    void read();
    void check(const QString &what, const QJsonObject &schema, const QJsonValue &value);
    QJsonObject waitForAnswer(const QJsonValue &id);

    QProcess m_process;
    int m_calls = 0;
    std::vector<QJsonObject> m_answers;
    std::vector<QJsonObject> m_notifications;
    QStringList m_problems;
    const QJsonObject m_schema;
};

} // namespace sotto::kit
