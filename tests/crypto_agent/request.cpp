#include "tests/crypto_agent/request.h"

#include "core/primitives/hash.h"

#include <QJsonDocument>
#include <cmath>

namespace sotto::kit {

namespace {
Hash256 hashOf(const char *kind, const QString &name)
{
    const QByteArray text = name.toUtf8();
    return blake2b256({ByteView(kind, qsizetype(qstrlen(kind)) + 1), text});
}
} // namespace

std::optional<Request> Request::parse(ByteView line)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(line.toByteArray(), &error);
    if (error.error != QJsonParseError::NoError || !document.isObject())
        return std::nullopt;
    return Request(document.object());
}

QString Request::op() const { return text("op").value_or(QString()); }

std::optional<QString> Request::text(const char *field) const
{
    const QJsonValue value = m_object.value(QLatin1String(field));
    return value.isString() ? std::optional(value.toString()) : std::nullopt;
}

std::optional<QString> Request::label(const char *field) const
{
    const auto asNumber = number(field, 0, std::int64_t(1) << 53);
    return asNumber ? QString::number(*asNumber) : text(field);
}

std::optional<std::int64_t> Request::number(const char *field, std::int64_t least, std::int64_t most) const
{
    const QJsonValue value = m_object.value(QLatin1String(field));
    if (!value.isDouble())
        return std::nullopt;
    const double number = value.toDouble();
    if (!(number >= double(least) && number <= double(most)) || number != std::floor(number))
        return std::nullopt;
    return std::int64_t(number);
}

std::optional<Bytes> Request::bytes(const char *field) const
{
    const auto hex = text(field);
    if (!hex || hex->size() % 2 != 0)
        return std::nullopt;
    for (const QChar c : *hex) {
        if (!(c >= u'0' && c <= u'9') && !(c >= u'a' && c <= u'f'))
            return std::nullopt;
    }
    return Bytes::fromHex(hex->toLatin1());
}

std::optional<DeviceId> Request::device(const char *field) const
{
    const auto value = number(field, 1, DeviceId::kMax);
    return value ? DeviceId::from(std::uint64_t(*value)) : std::nullopt;
}

std::optional<DeviceAddress> Request::address(const char *nameField) const
{
    const auto name = text(nameField);
    const auto number = device("device");
    if (!name || !number)
        return std::nullopt;
    return DeviceAddress{AccountId(hashOf("party", *name).bytes()), *number};
}

std::optional<GroupId> Request::group() const
{
    const auto name = label("group");
    return name ? std::optional(GroupId(hashOf("group", *name).bytes())) : std::nullopt;
}

} // namespace sotto::kit
