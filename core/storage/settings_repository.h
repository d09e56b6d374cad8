#pragma once
#include "core/base/result.h"

#include <QString>
#include <optional>

namespace sotto {

class Database;

/// Settings by name, as text; core/settings has the typed table. On the thread of the database.
class SettingsRepository {
public:
    explicit SettingsRepository(Database &database) : m_database(database) { }

    /// Nothing when it was never set: the default holds.
    Result<std::optional<QString>> value(const QString &name);
    Result<Done> setValue(const QString &name, const QString &value);
    /// Back to the default.
    Result<Done> remove(const QString &name);

private:
    Database &m_database;
};

} // namespace sotto
