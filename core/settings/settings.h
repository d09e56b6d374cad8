#pragma once
#include "core/base/result.h"

#include <QString>

namespace sotto {

class SettingsRepository;

/// One setting: its name in the database and what holds until it is set.
struct BoolSetting {
    const char *name;
    bool fallback;
};
/// One setting that is a text: name and fallback as above.
struct TextSetting {
    const char *name;
    const char *fallback;
};

// The one list of settings. A name never changes its meaning.
/// Contacts see when we have read; reciprocal.
inline constexpr BoolSetting kSendReadReceipts{"privacy.read_receipts", true};
/// Contacts see that we type; reciprocal.
inline constexpr BoolSetting kSendTyping{"privacy.typing", true};
/// Contacts see online and last seen; reciprocal.
inline constexpr BoolSetting kSharePresence{"privacy.presence", true};

/// Settings that all desktops of an account share (protocol 4 "Own desktops"), with what can be their values.
struct SyncedSetting {
    const char *name;
    bool (*isValue)(const QString &value);
};
/// What a BoolSetting is stored as.
bool isBoolValue(const QString &value);
inline constexpr SyncedSetting kSyncedSettings[] = {
    {kSendReadReceipts.name, isBoolValue},
    {kSendTyping.name, isBoolValue},
    {kSharePresence.name, isBoolValue},
};
/// The text of a BoolSetting's value.
QString boolValue(bool value);

/// The relay has our present profile and delivery token.
inline constexpr BoolSetting kProfilePublished{"account.profile_published", false};
/// The relay has the bundle of our newest signed prekey.
inline constexpr BoolSetting kBundlePublished{"account.bundle_published", true};
/// How the account reaches its relay, as ProxySettings::toText() writes it; empty: as the program was started.
inline constexpr TextSetting kProxy{"net.proxy", ""};
/// Whose profiles are to be fetched: account ids in hex with commas between.
inline constexpr TextSetting kProfilesWanted{"account.profiles_wanted", ""};
/// The invite by which this account was made; empty once its maker has been written to.
inline constexpr TextSetting kPendingInvite{"account.pending_invite", ""};

/// When this device was online last, in ms since 1970; empty before the first time.
inline constexpr TextSetting kLastConnected{"relay.last_connected", ""};
/// Until when the ends of our streams have been told, in ms since 1970; empty before the first time.
inline constexpr TextSetting kTailsTold{"repair.tails_told", ""};
/// Gaps noticed up to then, in ms since 1970, have been told; empty before the first time.
inline constexpr TextSetting kGapsTold{"repair.gaps_told", ""};
/// What ageingTime() said last, and what the clock said then, in ms since 1970; empty before the first time.
inline constexpr TextSetting kAgeingTime{"housekeeping.time", ""};
inline constexpr TextSetting kAgeingSeen{"housekeeping.seen", ""};
/// The newest gap that the relay told of and that is noted.
inline constexpr TextSetting kGapNoted{"relay.gap_noted", ""};

/// Reads and writes settings. On the thread of the database; writes belong in a transaction.
class Settings {
public:
    /// `repository` outlives it.
    explicit Settings(SettingsRepository &repository) : m_repository(repository) { }

    /// The value, or the fallback while none was set. Errors: the database's.
    Result<bool> get(const BoolSetting &setting);
    Result<QString> get(const TextSetting &setting);
    /// Replaces the value. Errors: the database's; the old value then holds.
    Result<Done> set(const BoolSetting &setting, bool value);
    Result<Done> set(const TextSetting &setting, const QString &value);

private:
    SettingsRepository &m_repository;
};

} // namespace sotto
