#include "core/messaging/sync/synced_settings.h"

#include "core/messaging/sync/own_registers.h"
#include "core/settings/settings.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

namespace {

bool isKnown(const content::SyncSetting &setting)
{
    return std::ranges::any_of(kSyncedSettings, [&setting](const SyncedSetting &known) {
        return setting.name == QLatin1String(known.name) && known.isValue(setting.value);
    });
}

} // namespace

Result<bool> takeSetting(Storage &storage, const content::SyncSetting &setting, const SettingChange &change)
{
    if (!isKnown(setting))
        return false;
    const auto standing = storage.settings.change(setting.name);
    if (!standing)
        return standing.error();
    if (standing->device
        && !replaces({false, change.changed, change.device}, {false, standing->changed, standing->device}))
        return false;
    if (const auto stored = storage.settings.setValue(setting.name, setting.value); !stored)
        return stored.error();
    const auto noted = storage.settings.setChange(setting.name, change);
    return noted ? Result<bool>(true) : noted.error();
}

Result<std::vector<content::SyncSetting>> settingsToHandOver(Storage &storage)
{
    std::vector<content::SyncSetting> all;
    for (const SyncedSetting &known : kSyncedSettings) {
        const QString name = QString::fromLatin1(known.name);
        const auto value = storage.settings.value(name);
        const auto change = storage.settings.change(name);
        if (!value || !change)
            return !value ? value.error() : change.error();
        if (*value)
            all.push_back({name, **value, change->changed, change->device});
    }
    return all;
}

} // namespace sotto
