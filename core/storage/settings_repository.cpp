#include "core/storage/settings_repository.h"

#include "core/sqlite/database.h"

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

} // namespace sotto
