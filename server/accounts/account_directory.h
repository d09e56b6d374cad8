#pragma once
#include "server/store/store.h"

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sotto::relay {

/// An account as it was when it was asked for; null when there is none.
using FoundAccount = std::shared_ptr<const AccountRecord>;

/// Who has to know of accounts before anybody routes to them. Called on any thread, some calls under the directory's
/// lock: it may not be called back from there.
class DirectoryListener {
public:
    virtual ~DirectoryListener() = default;
    /// An account was read for the first time or has changed; the counters of known devices are to be ignored. A record
    /// may come late, after a newer one.
    virtual void accountKnown(const AccountRecord &account) = 0;
    /// A device was revoked; called once its revocation is durable. `revision`: of the record that says so; a newer
    /// one may bring the device back (a recovery).
    virtual void deviceGone(const DeviceAddress &device, std::uint64_t revision) = 0;
    /// Nobody has asked for these for a while. Forgets those of which nothing lives in memory alone, and tells which:
    /// they become known again when they are asked for.
    virtual std::vector<AccountId> accountsIdle(const std::vector<FoundAccount> &accounts) = 0;
};

/// The accounts that somebody asks for, in memory: a submit finds devices and token without the disk. About 500 bytes
/// an account; those that nobody asks for any more are forgotten. Any thread; outlives its Tasks.
class AccountDirectory {
public:
    /// How many accounts stay although nobody asks for them.
    static constexpr std::size_t kKeptIdle = 10'000;

    AccountDirectory(AccountStore &store, DirectoryListener &listener) : m_store(store), m_listener(listener) { }

    /// From memory, or read now. An error means that the store cannot answer.
    Task<Result<FoundAccount>> find(AccountId account);
    /// Only what is in memory.
    FoundAccount known(const AccountId &account) const;
    /// Takes over a record that a change of the account brought back. Older ones than the known are ignored.
    void update(AccountRecord record);
    /// Forgets accounts that nobody has asked for since the call before the last, while there are more than `keep`.
    /// Called each minute: whoever found an account uses it long before two calls have passed.
    void forgetIdle(std::size_t keep = kKeptIdle);
    /// Accounts in memory now.
    std::size_t size() const;

private:
    struct Entry {
        FoundAccount record;
        mutable std::uint64_t askedIn = 0; ///< m_round when it was asked for last
    };
    AccountStore &m_store;
    DirectoryListener &m_listener;
    mutable std::mutex m_mutex;
    std::unordered_map<AccountId, Entry> m_accounts;
    std::uint64_t m_round = 0; ///< calls of forgetIdle
};

/// Whether mail with `token` is let into the account's normal lane: the current token, or the previous one in its time.
/// Constant time.
bool opensNormalLane(const AccountRecord &account, const std::optional<Bytes> &token, Timestamp now);

} // namespace sotto::relay
