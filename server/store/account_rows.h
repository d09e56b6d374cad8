#pragma once
#include "core/sqlite/database.h"
#include "server/store/store.h"

namespace sotto::relay {

/// All SQL of accounts, logs, bundles, prekeys, invites, handles and profiles. On the storage thread, inside a
/// transaction.
class AccountRows {
public:
    explicit AccountRows(Database &database) : m_database(database) { }

    /// NotFound when there is none.
    Result<AccountRecord> load(const AccountId &account);
    /// Uses up the invite, claims the handle, makes account, log and first device; or refuses and changes nothing.
    Result<CreateOutcome> create(const NewAccount &account, Timestamp now);
    /// Compare-and-swap on the version, then what the entry changes.
    Result<LogOutcome> appendLog(const LogAppend &change, Timestamp now);
    /// At most `limit` entries from `fromVersion`, and the head.
    Result<wire::Log> readLog(const AccountId &account, std::uint64_t fromVersion, int limit);
    /// All of it, from genesis.
    Result<std::vector<LoggedEntry>> readWholeLog(AccountKey account);

    /// Replaces the bundle of an active device.
    Result<Done> putBundle(DeviceKey device, const wire::SignedEntry &bundle);
    /// Adds until `cap` can be handed out; how many can be.
    Result<int> addPreKeys(DeviceKey device, const std::vector<wire::SignedEntry> &preKeys, int cap, Timestamp now);
    /// How many are young enough to be handed out.
    Result<int> countPreKeys(DeviceKey device, Timestamp now);
    /// The bundles there are; one-time prekeys are deleted as they are read.
    Result<std::vector<wire::DeviceBundle>> takeBundles(const std::vector<BundleRequest> &requests, Timestamp now);
    /// How many went.
    Result<int> expirePreKeys(Timestamp now, int limit);

    /// Not the reserved ones.
    Result<std::optional<AccountId>> findHandle(const QString &handle);
    /// The account afterwards.
    Result<AccountRecord> setTokenHash(const AccountId &account, const Hash256 &hash,
                                       std::optional<Timestamp> previousUntil);
    /// Replaces it.
    Result<Done> putProfile(AccountKey account, const Bytes &sealedProfile);
    /// Empty: none.
    Result<Bytes> readProfile(AccountKey account);

    /// Without quota, until one exists already.
    Result<InviteOutcome> createInvites(const std::vector<Hash256> &secretHashes, Timestamp expires);
    /// Counts against the inviter's quota.
    Result<InviteOutcome> createMemberInvite(const Hash256 &secretHash, Timestamp expires, AccountKey inviter,
                                             const InviteQuota &quota, Timestamp now);
    /// Known, unused, not expired.
    Result<bool> isInviteOpen(const Hash256 &secretHash, Timestamp now);
    /// How many went.
    Result<int> expireInvites(Timestamp now, int limit);
    /// Everything that is, counted.
    Result<StoreCounts> counts();
    /// Ascending by key.
    Result<std::vector<UserLine>> users(AccountKey afterKey, int limit);

private:
    /// Who had made it; no outer value when there is none to use.
    Result<std::optional<std::optional<AccountKey>>> useInvite(const Hash256 &secretHash, Timestamp now);
    Result<InviteOutcome> insertInvite(const Hash256 &secretHash, Timestamp expires, std::optional<AccountKey> inviter);
    Result<std::optional<InviteRefusal>> checkQuota(AccountKey inviter, const InviteQuota &quota, Timestamp now);
    Result<bool> isHandleFree(const QString &handle, Timestamp now);
    Result<AccountRecord> loadBy(AccountKey key);
    Result<std::optional<AccountRecord>> readAccount(Statement statement);
    Result<std::vector<DeviceRecord>> readDevices(AccountKey account);
    Result<Done> insertEntry(AccountKey account, std::uint64_t version, const wire::SignedEntry &entry, Timestamp now);
    Result<Done> insertDevice(AccountKey account, const NewDevice &device, Timestamp now);
    Result<Done> revokeDevice(AccountKey account, DeviceId device);
    Result<Done> restoreDevice(AccountKey account, DeviceId device, Timestamp now);
    Result<Done> close(AccountKey account, Timestamp now);
    Result<std::optional<wire::SignedEntry>> takePreKey(DeviceKey device, Timestamp now);

    Database &m_database;
};

} // namespace sotto::relay
