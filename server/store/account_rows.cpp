#include "server/store/account_rows.h"

#include "core/base/check.h"
#include "server/store/queue_rows.h"
#include "server/store/signed_entry_columns.h"

namespace sotto::relay {

namespace {

constexpr Milliseconds kDay{24LL * 60 * 60 * 1000};
/// How long the handle of a closed account stays nobody's.
constexpr Milliseconds kHandleReserved = 30 * kDay;

std::int64_t dayOf(Timestamp time) { return time.ms / kDay.count(); }

/// One-time prekeys that were uploaded on this day or before are dead.
std::int64_t newestDeadDay(Timestamp now)
{
    const std::int64_t day = dayOf(now - kOneTimePreKeyServed);
    return refuseUnless(Check::OneTimePreKeyAge, false) ? day : -1;
}

Timestamp roundedToDay(Timestamp time) { return {time.ms - time.ms % kDay.count()}; }

std::optional<Error> failureOf(const Result<std::int64_t> &run)
{
    return run ? std::nullopt : std::optional<Error>(run.error());
}

DeviceRecord readDevice(Row &row)
{
    DeviceRecord device{row.device(1), row.integer(0), row.boolean(2), row.bytes(3), row.time(4), {}};
    device.counters.nextSeq = std::uint64_t(row.integer(5));
    device.counters.lastAckedSeq = std::uint64_t(row.integer(6));
    device.counters.lastSubmitSeq = std::uint64_t(row.integer(7));
    device.counters.gapBeforeSeq = std::uint64_t(row.integer(8));
    device.counters.rows = row.integer(9);
    device.counters.smallRows = row.integer(10);
    device.counters.bytes = row.integer(11);
    return device;
}

} // namespace

// ---- Accounts ----------------------------------------------------------------------------------------------------

Result<std::optional<AccountRecord>> AccountRows::readAccount(Statement statement)
{
    auto found = statement.first([](Row &row) {
        return AccountRecord{row.id<AccountId>(1), row.integer(0),
                             row.boolean(2),       std::uint64_t(row.integer(3)),
                             row.id<Hash256>(4),   row.optionalId<Hash256>(5),
                             row.time(6),          {}};
    });
    if (!found || !*found)
        return found;
    auto devices = readDevices((*found)->key);
    if (!devices)
        return devices.error();
    (*found)->devices = std::move(*devices);
    return found;
}

Result<std::vector<DeviceRecord>> AccountRows::readDevices(AccountKey account)
{
    return m_database
        .prepare("SELECT id, device, active, signing_key, last_connected_ms, next_seq, last_acked_seq,"
                 " last_submit_seq, gap_before_seq, row_count, small_row_count, byte_count"
                 " FROM device WHERE account_id = ?1 ORDER BY device")
        .with(account)
        .collect(readDevice);
}

Result<AccountRecord> AccountRows::load(const AccountId &account)
{
    auto found = readAccount(m_database
                                 .prepare("SELECT id, account, closed, log_version, token_hash, previous_token_hash,"
                                          " previous_token_until_ms FROM account WHERE account = ?1")
                                 .with(account));
    if (!found)
        return found.error();
    if (!*found)
        return ErrorCode::NotFound;
    return std::move(**found);
}

Result<AccountRecord> AccountRows::loadBy(AccountKey key)
{
    auto found = readAccount(m_database
                                 .prepare("SELECT id, account, closed, log_version, token_hash, previous_token_hash,"
                                          " previous_token_until_ms FROM account WHERE id = ?1")
                                 .with(key));
    if (!found)
        return found.error();
    if (!*found)
        return ErrorCode::NotFound;
    return std::move(**found);
}

Result<CreateOutcome> AccountRows::create(const NewAccount &account, Timestamp now)
{
    const auto known = load(account.account);
    if (known)
        return CreateOutcome(CreateRefusal::AccountExists);
    if (known.error().code != ErrorCode::NotFound)
        return known.error();
    // Refusals first: they are no errors, so the savepoint keeps what was done before them.
    if (!account.handle.isEmpty()) {
        const auto free = isHandleFree(account.handle, now);
        if (!free)
            return free.error();
        if (!*free)
            return CreateOutcome(CreateRefusal::HandleTaken);
    }
    const auto invited = useInvite(account.inviteHash, now);
    if (!invited)
        return invited.error();
    if (refuseUnless(Check::InviteValid, invited->has_value()))
        return CreateOutcome(CreateRefusal::InviteInvalid);
    const bool byMember = *invited && (*invited)->has_value();
    const auto inserted =
        m_database
            .prepare("INSERT INTO account (account, closed, log_version, token_hash, previous_token_until_ms, profile,"
                     " registered_day, invites_from_day) VALUES (?1, 0, 1, ?2, 0, x'', ?3, ?4)")
            .with(account.account, account.tokenHash, dayOf(now), byMember ? dayOf(now) + account.daysUntilInviting : 0)
            .run();
    if (!inserted)
        return inserted.error();
    const AccountKey key = m_database.lastInsertId();
    if (!account.handle.isEmpty()) {
        const auto claimed = m_database
                                 .prepare("INSERT OR REPLACE INTO handle (handle, account_id, reserved_until_ms)"
                                          " VALUES (?1, ?2, NULL)")
                                 .with(account.handle, key)
                                 .run();
        if (!claimed)
            return claimed.error();
    }
    if (const auto entered = insertEntry(key, 1, account.genesis, now); !entered)
        return entered.error();
    if (const auto added = insertDevice(key, account.device, now); !added)
        return added.error();
    auto made = loadBy(key);
    if (!made)
        return made.error();
    return CreateOutcome(std::move(*made));
}

Result<std::optional<std::optional<AccountKey>>> AccountRows::useInvite(const Hash256 &secretHash, Timestamp now)
{
    return m_database.prepare("DELETE FROM invite WHERE secret_hash = ?1 AND expires_ms > ?2 RETURNING inviter_id")
        .with(secretHash, now)
        .first([](Row &row) { return row.optionalInteger(0); });
}

Result<bool> AccountRows::isHandleFree(const QString &handle, Timestamp now)
{
    const auto holders = m_database
                             .prepare("SELECT count(*) FROM handle WHERE handle = ?1"
                                      " AND (reserved_until_ms IS NULL OR reserved_until_ms > ?2)")
                             .with(handle, now)
                             .number();
    if (!holders)
        return holders.error();
    return *holders == 0;
}

Result<std::optional<AccountId>> AccountRows::findHandle(const QString &handle)
{
    return m_database
        .prepare("SELECT account FROM handle JOIN account ON account.id = handle.account_id"
                 " WHERE handle = ?1 AND reserved_until_ms IS NULL")
        .with(handle)
        .first([](Row &row) { return row.id<AccountId>(0); });
}

Result<AccountRecord> AccountRows::setTokenHash(const AccountId &account, const Hash256 &hash,
                                                std::optional<Timestamp> previousUntil)
{
    const auto changed = previousUntil
        ? m_database
              .prepare("UPDATE account SET previous_token_hash = token_hash, previous_token_until_ms = ?3,"
                       " token_hash = ?2 WHERE account = ?1 AND token_hash <> ?2")
              .with(account, hash, *previousUntil)
              .run()
        : m_database
              .prepare("UPDATE account SET previous_token_hash = NULL, previous_token_until_ms = 0,"
                       " token_hash = ?2 WHERE account = ?1")
              .with(account, hash)
              .run();
    if (!changed)
        return changed.error();
    return load(account);
}

Result<Done> AccountRows::putProfile(AccountKey account, const Bytes &sealedProfile)
{
    const auto put =
        m_database.prepare("UPDATE account SET profile = ?2 WHERE id = ?1").with(account, sealedProfile).run();
    if (!put)
        return put.error();
    return Done{};
}

Result<Bytes> AccountRows::readProfile(AccountKey account)
{
    const auto found =
        m_database.prepare("SELECT profile FROM account WHERE id = ?1").with(account).first([](Row &row) {
            return row.bytes(0);
        });
    if (!found)
        return found.error();
    return found->value_or(Bytes());
}

// ---- The device log ----------------------------------------------------------------------------------------------

Result<LogOutcome> AccountRows::appendLog(const LogAppend &change, Timestamp now)
{
    const auto moved = m_database.prepare("UPDATE account SET log_version = ?2 + 1 WHERE id = ?1 AND log_version = ?2")
                           .with(change.account, change.baseVersion)
                           .run();
    if (!moved)
        return moved.error();
    if (*moved == 0) {
        const auto version =
            m_database.prepare("SELECT log_version FROM account WHERE id = ?1").with(change.account).number();
        if (!version)
            return version.error();
        return LogOutcome(LogConflict{std::uint64_t(*version)});
    }
    if (const auto entered = insertEntry(change.account, change.baseVersion + 1, change.entry, now); !entered)
        return entered.error();
    if (change.added) {
        if (const auto added = insertDevice(change.account, *change.added, now); !added)
            return added.error();
    }
    for (const DeviceId device : change.restored) {
        if (const auto restored = restoreDevice(change.account, device, now); !restored)
            return restored.error();
    }
    for (const DeviceId device : change.revoked) {
        if (const auto revoked = revokeDevice(change.account, device); !revoked)
            return revoked.error();
    }
    if (change.closes) {
        if (const auto closed = close(change.account, now); !closed)
            return closed.error();
    }
    auto loaded = loadBy(change.account);
    if (!loaded)
        return loaded.error();
    return LogOutcome(std::move(*loaded));
}

Result<Done> AccountRows::insertEntry(AccountKey account, std::uint64_t version, const wire::SignedEntry &entry,
                                      Timestamp now)
{
    const auto inserted = m_database
                              .prepare("INSERT INTO log_entry (account_id, version, body, signature, proofs, seen_ms)"
                                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
                              .with(account, version, entry.body, entry.signature, packProofs(entry.proofs), now)
                              .run();
    if (!inserted)
        return inserted.error();
    return Done{};
}

Result<Done> AccountRows::insertDevice(AccountKey account, const NewDevice &device, Timestamp now)
{
    const auto inserted =
        m_database
            .prepare("INSERT INTO device (account_id, device, active, signing_key, last_connected_ms, next_seq,"
                     " last_acked_seq, last_submit_seq, gap_before_seq, row_count, small_row_count, byte_count)"
                     " VALUES (?1, ?2, 1, ?3, ?4, 1, 0, 0, 0, 0, 0, 0)")
            .with(account, device.device, device.signingKey, roundedToDay(now))
            .run();
    if (!inserted)
        return inserted.error();
    const DeviceKey key = m_database.lastInsertId();
    if (const auto put = putBundle(key, device.bundle); !put)
        return put.error();
    const auto added = addPreKeys(key, device.preKeys, int(device.preKeys.size()), now);
    if (!added)
        return added.error();
    return Done{};
}

Result<Done> AccountRows::revokeDevice(AccountKey account, DeviceId device)
{
    const auto key =
        m_database.prepare("UPDATE device SET active = 0 WHERE account_id = ?1 AND device = ?2 RETURNING id")
            .with(account, device)
            .first([](Row &row) { return row.integer(0); });
    if (!key)
        return key.error();
    if (!*key)
        return ErrorCode::NotFound;
    // Its bundle stays, unreadable: a recovery may bring the device back, and it comes online later or never.
    const auto removed = m_database.prepare("DELETE FROM one_time_prekey WHERE device_id = ?1").with(**key).run();
    if (!removed)
        return removed.error();
    return QueueRows(m_database).removeQueue(**key);
}

/// What came while it was revoked was not kept for it.
Result<Done> AccountRows::restoreDevice(AccountKey account, DeviceId device, Timestamp now)
{
    const auto restored = m_database
                              .prepare("UPDATE device SET active = 1, last_connected_ms = ?3, gap_before_seq = next_seq"
                                       " WHERE account_id = ?1 AND device = ?2")
                              .with(account, device, roundedToDay(now))
                              .run();
    if (!restored)
        return restored.error();
    if (*restored == 0)
        return ErrorCode::NotFound;
    return Done{};
}

Result<Done> AccountRows::close(AccountKey account, Timestamp now)
{
    const auto devices = readDevices(account);
    if (!devices)
        return devices.error();
    for (const DeviceRecord &device : *devices) {
        if (const auto revoked = revokeDevice(account, device.device); !revoked)
            return revoked.error();
    }
    const auto closed =
        m_database.prepare("UPDATE account SET closed = 1, profile = x'' WHERE id = ?1").with(account).run();
    if (!closed)
        return closed.error();
    for (const char *sql :
         {"DELETE FROM bundle WHERE device_id IN (SELECT id FROM device WHERE account_id = ?1)",
          "DELETE FROM invite WHERE inviter_id = ?1", "DELETE FROM invite_made WHERE inviter_id = ?1"}) {
        if (const auto failed = failureOf(m_database.prepare(sql).with(account).run()))
            return *failed;
    }
    const auto reserved = m_database.prepare("UPDATE handle SET reserved_until_ms = ?2 WHERE account_id = ?1")
                              .with(account, now + kHandleReserved)
                              .run();
    if (!reserved)
        return reserved.error();
    return Done{};
}

Result<wire::Log> AccountRows::readLog(const AccountId &account, std::uint64_t fromVersion, int limit)
{
    const auto head =
        m_database.prepare("SELECT id, log_version FROM account WHERE account = ?1").with(account).first([](Row &row) {
            return std::pair(row.integer(0), row.integer(1));
        });
    if (!head)
        return head.error();
    if (!*head)
        return wire::Log{};
    auto entries = m_database
                       .prepare("SELECT body, signature, proofs FROM log_entry"
                                " WHERE account_id = ?1 AND version >= ?2 ORDER BY version LIMIT ?3")
                       .with((*head)->first, fromVersion, limit)
                       .collect([](Row &row) { return readSignedEntry(row, 0); });
    if (!entries)
        return entries.error();
    return wire::Log{std::move(*entries), std::uint64_t((*head)->second)};
}

Result<std::vector<LoggedEntry>> AccountRows::readWholeLog(AccountKey account)
{
    return m_database
        .prepare("SELECT body, signature, proofs, seen_ms FROM log_entry WHERE account_id = ?1 ORDER BY version")
        .with(account)
        .collect([](Row &row) {
            return LoggedEntry{readSignedEntry(row, 0), row.time(3)};
        });
}

// ---- Bundles and prekeys -----------------------------------------------------------------------------------------

Result<Done> AccountRows::putBundle(DeviceKey device, const wire::SignedEntry &bundle)
{
    const auto put = m_database
                         .prepare("INSERT INTO bundle (device_id, body, signature, proofs)"
                                  " SELECT id, ?2, ?3, ?4 FROM device WHERE id = ?1 AND active = 1"
                                  " ON CONFLICT (device_id) DO UPDATE SET body = excluded.body,"
                                  " signature = excluded.signature, proofs = excluded.proofs")
                         .with(device, bundle.body, bundle.signature, packProofs(bundle.proofs))
                         .run();
    if (!put)
        return put.error();
    return Done{};
}

Result<int> AccountRows::countPreKeys(DeviceKey device, Timestamp now)
{
    const auto count = m_database
                           .prepare("SELECT count(*) FROM one_time_prekey WHERE device_id = ?1"
                                    " AND uploaded_day > ?2")
                           .with(device, newestDeadDay(now))
                           .number();
    if (!count)
        return count.error();
    return int(*count);
}

Result<int> AccountRows::addPreKeys(DeviceKey device, const std::vector<wire::SignedEntry> &preKeys, int cap,
                                    Timestamp now)
{
    const auto held = countPreKeys(device, now);
    if (!held)
        return held.error();
    int count = *held;
    for (const wire::SignedEntry &preKey : preKeys) {
        if (count >= cap)
            break;
        const auto added = m_database
                               .prepare("INSERT INTO one_time_prekey"
                                        " (device_id, body, signature, proofs, uploaded_day)"
                                        " SELECT id, ?2, ?3, ?4, ?5 FROM device WHERE id = ?1 AND active = 1")
                               .with(device, preKey.body, preKey.signature, packProofs(preKey.proofs), dayOf(now))
                               .run();
        if (!added)
            return added.error();
        ++count;
    }
    return count;
}

Result<std::optional<wire::SignedEntry>> AccountRows::takePreKey(DeviceKey device, Timestamp now)
{
    return m_database
        .prepare("DELETE FROM one_time_prekey WHERE id ="
                 " (SELECT id FROM one_time_prekey WHERE device_id = ?1 AND uploaded_day > ?2 ORDER BY id LIMIT 1)"
                 " RETURNING body, signature, proofs")
        .with(device, newestDeadDay(now))
        .first([](Row &row) { return readSignedEntry(row, 0); });
}

Result<std::vector<wire::DeviceBundle>> AccountRows::takeBundles(const std::vector<BundleRequest> &requests,
                                                                 Timestamp now)
{
    std::vector<wire::DeviceBundle> bundles;
    for (const BundleRequest &request : requests) {
        auto bundle = m_database
                          .prepare("SELECT body, signature, proofs FROM bundle WHERE device_id ="
                                   " (SELECT id FROM device WHERE id = ?1 AND active = 1)")
                          .with(request.key)
                          .first([](Row &row) { return readSignedEntry(row, 0); });
        if (!bundle)
            return bundle.error();
        if (!*bundle)
            continue; // revoked since the caller looked
        std::optional<wire::SignedEntry> preKey;
        if (request.withOneTimePreKey) {
            auto taken = takePreKey(request.key, now);
            if (!taken)
                return taken.error();
            preKey = std::move(*taken);
        }
        bundles.push_back({request.device, std::move(**bundle), std::move(preKey)});
    }
    return bundles;
}

Result<int> AccountRows::expirePreKeys(Timestamp now, int limit)
{
    const auto gone = m_database
                          .prepare("DELETE FROM one_time_prekey WHERE id IN"
                                   " (SELECT id FROM one_time_prekey WHERE uploaded_day <= ?1 LIMIT ?2)")
                          .with(newestDeadDay(now), limit)
                          .run();
    if (!gone)
        return gone.error();
    return int(*gone);
}

} // namespace sotto::relay
