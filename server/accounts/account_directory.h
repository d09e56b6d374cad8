#pragma once
#include "server/store/store.h"

#include <memory>
#include <mutex>
#include <unordered_map>

namespace sotto::relay {

/// Who has to know of accounts before anybody routes to them. Called on any thread, under no lock of the directory.
class DirectoryListener {
public:
    virtual ~DirectoryListener() = default;
    /// An account was read for the first time or has new devices; the counters of known devices are to be ignored.
    virtual void accountKnown(const AccountRecord &account) = 0;
    /// A device was revoked; called once its revocation is durable.
    virtual void deviceGone(const DeviceAddress &device) = 0;
};

/// An account as it was when it was asked for; null when there is none.
using FoundAccount = std::shared_ptr<const AccountRecord>;

/// The accounts that somebody asked for since the relay started, in memory: a submit finds devices and token without
/// the disk. About 500 bytes an account. Any thread; outlives its Tasks.
class AccountDirectory {
public:
    AccountDirectory(AccountStore &store, DirectoryListener &listener) : m_store(store), m_listener(listener) { }

    /// From memory, or read now. An error means that the store cannot answer.
    Task<Result<FoundAccount>> find(AccountId account);
    /// Only what is in memory.
    FoundAccount known(const AccountId &account) const;
    /// Takes over a record that a change of the account brought back. Older ones than the known are ignored.
    void update(AccountRecord record);

private:
    AccountStore &m_store;
    DirectoryListener &m_listener;
    mutable std::mutex m_mutex;
    std::unordered_map<AccountId, FoundAccount> m_accounts;
};

/// Whether mail with `token` is let into the account's normal lane: the current token, or the previous one in its time.
/// Constant time.
bool opensNormalLane(const AccountRecord &account, const std::optional<Bytes> &token, Timestamp now);

} // namespace sotto::relay
