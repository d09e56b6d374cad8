#include "tests/unit/app_cli/json_schema.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <cmath>

namespace sotto {

namespace {

bool hasType(const QJsonValue &value, const QString &type)
{
    if (type == QStringLiteral("integer"))
        return value.isDouble() && std::floor(value.toDouble()) == value.toDouble();
    if (type == QStringLiteral("number"))
        return value.isDouble();
    return (type == QStringLiteral("string") && value.isString())
        || (type == QStringLiteral("boolean") && value.isBool())
        || (type == QStringLiteral("object") && value.isObject())
        || (type == QStringLiteral("array") && value.isArray());
}

QString objectProblem(const QJsonObject &root, const QJsonObject &schema, const QJsonObject &object,
                      const QString &where)
{
    const QJsonObject properties = schema.value(QStringLiteral("properties")).toObject();
    for (const QJsonValue &name : schema.value(QStringLiteral("required")).toArray()) {
        if (!object.contains(name.toString()))
            return where + QStringLiteral(" lacks ") + name.toString();
    }
    for (auto member = object.begin(); member != object.end(); ++member) {
        if (!properties.contains(member.key()))
            return where + QStringLiteral(" has ") + member.key();
        const QString problem =
            schemaProblem(root, properties.value(member.key()).toObject(), member.value(), where + u'.' + member.key());
        if (!problem.isEmpty())
            return problem;
    }
    return {};
}

QString itemsProblem(const QJsonObject &root, const QJsonObject &schema, const QJsonArray &items, const QString &where)
{
    for (const QJsonValue &item : items) {
        const QString problem = schemaProblem(root, schema, item, where + QStringLiteral("[]"));
        if (!problem.isEmpty())
            return problem;
    }
    return {};
}

QString targetProblem(const QJsonObject &root, const QString &reference, const QJsonValue &value, const QString &where)
{
    const QJsonObject defs = root.value(QStringLiteral("$defs")).toObject();
    const QJsonValue target = defs.value(reference.mid(qsizetype(qstrlen("#/$defs/"))));
    return target.isObject() ? schemaProblem(root, target.toObject(), value, where)
                             : where + QStringLiteral(" refers to nothing");
}

/// What one keyword of `schema` has against `value`.
QString keywordProblem(const QJsonObject &root, const QJsonObject &schema, const QString &key, const QJsonValue &value,
                       const QString &where)
{
    const QJsonValue rule = schema.value(key);
    if (key == QStringLiteral("$ref"))
        return targetProblem(root, rule.toString(), value, where);
    if (key == QStringLiteral("type"))
        return hasType(value, rule.toString()) ? QString() : where + QStringLiteral(" is no ") + rule.toString();
    if (key == QStringLiteral("enum"))
        return rule.toArray().contains(value) ? QString() : where + QStringLiteral(" is none of the values");
    if (key == QStringLiteral("pattern")) {
        const bool matches = QRegularExpression(rule.toString()).match(value.toString()).hasMatch();
        return matches ? QString() : where + QStringLiteral(" does not look right");
    }
    if (key == QStringLiteral("minimum"))
        return value.toDouble() >= rule.toDouble() ? QString() : where + QStringLiteral(" is too small");
    if (key == QStringLiteral("maximum"))
        return value.toDouble() <= rule.toDouble() ? QString() : where + QStringLiteral(" is too large");
    if (key == QStringLiteral("items"))
        return itemsProblem(root, rule.toObject(), value.toArray(), where);
    if (key == QStringLiteral("properties"))
        return objectProblem(root, schema, value.toObject(), where);
    const bool saysNothing = key == QStringLiteral("required") || key == QStringLiteral("description")
        || key == QStringLiteral("additionalProperties");
    return saysNothing ? QString() : where + QStringLiteral(": unknown keyword ") + key;
}

} // namespace

QString schemaProblem(const QJsonObject &root, const QJsonObject &schema, const QJsonValue &value, const QString &where)
{
    for (const QString &key : schema.keys()) {
        const QString problem = keywordProblem(root, schema, key, value, where);
        if (!problem.isEmpty())
            return problem;
    }
    return {};
}

QJsonObject rpcSchema()
{
    QFile file(qEnvironmentVariable("SOTTO_SOURCE_DIR", QStringLiteral("."))
               + QStringLiteral("/app/cli/rpc_schema.json"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QJsonDocument::fromJson(file.readAll()).object();
}

QString problemIn(const char *definition, const QJsonValue &value)
{
    const QJsonObject schema{{QStringLiteral("$ref"), QStringLiteral("#/$defs/") + QLatin1String(definition)}};
    return schemaProblem(rpcSchema(), schema, value);
}

} // namespace sotto
