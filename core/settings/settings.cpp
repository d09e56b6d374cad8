#include "core/settings/settings.h"

#include "core/storage/settings_repository.h"

namespace sotto {

bool isBoolValue(const QString &value) { return value == boolValue(true) || value == boolValue(false); }

QString boolValue(bool value) { return value ? QStringLiteral("true") : QStringLiteral("false"); }

Result<bool> Settings::get(const BoolSetting &setting)
{
    const auto value = m_repository.value(QString::fromLatin1(setting.name));
    if (!value)
        return value.error();
    return *value ? **value == boolValue(true) : setting.fallback;
}

Result<QString> Settings::get(const TextSetting &setting)
{
    const auto value = m_repository.value(QString::fromLatin1(setting.name));
    if (!value)
        return value.error();
    return value->value_or(QString::fromLatin1(setting.fallback));
}

Result<Done> Settings::set(const BoolSetting &setting, bool value)
{
    return m_repository.setValue(QString::fromLatin1(setting.name), boolValue(value));
}

Result<Done> Settings::set(const TextSetting &setting, const QString &value)
{
    return m_repository.setValue(QString::fromLatin1(setting.name), value);
}

} // namespace sotto
