#pragma once
#include "core/sqlite/database.h"
#include "server/store/store.h"

namespace sotto::relay {

/// All SQL of accounts, logs, bundles, prekeys, invites, handles and profiles. On the storage thread, inside a
/// transaction.
class AccountRows {
public:
    explicit AccountRows(Database &database) : m_database(database) { }

    Result<AccountRecord> load(const AccountId &account);
    Result<CreateOutcome> create(const NewAccount &account, Timestamp now);
    Result<LogOutcome> appendLog(const LogChange &change, Timestamp now);
    Result<wire::Log> readLog(const AccountId &account, std::uint64_t fromVersion, int limit);

    Result<Done> putBundle(DeviceKey device, const wire::SignedEntry &bundle);
    Result<int> addPreKeys(DeviceKey device, const std::vector<wire::SignedEntry> &preKeys, int cap);
    Result<int> countPreKeys(DeviceKey device);
    Result<std::vector<wire::DeviceBundle>> takeBundles(const std::vector<BundleRequest> &requests);

    Result<std::optional<AccountId>> findHandle(const QString &handle);
    Result<AccountRecord> setTokenHash(const AccountId &account, const Hash256 &hash, Timestamp previousUntil);
    Result<Done> putProfile(AccountKey account, const Bytes &sealedProfile);
    Result<Bytes> readProfile(AccountKey account);

    Result<InviteOutcome> createInvite(const Hash256 &secretHash, Timestamp expires,
                                       std::optional<AccountKey> inviter, int quota, Timestamp now);
    Result<int> expireInvites(Timestamp now, int limit);
    Result<StoreCounts> counts();
    Result<std::vector<UserLine>> users(AccountKey afterKey, int limit);

private:
    Result<bool> useInvite(const Hash256 &secretHash, Timestamp now);
    Result<bool> isHandleFree(const QString &handle, Timestamp now);
    Result<AccountRecord> loadBy(AccountKey key);
    Result<std::optional<AccountRecord>> readAccount(Statement statement);
    Result<std::vector<DeviceRecord>> readDevices(AccountKey account);
    Result<Done> insertEntry(AccountKey account, std::uint64_t version, const wire::SignedEntry &entry);
    Result<Done> insertDevice(AccountKey account, const NewDevice &device, Timestamp now);
    Result<Done> revokeDevice(AccountKey account, DeviceId device);
    Result<Done> close(AccountKey account, Timestamp now);
    Result<std::optional<wire::SignedEntry>> takePreKey(DeviceKey device);

    Database &m_database;
};

} // namespace sotto::relay
