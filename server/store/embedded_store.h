#pragma once
#include "server/store/storage_thread.h"
#include "server/store/store.h"

namespace sotto::relay {

/// AccountStore and MailStore on one SQLite file without a key, written by one storage thread with group commit.
class EmbeddedStore final : public AccountStore, public MailStore, private LateWork {
public:
    /// Opens or creates the database file at `path`; what StorageThread::start refuses with.
    static Result<std::unique_ptr<EmbeddedStore>> open(const QString &path,
                                                       StorageThread::Options options = StorageThread::Options());
    /// Commits what waits. The attached outlet is asked for its mail once more, so it must still live.
    ~EmbeddedStore() override;

    /// Commits so far, and how long the oldest waiting work has waited (backpressure, metrics). Any thread.
    std::int64_t commits() const { return m_thread->commits(); }
    std::chrono::milliseconds backlog() const { return m_thread->backlog(); }

    Task<Result<AccountRecord>> loadAccount(AccountId account) override;
    Task<Result<CreateOutcome>> createAccount(NewAccount account, Timestamp now) override;
    Task<Result<LogOutcome>> appendLog(LogAppend change, Timestamp now) override;
    Task<Result<wire::Log>> readLog(AccountId account, std::uint64_t fromVersion, int limit) override;
    Task<Result<std::vector<LoggedEntry>>> readWholeLog(AccountKey account) override;
    Task<Result<Done>> putBundle(DeviceKey device, wire::SignedEntry bundle) override;
    Task<Result<int>> addPreKeys(DeviceKey device, std::vector<wire::SignedEntry> preKeys, int cap,
                                 Timestamp now) override;
    Task<Result<int>> countPreKeys(DeviceKey device, Timestamp now) override;
    Task<Result<std::vector<wire::DeviceBundle>>> takeBundles(std::vector<BundleRequest> requests,
                                                              Timestamp now) override;
    Task<Result<int>> expirePreKeys(Timestamp now, int limit) override;
    Task<Result<std::optional<AccountId>>> findHandle(QString handle) override;
    Task<Result<AccountRecord>> setTokenHash(AccountId account, Hash256 hash,
                                             std::optional<Timestamp> previousUntil) override;
    Task<Result<Done>> putProfile(AccountKey account, Bytes sealedProfile) override;
    Task<Result<Bytes>> readProfile(AccountKey account) override;
    Task<Result<InviteOutcome>> createInvites(std::vector<Hash256> secretHashes, Timestamp expires) override;
    Task<Result<InviteOutcome>> createMemberInvite(Hash256 secretHash, Timestamp expires, AccountKey inviter,
                                                   InviteQuota quota, Timestamp now) override;
    Task<Result<bool>> isInviteOpen(Hash256 secretHash, Timestamp now) override;
    Task<Result<int>> expireInvites(Timestamp now, int limit) override;
    Task<Result<StoreCounts>> counts() override;
    Task<Result<std::vector<UserLine>>> users(AccountKey afterKey, int limit) override;

    void attach(MailOutlet &outlet) override { m_outlet = &outlet; }
    void mailWaits(int items, qsizetype bytes) override { m_thread->announceLateWork(items, bytes); }
    Task<Result<std::vector<wire::Envelope>>> readMail(DeviceKey device, QueuePosition position, int maxEnvelopes,
                                                       qsizetype maxBytes, Timestamp now) override;
    Task<Result<std::optional<RepeatRow>>> findRepeat(std::vector<RepeatKey> keys) override;
    Task<Result<std::vector<FreedMail>>> expireMail(Timestamp now, int limit) override;
    Task<Result<int>> expireRepeats(std::int64_t day, int limit) override;
    Task<Result<Done>> scrub() override;

private:
    EmbeddedStore() = default;
    Result<Done> write(Database &database) override;
    void ended(std::optional<Error> failure) override;
    AccountRecord stamped(AccountRecord record);

    std::unique_ptr<StorageThread> m_thread;
    MailOutlet *m_outlet = nullptr;
    // Of the storage thread.
    std::vector<FreedMail> m_freed; ///< by the open transaction
    std::uint64_t m_revision = 0;
};

} // namespace sotto::relay
