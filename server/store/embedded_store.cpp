#include "server/store/embedded_store.h"

#include "server/store/account_rows.h"
#include "server/store/queue_rows.h"
#include "server/store/schema.h"

namespace sotto::relay {

using Use = StorageThread::Use;

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::open(const QString &path, StorageThread::Options options)
{
    std::unique_ptr<EmbeddedStore> store(new EmbeddedStore); // the constructor is private
    auto thread = StorageThread::start(path, prepareSchema, options);
    if (!thread)
        return thread.error();
    store->m_thread = std::move(*thread);
    store->m_thread->setLateWork(*store);
    return store;
}

EmbeddedStore::~EmbeddedStore()
{
    m_thread.reset(); // the thread still calls write() and ended(): before any member goes
}

// ---- Mail --------------------------------------------------------------------------------------------------------

Result<Done> EmbeddedStore::write(Database &database)
{
    if (!m_outlet)
        return Done{};
    const MailBatch batch = m_outlet->takeMail();
    if (batch.isEmpty())
        return Done{};
    auto freed = QueueRows(database).write(batch);
    if (!freed)
        return freed.error();
    m_freed.insert(m_freed.end(), freed->begin(), freed->end());
    return Done{};
}

void EmbeddedStore::ended(std::optional<Error> failure)
{
    if (!m_outlet)
        return;
    if (failure)
        (void)m_outlet->takeMail(); // nobody announces it again: who waits for it is told now
    m_outlet->mailEnded(std::move(failure), std::exchange(m_freed, {}));
}

Task<Result<std::vector<wire::Envelope>>> EmbeddedStore::readMail(DeviceKey device, QueuePosition position,
                                                                  int maxEnvelopes, qsizetype maxBytes, Timestamp now)
{
    return m_thread->run(Use::ReadMail, [=](Database &database) {
        return QueueRows(database).read(device, position, maxEnvelopes, maxBytes, now);
    });
}

Task<Result<std::optional<RepeatRow>>> EmbeddedStore::findRepeat(std::vector<RepeatKey> keys)
{
    return m_thread->run(Use::Read,
                         [keys = std::move(keys)](Database &database) { return QueueRows(database).findRepeat(keys); });
}

Task<Result<std::vector<FreedMail>>> EmbeddedStore::expireMail(Timestamp now, int limit)
{
    return m_thread->run(Use::Write, [=](Database &database) { return QueueRows(database).expire(now, limit); });
}

Task<Result<int>> EmbeddedStore::expireRepeats(std::int64_t day, int limit)
{
    return m_thread->run(Use::Write, [=](Database &database) { return QueueRows(database).expireRepeats(day, limit); });
}

Task<Result<Done>> EmbeddedStore::scrub()
{
    return m_thread->runAlone([](Database &database) { return database.checkpoint(); });
}

// ---- Accounts ----------------------------------------------------------------------------------------------------

/// Records are read on one thread, so that their order of reading is the order of their truth.
AccountRecord EmbeddedStore::stamped(AccountRecord record)
{
    record.revision = ++m_revision;
    return record;
}

Task<Result<AccountRecord>> EmbeddedStore::loadAccount(AccountId account)
{
    return m_thread->run(Use::Read, [this, account](Database &database) -> Result<AccountRecord> {
        auto loaded = AccountRows(database).load(account);
        return loaded ? Result<AccountRecord>(stamped(std::move(*loaded))) : loaded;
    });
}

Task<Result<CreateOutcome>> EmbeddedStore::createAccount(NewAccount account, Timestamp now)
{
    return m_thread->run(Use::Write, [this, account = std::move(account), now](Database &database) {
        auto outcome = AccountRows(database).create(account, now);
        if (outcome && std::holds_alternative<AccountRecord>(*outcome))
            *outcome = stamped(std::get<AccountRecord>(std::move(*outcome)));
        return outcome;
    });
}

Task<Result<LogOutcome>> EmbeddedStore::appendLog(LogAppend change, Timestamp now)
{
    // Mail that came before a revocation is on disk before the revocation deletes it.
    return m_thread->run(Use::WriteMail, [this, change = std::move(change), now](Database &database) {
        auto outcome = AccountRows(database).appendLog(change, now);
        if (outcome && std::holds_alternative<AccountRecord>(*outcome))
            *outcome = stamped(std::get<AccountRecord>(std::move(*outcome)));
        return outcome;
    });
}

Task<Result<wire::Log>> EmbeddedStore::readLog(AccountId account, std::uint64_t fromVersion, int limit)
{
    return m_thread->run(
        Use::Read, [=](Database &database) { return AccountRows(database).readLog(account, fromVersion, limit); });
}

Task<Result<std::vector<LoggedEntry>>> EmbeddedStore::readWholeLog(AccountKey account)
{
    return m_thread->run(Use::Read, [=](Database &database) { return AccountRows(database).readWholeLog(account); });
}

Task<Result<Done>> EmbeddedStore::putBundle(DeviceKey device, wire::SignedEntry bundle)
{
    return m_thread->run(Use::Write, [device, bundle = std::move(bundle)](Database &database) {
        return AccountRows(database).putBundle(device, bundle);
    });
}

Task<Result<int>> EmbeddedStore::addPreKeys(DeviceKey device, std::vector<wire::SignedEntry> preKeys, int cap,
                                            Timestamp now)
{
    return m_thread->run(Use::Write, [device, preKeys = std::move(preKeys), cap, now](Database &database) {
        return AccountRows(database).addPreKeys(device, preKeys, cap, now);
    });
}

Task<Result<int>> EmbeddedStore::countPreKeys(DeviceKey device, Timestamp now)
{
    return m_thread->run(Use::Read,
                         [=](Database &database) { return AccountRows(database).countPreKeys(device, now); });
}

Task<Result<std::vector<wire::DeviceBundle>>> EmbeddedStore::takeBundles(std::vector<BundleRequest> requests,
                                                                         Timestamp now)
{
    return m_thread->run(Use::Write, [requests = std::move(requests), now](Database &database) {
        return AccountRows(database).takeBundles(requests, now);
    });
}

Task<Result<int>> EmbeddedStore::expirePreKeys(Timestamp now, int limit)
{
    return m_thread->run(Use::Write,
                         [=](Database &database) { return AccountRows(database).expirePreKeys(now, limit); });
}

Task<Result<std::optional<AccountId>>> EmbeddedStore::findHandle(QString handle)
{
    return m_thread->run(Use::Read, [handle = std::move(handle)](Database &database) {
        return AccountRows(database).findHandle(handle);
    });
}

Task<Result<AccountRecord>> EmbeddedStore::setTokenHash(AccountId account, Hash256 hash,
                                                        std::optional<Timestamp> previousUntil)
{
    return m_thread->run(Use::Write, [=, this](Database &database) -> Result<AccountRecord> {
        auto changed = AccountRows(database).setTokenHash(account, hash, previousUntil);
        return changed ? Result<AccountRecord>(stamped(std::move(*changed))) : changed;
    });
}

Task<Result<Done>> EmbeddedStore::putProfile(AccountKey account, Bytes sealedProfile)
{
    return m_thread->run(Use::Write, [account, sealedProfile = std::move(sealedProfile)](Database &database) {
        return AccountRows(database).putProfile(account, sealedProfile);
    });
}

Task<Result<Bytes>> EmbeddedStore::readProfile(AccountKey account)
{
    return m_thread->run(Use::Read, [=](Database &database) { return AccountRows(database).readProfile(account); });
}

Task<Result<InviteOutcome>> EmbeddedStore::createInvites(std::vector<Hash256> secretHashes, Timestamp expires)
{
    return m_thread->run(Use::Write, [secretHashes = std::move(secretHashes), expires](Database &database) {
        return AccountRows(database).createInvites(secretHashes, expires);
    });
}

Task<Result<InviteOutcome>> EmbeddedStore::createMemberInvite(Hash256 secretHash, Timestamp expires, AccountKey inviter,
                                                              InviteQuota quota, Timestamp now)
{
    return m_thread->run(Use::Write, [=](Database &database) {
        return AccountRows(database).createMemberInvite(secretHash, expires, inviter, quota, now);
    });
}

Task<Result<bool>> EmbeddedStore::isInviteOpen(Hash256 secretHash, Timestamp now)
{
    return m_thread->run(Use::Read,
                         [=](Database &database) { return AccountRows(database).isInviteOpen(secretHash, now); });
}

Task<Result<int>> EmbeddedStore::expireInvites(Timestamp now, int limit)
{
    return m_thread->run(Use::Write,
                         [=](Database &database) { return AccountRows(database).expireInvites(now, limit); });
}

Task<Result<StoreCounts>> EmbeddedStore::counts()
{
    return m_thread->run(Use::Read, [](Database &database) { return AccountRows(database).counts(); });
}

Task<Result<std::vector<UserLine>>> EmbeddedStore::users(AccountKey afterKey, int limit)
{
    return m_thread->run(Use::Read, [=](Database &database) { return AccountRows(database).users(afterKey, limit); });
}

} // namespace sotto::relay
