#include "app/cli/exit_code.h"
#include "app/cli/rpc_methods.h"
#include "tests/kit/test_main.h"
#include "tests/unit/app_cli/json_schema.h"

#include <QFile>
#include <QJsonArray>
#include <QRegularExpression>
#include <QTest>

namespace sotto {

namespace {
QJsonObject part(const QJsonObject &object, const QString &key) { return object.value(key).toObject(); }
QString readme()
{
    QFile file(qEnvironmentVariable("SOTTO_SOURCE_DIR", QStringLiteral(".")) + QStringLiteral("/app/cli/README.md"));
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}
} // namespace

/// rpc_schema.json and README.md say what the code does.
class RpcSchemaTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void itDescribesExactlyTheMethodsThereAre()
    {
        const QJsonObject described = part(rpcSchema(), QStringLiteral("methods"));
        QStringList names;
        for (const RpcMethod &method : rpcMethods()) {
            names.append(QString::fromLatin1(method.name));
            const QJsonObject schema = part(described, QString::fromLatin1(method.name));
            const QJsonObject params = part(schema, QStringLiteral("params"));
            const QJsonObject properties = part(params, QStringLiteral("properties"));
            QCOMPARE(int(properties.size()), int(method.parameters.size()));
            for (const RpcParameter &parameter : method.parameters) {
                const QString name = QString::fromLatin1(parameter.name);
                const bool isText = parameter.type == RpcParameter::Type::Text;
                QCOMPARE(part(properties, name).value(QStringLiteral("type")).toString(),
                         isText ? QStringLiteral("string") : QStringLiteral("integer"));
                QCOMPARE(params.value(QStringLiteral("required")).toArray().contains(name), parameter.required);
            }
            QVERIFY2(!part(schema, QStringLiteral("result")).isEmpty(), method.name);
        }
        QStringList inSchema = described.keys();
        inSchema.sort();
        names.sort();
        QCOMPARE(inSchema, names);
    }
    void itDescribesExactlyTheNotificationsThereAre()
    {
        QStringList names = rpcNotifications();
        names.sort();
        QCOMPARE(part(rpcSchema(), QStringLiteral("notifications")).keys(), names);
    }
    void theCodeAndTheSchemaRefuseTheSameParameters()
    {
        const QJsonObject root = rpcSchema();
        const QJsonValue values[] = {QStringLiteral("text"), QStringLiteral(""), 1,           1000, 0, 1001, 1.5, true,
                                     QJsonObject(),          QJsonArray(),       QJsonValue()};
        for (const RpcMethod &method : rpcMethods()) {
            const QJsonObject schema =
                part(part(part(root, QStringLiteral("methods")), QString::fromLatin1(method.name)),
                     QStringLiteral("params"));
            const auto agree = [&](const QJsonObject &params) {
                return checkParameters(method, params).has_value() == !schemaProblem(root, schema, params).isEmpty();
            };
            QJsonObject right;
            for (const RpcParameter &parameter : method.parameters) {
                const bool isText = parameter.type == RpcParameter::Type::Text;
                right.insert(QString::fromLatin1(parameter.name),
                             isText ? QJsonValue(QStringLiteral("x")) : QJsonValue(5));
            }
            QVERIFY(!checkParameters(method, right));
            QVERIFY(agree(right));
            QVERIFY(agree({}));
            QJsonObject more = right;
            more.insert(QStringLiteral("more"), 1);
            QVERIFY(agree(more));
            for (const RpcParameter &parameter : method.parameters) {
                for (const QJsonValue &value : values) {
                    QJsonObject changed = right;
                    changed.insert(QString::fromLatin1(parameter.name), value);
                    QVERIFY2(agree(changed), method.name);
                }
                QJsonObject fewer = right;
                fewer.remove(QString::fromLatin1(parameter.name));
                QVERIFY(agree(fewer));
            }
        }
    }
    void theReadmeNamesEverything()
    {
        const QString text = readme();
        for (const RpcMethod &method : rpcMethods()) {
            QStringList parameters;
            for (const RpcParameter &parameter : method.parameters)
                parameters.append(QLatin1String(parameter.name)
                                  + (parameter.required ? QString() : QStringLiteral("?")));
            const QString call =
                QStringLiteral("`%1{%2}`").arg(QLatin1String(method.name), parameters.join(QStringLiteral(", ")));
            QVERIFY2(text.contains(call), qPrintable(call));
        }
        for (const QString &notification : rpcNotifications())
            QVERIFY2(text.contains(u'`' + notification + u'{'), qPrintable(notification));
        for (int code = 0; code <= int(ExitCode::Unwell); ++code)
            QVERIFY2(text.contains(QStringLiteral("\n| %1 | ").arg(code)), qPrintable(QString::number(code)));
        QVERIFY(!text.contains(QStringLiteral("\n| %1 | ").arg(int(ExitCode::Unwell) + 1)));
    }
    void theValidatorSeesWhatIsWrong()
    {
        const QJsonObject root = rpcSchema();
        const QJsonObject schema{{QStringLiteral("$ref"), QStringLiteral("#/$defs/message")}};
        QJsonObject message{{QStringLiteral("id"), QString(32, u'a')},
                            {QStringLiteral("from"), QString(64, u'b')},
                            {QStringLiteral("text"), QStringLiteral("hi")},
                            {QStringLiteral("sent_at"), QStringLiteral("2026-03-01T12:00:00.000Z")},
                            {QStringLiteral("state"), QStringLiteral("sent")}};
        QCOMPARE(schemaProblem(root, schema, message), QString());
        const auto wrong = [&](const QString &key, const QJsonValue &value) {
            QJsonObject changed = message;
            if (value.isUndefined())
                changed.remove(key);
            else
                changed.insert(key, value);
            return !schemaProblem(root, schema, changed).isEmpty();
        };
        QVERIFY(wrong(QStringLiteral("id"), QString(31, u'a')));
        QVERIFY(wrong(QStringLiteral("text"), 5));
        QVERIFY(wrong(QStringLiteral("text"), QJsonValue(QJsonValue::Undefined)));
        QVERIFY(wrong(QStringLiteral("state"), QStringLiteral("lost")));
        QVERIFY(wrong(QStringLiteral("sent_at"), QStringLiteral("yesterday")));
        QVERIFY(wrong(QStringLiteral("more"), 1));
    }
};

SOTTO_TEST(RpcSchemaTest)

} // namespace sotto

#include "rpc_schema_test.moc"
