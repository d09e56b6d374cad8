#pragma once
#include "core/content/content.h"
#include "core/storage/settings_repository.h"

namespace sotto {

struct Storage;

/// A setting that a desktop of ours has changed: of two changes the greater (time, device) stands, whatever order they
/// come in. Whether this one does now; never for names and values that this version does not know. In the caller's
/// transaction.
Result<bool> takeSetting(Storage &storage, const content::SyncSetting &setting, const SettingChange &change);

/// What a new desktop is to start with: every setting that all desktops share and that was ever set, with its change.
Result<std::vector<content::SyncSetting>> settingsToHandOver(Storage &storage);

} // namespace sotto
