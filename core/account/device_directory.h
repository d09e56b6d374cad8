#pragma once
#include "core/base/clock.h"
#include "core/base/task.h"
#include "core/ledger/device_log.h"

#include <QObject>
#include <unordered_map>

namespace sotto {

class Database;
class PinRepository;
class RelayClient;

/// Why a device log could not be brought up to date.
enum class DirectoryError {
    Offline,    ///< there is no line
    Later,      ///< the relay does not say now: busy, too many requests, no answer in time
    NotFound,   ///< the relay knows no such account
    NotGenuine, ///< what the relay served does not verify or does not follow the pin; the pin stays
    StoreFailed,
};
/// Stable lower-case name.
const char *name(DirectoryError error);

/// Writes a verified log with its head and devices. In the caller's transaction.
Result<Done> storeLog(PinRepository &pins, const DeviceLog &log);

/// The pinned device logs of everybody we deal with, ourselves included: verified when they arrive, kept in the
/// database, only ever extended. What it says decides whom we encrypt to and whom we listen to. Core thread.
class DeviceDirectory : public QObject {
    Q_OBJECT
public:
    /// All outlive the directory.
    DeviceDirectory(Database &database, PinRepository &pins, RelayClient &relay, Clock &clock);

    /// The pinned log of an account; nothing when we never had it. Corrupt, InputOutput. Valid until the next call.
    Result<const DeviceLog *> find(const AccountId &account);
    /// The keys of an active device, or null. Valid until the next call.
    Result<const wire::DeviceKeys *> findDevice(const DeviceAddress &address);
    /// Pins a log that is verified already (our own genesis, a linked desktop's). In the caller's transaction.
    Result<Done> adopt(const DeviceLog &log);
    /// Forgets what is cached; after a rollback of the caller's transaction.
    void forgetCached() { m_cache.clear(); }

    /// What else becomes true with a longer log, in the transaction that pins it; refused, the log stays as it was.
    using Consequences = std::function<Result<Done>(const DeviceLog &log, const std::vector<LogChange> &changes)>;
    void onExtension(Consequences consequences) { m_consequences = std::move(consequences); }

    /// Fetches what the relay has beyond the pin, verifies and pins it.
    Task<Result<Done, DirectoryError>> refresh(AccountId account);
    /// Makes sure that the account is pinned; asks the relay only when it is not.
    Task<Result<Done, DirectoryError>> ensure(AccountId account);

Q_SIGNALS:
    /// An account's log grew by these changes; after the commit.
    void logExtended(const sotto::AccountId &account, const std::vector<sotto::LogChange> &changes);
    /// What the relay served for an account with a pin does not verify or does not follow it; the pin stays.
    void logRefused(const sotto::AccountId &account);

private:
    Task<Result<Done, DirectoryError>> fetch(AccountId account);
    Result<std::optional<DeviceLog>> load(const AccountId &account);
    Result<Done, DirectoryError> extend(const AccountId &account, const std::vector<wire::SignedEntry> &entries);
    Result<std::vector<LogChange>, DirectoryError> verified(const AccountId &account, std::optional<DeviceLog> &log,
                                                            const std::vector<wire::SignedEntry> &entries) const;

    Database &m_database;
    PinRepository &m_pins;
    RelayClient &m_relay;
    Clock &m_clock;
    Consequences m_consequences;
    std::unordered_map<AccountId, DeviceLog> m_cache;
};

} // namespace sotto
