#pragma once
#include <QJsonObject>
#include <QJsonValue>
#include <QString>

namespace sotto {

/// As much of JSON Schema as rpc_schema.json uses: type, properties, required, additionalProperties, items, enum,
/// pattern, minimum, maximum, $ref into $defs.
/// @return where and why `value` does not fit, or an empty string. An unknown keyword does not fit either.
QString schemaProblem(const QJsonObject &root, const QJsonObject &schema, const QJsonValue &value,
                      const QString &where = QStringLiteral("value"));

/// rpc_schema.json of the checkout.
QJsonObject rpcSchema();

/// Why a value does not fit a definition of rpcSchema(), or an empty string.
QString problemIn(const char *definition, const QJsonValue &value);

} // namespace sotto
