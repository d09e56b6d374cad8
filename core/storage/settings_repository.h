#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <QString>
#include <optional>

namespace sotto {

class Database;

/// Which change of a setting that all own desktops share stands here.
struct SettingChange {
    Timestamp changed;                             ///< hybrid clock
    std::optional<DeviceId> device = std::nullopt; ///< which changed it; none: nobody has
    friend bool operator==(const SettingChange &, const SettingChange &) = default;
};

/// Settings by name, as text; core/settings has the typed table. On the thread of the database.
class SettingsRepository {
public:
    explicit SettingsRepository(Database &database) : m_database(database) { }

    /// Nothing when it was never set: the default holds.
    Result<std::optional<QString>> value(const QString &name);
    Result<Done> setValue(const QString &name, const QString &value);
    /// Back to the default.
    Result<Done> remove(const QString &name);

    /// Time 0, without a device, while nobody has changed it.
    Result<SettingChange> change(const QString &name);
    /// Which of two changes stands is core/messaging/sync.
    Result<Done> setChange(const QString &name, const SettingChange &change);

private:
    Database &m_database;
};

} // namespace sotto
