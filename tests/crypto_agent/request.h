#pragma once
#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/crypto/curve_key.h"

#include <QJsonObject>
#include <QString>
#include <optional>

namespace sotto::kit {

/// Reads the fields of one request. Each getter answers nothing for a missing field and for one of another form.
class Request {
public:
    /// Nothing unless `line` is one JSON object.
    static std::optional<Request> parse(ByteView line);

    QString op() const;
    bool has(const char *field) const { return m_object.contains(QLatin1String(field)); }
    std::optional<QString> text(const char *field) const;
    /// A text, or a whole number in its decimal form.
    std::optional<QString> label(const char *field) const;
    std::optional<std::int64_t> number(const char *field, std::int64_t least, std::int64_t most) const;
    /// Lower-case hex.
    std::optional<Bytes> bytes(const char *field) const;
    std::optional<DeviceId> device(const char *field) const;
    /// The party `nameField`, its device `device`: names of any form become account ids by a hash.
    std::optional<DeviceAddress> address(const char *nameField) const;
    /// A group's name, as id.
    std::optional<GroupId> group() const;

private:
    explicit Request(QJsonObject object) : m_object(std::move(object)) { }
    QJsonObject m_object;
};

} // namespace sotto::kit
