#include "core/storage/settings_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/row_changes.h"

namespace sotto {

Result<std::optional<QString>> SettingsRepository::value(const QString &name)
{
    return m_database.prepare("SELECT value FROM setting WHERE name = ?").with(name).first([](Row &row) {
        return row.text(0);
    });
}

Result<Done> SettingsRepository::setValue(const QString &name, const QString &value)
{
    const auto stored =
        m_database.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)").with(name, value).run();
    if (!stored)
        return stored.error();
    return Done{};
}

Result<Done> SettingsRepository::remove(const QString &name)
{
    const auto removed = m_database.prepare("DELETE FROM setting WHERE name = ?").with(name).run();
    if (!removed)
        return removed.error();
    return Done{};
}

Result<SettingChange> SettingsRepository::change(const QString &name)
{
    const auto found = m_database.prepare("SELECT changed_ms, device FROM setting_change WHERE name = ?")
                           .with(name)
                           .first([](Row &row) {
                               return SettingChange{row.time(0), DeviceId::from(std::uint32_t(row.integer(1)))};
                           });
    return found ? Result<SettingChange>(found->value_or(SettingChange{})) : found.error();
}

Result<Done> SettingsRepository::setChange(const QString &name, const SettingChange &change)
{
    return anyNumber(
        m_database.prepare("INSERT OR REPLACE INTO setting_change (name, changed_ms, device) VALUES (?, ?, ?)")
            .with(name, change.changed, change.device ? change.device->number() : 0)
            .run());
}

} // namespace sotto
