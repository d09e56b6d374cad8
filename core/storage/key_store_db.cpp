#include "core/storage/key_store_db.h"

#include "core/base/check.h"
#include "core/crypto/device_keys.h"
#include "core/primitives/hash.h"
#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

namespace sotto {

namespace {

constexpr qsizetype kRecordHashBytes = 16;

#define SOTTO_PEER_IS " WHERE account = (SELECT id FROM account WHERE account_id = ?) AND device = ?"

Bytes recordHash(ByteView record) { return blake2b256(record).view().first(kRecordHashBytes).toByteArray(); }

/// A record in column 0 with its hash in column 1.
SecretBytes readRecord(Row &row)
{
    const ByteView record = row.view(0);
    if (refuseUnless(Check::StoredRecordHash, row.view(1) == recordHash(record)))
        row.markCorrupt();
    return SecretBytes::copyOf(record);
}

} // namespace

Result<std::optional<SecretBytes>> KeyStoreDb::loadSession(const DeviceAddress &peer)
{
    return m_database.prepare("SELECT record, hash FROM session" SOTTO_PEER_IS)
        .with(peer.account, peer.device)
        .first(readRecord);
}

Result<Done> KeyStoreDb::storeSession(const DeviceAddress &peer, ByteView record, Timestamp now)
{
    const auto account = accountRow(m_database, peer.account);
    if (!account)
        return account.error();
    return anyNumber(
        m_database
            .prepare("INSERT INTO session (account, device, record, hash, stored_ms) VALUES (?, ?, ?, ?, ?)"
                     " ON CONFLICT DO UPDATE SET record = excluded.record, hash = excluded.hash,"
                     " stored_ms = excluded.stored_ms")
            .with(*account, peer.device, record, recordHash(record), now)
            .run());
}

Result<Done> KeyStoreDb::removeSession(const DeviceAddress &peer)
{
    return anyNumber(m_database.prepare("DELETE FROM session" SOTTO_PEER_IS).with(peer.account, peer.device).run());
}

Result<std::vector<DeviceId>> KeyStoreDb::sessionDevices(const AccountId &account)
{
    return m_database
        .prepare("SELECT device FROM session WHERE account = (SELECT id FROM account WHERE account_id = ?)")
        .with(account)
        .collect([](Row &row) { return row.device(0); });
}

Result<std::optional<SecretBytes>> KeyStoreDb::loadPreKey(std::uint32_t id)
{
    return m_database.prepare("SELECT record, hash FROM prekey WHERE id = ?").with(id).first(readRecord);
}

Result<Done> KeyStoreDb::storePreKey(std::uint32_t id, ByteView record, Timestamp madeAt)
{
    return anyNumber(m_database.prepare("INSERT OR REPLACE INTO prekey (id, record, hash, made_ms) VALUES (?, ?, ?, ?)")
                         .with(id, record, recordHash(record), madeAt)
                         .run());
}

Result<Done> KeyStoreDb::removePreKey(std::uint32_t id)
{
    return anyNumber(m_database.prepare("DELETE FROM prekey WHERE id = ?").with(id).run());
}

Result<int> KeyStoreDb::countPreKeys()
{
    const auto count = m_database.prepare("SELECT count(*) FROM prekey").number();
    if (!count)
        return count.error();
    return int(*count);
}

Result<Done> KeyStoreDb::removePreKeysMadeBefore(Timestamp limit)
{
    return anyNumber(m_database.prepare("DELETE FROM prekey WHERE made_ms < ?").with(limit).run());
}

Result<Done> KeyStoreDb::keepNewestPreKeys(int count)
{
    return anyNumber(m_database
                         .prepare("DELETE FROM prekey WHERE id NOT IN"
                                  " (SELECT id FROM prekey ORDER BY made_ms DESC, id LIMIT ?)")
                         .with(count)
                         .run());
}

Result<std::optional<SecretBytes>> KeyStoreDb::loadSignedPreKey(std::uint32_t id)
{
    return m_database.prepare("SELECT record, hash FROM signed_prekey WHERE id = ?").with(id).first(readRecord);
}

Result<Done> KeyStoreDb::storeSignedPreKey(std::uint32_t id, ByteView record, Timestamp madeAt)
{
    return anyNumber(
        m_database.prepare("INSERT OR REPLACE INTO signed_prekey (id, record, hash, made_ms) VALUES (?, ?, ?, ?)")
            .with(id, record, recordHash(record), madeAt)
            .run());
}

Result<Done> KeyStoreDb::removeSignedPreKey(std::uint32_t id)
{
    return anyNumber(m_database.prepare("DELETE FROM signed_prekey WHERE id = ?").with(id).run());
}

Result<std::vector<SignedPreKeyRow>> KeyStoreDb::signedPreKeys()
{
    return m_database.prepare("SELECT id, made_ms FROM signed_prekey ORDER BY made_ms, id").collect([](Row &row) {
        return SignedPreKeyRow{std::uint32_t(row.integer(0)), row.time(1)};
    });
}

Result<LocalIdentity> KeyStoreDb::localIdentity()
{
    return LocalIdentity{{m_own.identityKey.publicKey, m_own.identityKey.privateKey.clone()}, m_own.registrationId};
}

Result<bool> KeyStoreDb::isTrusted(const DeviceAddress &peer, const CurvePublicKey &key)
{
    const auto pinned = m_pins.device(peer);
    if (!pinned)
        return pinned.error();
    return *pinned && !(*pinned)->revoked && (*pinned)->identityKey == key;
}

Result<Done> KeyStoreDb::rememberIdentity(const DeviceAddress &peer, const CurvePublicKey &key)
{
    const auto account = accountRow(m_database, peer.account);
    if (!account)
        return account.error();
    return anyNumber(
        m_database.prepare("INSERT OR REPLACE INTO identity (account, device, identity_key) VALUES (?, ?, ?)")
            .with(*account, peer.device, key)
            .run());
}

Result<std::optional<std::uint32_t>> KeyStoreDb::registrationId(const DeviceAddress &peer)
{
    const auto pinned = m_pins.device(peer);
    if (!pinned)
        return pinned.error();
    if (!*pinned)
        return std::optional<std::uint32_t>();
    return std::optional(registrationIdOf((*pinned)->identityKey));
}

Result<std::optional<SecretBytes>> KeyStoreDb::loadSenderKey(const SenderKeyName &name)
{
    return m_database.prepare("SELECT record, hash FROM sender_key" SOTTO_PEER_IS " AND group_id = ?")
        .with(name.sender.account, name.sender.device, name.group)
        .first(readRecord);
}

Result<Done> KeyStoreDb::storeSenderKey(const SenderKeyName &name, ByteView record, Timestamp now)
{
    const auto account = accountRow(m_database, name.sender.account);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO sender_key (group_id, account, device, record, hash, stored_ms)"
                                  " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record,"
                                  " hash = excluded.hash, stored_ms = excluded.stored_ms")
                         .with(name.group, *account, name.sender.device, record, recordHash(record), now)
                         .run());
}

Result<Done> KeyStoreDb::removeSenderKey(const SenderKeyName &name)
{
    return anyNumber(m_database.prepare("DELETE FROM sender_key" SOTTO_PEER_IS " AND group_id = ?")
                         .with(name.sender.account, name.sender.device, name.group)
                         .run());
}

Result<bool> KeyStoreDb::hasTombstone(const DeviceAddress &peer, const Hash256 &baseKey)
{
    const auto found = m_database.prepare("SELECT count(*) FROM prekey_tombstone" SOTTO_PEER_IS " AND base_key = ?")
                           .with(peer.account, peer.device, baseKey)
                           .number();
    if (!found)
        return found.error();
    return *found > 0;
}

Result<Done> KeyStoreDb::addTombstone(const DeviceAddress &peer, const Hash256 &baseKey, std::uint32_t signedPreKeyId,
                                      Timestamp now)
{
    const auto account = accountRow(m_database, peer.account);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT OR IGNORE INTO prekey_tombstone (account, device, base_key, signed_prekey,"
                                  " made_ms) VALUES (?, ?, ?, ?, ?)")
                         .with(*account, peer.device, baseKey, signedPreKeyId, now)
                         .run());
}

Result<std::int64_t> KeyStoreDb::sessionsBuiltBetween(const DeviceAddress &peer, Timestamp after, Timestamp until)
{
    return m_database.prepare("SELECT count(*) FROM prekey_tombstone" SOTTO_PEER_IS " AND made_ms > ? AND made_ms <= ?")
        .with(peer.account, peer.device, after, until)
        .number();
}

Result<Done> KeyStoreDb::removeTombstonesOf(std::uint32_t signedPreKeyId)
{
    return anyNumber(
        m_database.prepare("DELETE FROM prekey_tombstone WHERE signed_prekey = ?").with(signedPreKeyId).run());
}

} // namespace sotto
