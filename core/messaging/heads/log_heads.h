#pragma once
#include "core/base/clock.h"
#include "core/base/task.h"
#include "core/content/content.h"
#include "core/ledger/device_log.h"
#include "core/messaging/inbox/arrival.h"
#include "core/model/alarm.h"
#include "core/storage/pin_repository.h"

#include <QObject>
#include <map>
#include <set>

namespace sotto {

class DeviceDirectory;
class KeyStoreDb;
class SessionCipher;
struct Storage;

/// What the heads of a message say that its receiver did not know.
struct HeadNews {
    std::vector<AccountId> newer;   ///< accounts whose log is to be looked at
    std::vector<AccountId> alarmed; ///< accounts that there is an alarm about
};

/// Compares the device logs that messages name with the pinned ones, so that a relay cannot hide an entry or show two
/// people different logs without their seeing it. Whoever names a newer log puts its account on hold until the relay
/// shows it; a log that differs is told and moves nothing. Core thread.
class LogHeads : public QObject {
    Q_OBJECT
public:
    /// An account's log is asked for at most this often because of what messages say.
    static constexpr Milliseconds kLookEvery = std::chrono::minutes(1);
    /// After so many answers without the claimed entry, or so long after the claim, the person is told.
    static constexpr int kFrozenAnswers = 3;
    static constexpr Milliseconds kFrozenAfter = std::chrono::minutes(10);
    /// How often it is seen whether the time of somebody's new recovery kit has come.
    static constexpr Milliseconds kRootsEvery = std::chrono::hours(24);

    /// All outlive the object; `self` is this device.
    LogHeads(Storage &storage, DeviceDirectory &directory, KeyStoreDb &keys, SessionCipher &sessions, Clock &clock,
             const DeviceAddress &self);

    /// Judges the heads in the header of a message that is kept. Heads of ourselves, of contacts and of people we asked
    /// count. In the caller's transaction; what comes back is to be looked at and told after its commit.
    Result<HeadNews> note(const ArrivalPlace &place);
    /// Asks the relay for what is newer, once kLookEvery has passed since the last time.
    void look(const AccountId &account);
    /// Online or not; on each connection what is claimed is looked at again.
    void setOnline(bool online);
    /// The person wants to send to the devices that are known, with the safety number that they have: ends the hold,
    /// and until the log grows neither that claim holds again nor an older one of the same device; other claims do.
    /// The alarms that this answers are gone; whoever was shown another list is still to be asked. NotFound when
    /// nothing is held.
    Result<Done> waive(const AccountId &account);
    /// The person has compared the safety number: mail does not wait for that any more, and its alarm is gone.
    Result<Done> acceptRoot(const AccountId &account);

Q_SIGNALS:
    /// There is something about an account that the person must be told; after the commit. What note() finds is told
    /// with the news of the inbox, what a longer log means with DeviceDirectory::logExtended().
    void alarmed(const sotto::AccountId &account);
    /// What waits for an account may go.
    void holdEnded(const sotto::AccountId &account);

private:
    /// What was asked of the relay about an account.
    struct Look {
        std::optional<Milliseconds> lastAt; ///< monotonic
        int answers = 0;                    ///< without the claimed entry
        bool isTold = false;                ///< that the claim is not met
    };
    /// A newer log of ours that somebody knows.
    struct Hidden {
        std::uint64_t version;
        AccountId by;
    };

    Result<bool> counts(const ArrivalPlace &place);
    Result<std::optional<HeadRelation>> relation(const AccountId &account, const content::LogHead &head);
    Result<Done> noteSender(const ArrivalPlace &place, HeadNews &news);
    Result<Done> noteOurs(const ArrivalPlace &place, HeadNews &news);
    Result<bool> claim(const ArrivalPlace &place);
    void lookAtDue();
    Task<Done> lookNow(AccountId account);
    Result<bool> judge(const AccountId &account);
    Result<bool> judgeHidden();
    Result<Done> takeGrowth(const DeviceLog &log, const std::vector<LogChange> &changes);
    void logGrew(const AccountId &account);
    Result<Done> settleClaim(const DeviceLog &log);
    Result<Done> removeSessions(const DeviceLog &log);
    void judgeRoots();
    enum class RootNews { None, Changed, BackAgain };
    Result<RootNews> judgeRoot(const DeviceLog &log);
    Result<bool> endRootHold(const AccountId &account);
    Result<Done> tellOwnDevices(const DeviceLog &log, const std::vector<LogChange> &changes);
    void logRefused(const AccountId &account);
    Result<Done> raise(const AccountId &about, AlarmKind kind, std::uint64_t version);

    Storage &m_storage;
    DeviceDirectory &m_directory;
    KeyStoreDb &m_keys;
    SessionCipher &m_sessions;
    Clock &m_clock;
    DeviceAddress m_self;
    Timer m_next;
    Timer m_roots;
    bool m_online = false;
    std::set<AccountId> m_wanted;
    std::map<AccountId, Look> m_looks;
    std::optional<Hidden> m_hidden;
};

} // namespace sotto
