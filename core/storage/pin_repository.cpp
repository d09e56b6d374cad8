#include "core/storage/pin_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

namespace sotto {

namespace {

#define SOTTO_DEVICE_COLUMNS                                                                                           \
    "SELECT d.device, d.identity_key, d.signing_key, d.sealing_key, d.revoked FROM device AS d"                        \
    " JOIN account AS a ON a.id = d.account WHERE a.account_id = ?"

PinnedDevice readDevice(Row &row)
{
    return PinnedDevice{
        .device = row.device(0),
        .identityKey = row.id<CurvePublicKey>(1),
        .signingKey = row.bytes(2),
        .sealingKey = row.bytes(3),
        .revoked = row.boolean(4),
    };
}

} // namespace

Result<std::optional<PinnedHead>> PinRepository::pin(const AccountId &account)
{
    return m_database
        .prepare("SELECT p.epoch, p.version, p.head FROM log_pin AS p JOIN account AS a ON a.id = p.account"
                 " WHERE a.account_id = ?")
        .with(account)
        .first([&account](Row &row) {
            return PinnedHead{account, std::uint64_t(row.integer(0)), std::uint64_t(row.integer(1)),
                              row.id<Hash256>(2)};
        });
}

Result<Done> PinRepository::store(const PinnedHead &pin, std::size_t firstPosition,
                                  const std::vector<PinnedEntry> &entries, const std::vector<PinnedDevice> &devices)
{
    const auto account = accountRow(m_database, pin.account);
    if (!account)
        return account.error();
    const auto pinned = m_database
                            .prepare("INSERT INTO log_pin (account, epoch, version, head, verified)"
                                     " VALUES (?, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET epoch = excluded.epoch,"
                                     " version = excluded.version, head = excluded.head")
                            .with(*account, pin.epoch, pin.version, pin.head)
                            .run();
    if (!pinned)
        return pinned.error();
    if (const auto stored = storeEntries(*account, firstPosition, entries); !stored)
        return stored.error();
    return storeDevices(*account, devices);
}

Result<Done> PinRepository::storeEntries(std::int64_t account, std::size_t firstPosition,
                                         const std::vector<PinnedEntry> &entries)
{
    const auto removed = m_database.prepare("DELETE FROM log_entry WHERE account = ? AND position >= ?")
                             .with(account, firstPosition)
                             .run();
    if (!removed)
        return removed.error();
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto stored =
            m_database.prepare("INSERT INTO log_entry (account, position, entry, seen_ms) VALUES (?, ?, ?, ?)")
                .with(account, firstPosition + i, entries[i].entry, entries[i].seenAt)
                .run();
        if (!stored)
            return stored.error();
    }
    return Done{};
}

Result<Done> PinRepository::storeDevices(std::int64_t account, const std::vector<PinnedDevice> &devices)
{
    const auto removed = m_database.prepare("DELETE FROM device WHERE account = ?").with(account).run();
    if (!removed)
        return removed.error();
    for (const PinnedDevice &device : devices) {
        const auto stored =
            m_database
                .prepare("INSERT INTO device (account, device, identity_key, signing_key, sealing_key,"
                         " revoked) VALUES (?, ?, ?, ?, ?, ?)")
                .with(account, device.device, device.identityKey, device.signingKey, device.sealingKey, device.revoked)
                .run();
        if (!stored)
            return stored.error();
    }
    return Done{};
}

Result<std::vector<PinnedEntry>> PinRepository::entries(const AccountId &account)
{
    return m_database
        .prepare(
            "SELECT e.entry, e.seen_ms FROM log_entry AS e JOIN account AS a ON a.id = e.account WHERE a.account_id = ?"
            " ORDER BY e.position")
        .with(account)
        .collect([](Row &row) {
            return PinnedEntry{row.bytes(0), row.time(1)};
        });
}

Result<std::vector<PinnedDevice>> PinRepository::devices(const AccountId &account)
{
    return m_database.prepare(SOTTO_DEVICE_COLUMNS " ORDER BY d.device").with(account).collect(readDevice);
}

Result<std::vector<PinnedDevice>> PinRepository::activeDevices(const AccountId &account)
{
    return m_database.prepare(SOTTO_DEVICE_COLUMNS " AND d.revoked = 0 ORDER BY d.device")
        .with(account)
        .collect(readDevice);
}

Result<std::optional<PinnedDevice>> PinRepository::device(const DeviceAddress &address)
{
    return m_database.prepare(SOTTO_DEVICE_COLUMNS " AND d.device = ?")
        .with(address.account, address.device)
        .first(readDevice);
}

Result<bool> PinRepository::isVerified(const AccountId &account)
{
    const auto verified = m_database
                              .prepare("SELECT p.verified FROM log_pin AS p JOIN account AS a ON a.id = p.account"
                                       " WHERE a.account_id = ?")
                              .with(account)
                              .first([](Row &row) { return row.boolean(0); });
    if (!verified)
        return verified.error();
    return verified->value_or(false);
}

Result<Done> PinRepository::setVerified(const AccountId &account, bool verified)
{
    const auto changed = m_database
                             .prepare("UPDATE log_pin SET verified = ? WHERE account ="
                                      " (SELECT id FROM account WHERE account_id = ?)")
                             .with(verified, account)
                             .run();
    if (changed && *changed == 0)
        return ErrorCode::NotFound;
    return anyNumber(changed);
}

Result<std::optional<HeadClaim>> PinRepository::claim(const AccountId &account)
{
    const auto rows =
        m_database
            .prepare("SELECT claimed_version, claimed_hash, claimed_by, claimed_ms FROM log_pin"
                     " WHERE claimed_version > 0 AND account ="
                     " (SELECT id FROM account WHERE account_id = ?)")
            .with(account)
            .collect([](Row &row) {
                return HeadClaim{std::uint64_t(row.integer(0)), row.id<Hash256>(1), row.device(2), row.time(3)};
            });
    if (!rows)
        return rows.error();
    return rows->empty() ? std::optional<HeadClaim>() : std::optional(rows->front());
}

Result<Done> PinRepository::setClaim(const AccountId &account, const HeadClaim &claim)
{
    return exactlyOne(m_database
                          .prepare("UPDATE log_pin SET hold = hold | 1, claimed_version = ?, claimed_hash = ?,"
                                   " claimed_by = ?, claimed_ms = ? WHERE account ="
                                   " (SELECT id FROM account WHERE account_id = ?)")
                          .with(claim.version, claim.hash, claim.by, claim.since, account)
                          .run());
}

Result<Done> PinRepository::endClaim(const AccountId &account, const std::optional<HeadClaim> &waived)
{
    const std::optional<Hash256> hash = waived ? std::optional(waived->hash) : std::nullopt;
    return exactlyOne(
        m_database
            .prepare("UPDATE log_pin SET hold = hold & ~1, claimed_version = 0, claimed_hash = NULL,"
                     " claimed_by = 0, claimed_ms = 0, claim_waived = ?, waived_hash = ?, waived_by = ?"
                     " WHERE account = (SELECT id FROM account WHERE account_id = ?)")
            .with(waived ? waived->version : 0, hash, waived ? std::int64_t(waived->by.number()) : 0, account)
            .run());
}

Result<std::optional<HeadClaim>> PinRepository::waivedClaim(const AccountId &account)
{
    return m_database
        .prepare("SELECT claim_waived, waived_hash, waived_by FROM log_pin WHERE claim_waived > 0 AND account ="
                 " (SELECT id FROM account WHERE account_id = ?)")
        .with(account)
        .first([](Row &row) {
            return HeadClaim{std::uint64_t(row.integer(0)), row.id<Hash256>(1), row.device(2), {}};
        });
}

Result<std::vector<AccountId>> PinRepository::claimed()
{
    return m_database
        .prepare("SELECT a.account_id FROM log_pin AS p JOIN account AS a ON a.id = p.account"
                 " WHERE p.claimed_version > 0 ORDER BY p.account")
        .collect([](Row &row) { return row.id<AccountId>(0); });
}

Result<std::optional<Bytes>> PinRepository::knownRoot(const AccountId &account)
{
    const auto root = m_database
                          .prepare("SELECT known_root FROM log_pin WHERE account ="
                                   " (SELECT id FROM account WHERE account_id = ?)")
                          .with(account)
                          .first([](Row &row) { return row.optionalBytes(0); });
    if (!root)
        return root.error();
    return root->value_or(std::nullopt);
}

Result<Done> PinRepository::acceptRoot(const AccountId &account, ByteView root)
{
    return exactlyOne(m_database
                          .prepare("UPDATE log_pin SET hold = hold & ~2, known_root = ? WHERE account ="
                                   " (SELECT id FROM account WHERE account_id = ?)")
                          .with(root, account)
                          .run());
}

Result<Done> PinRepository::holdForRoot(const AccountId &account)
{
    return exactlyOne(m_database
                          .prepare("UPDATE log_pin SET hold = hold | 2, verified = 0 WHERE account ="
                                   " (SELECT id FROM account WHERE account_id = ?)")
                          .with(account)
                          .run());
}

Result<bool> PinRepository::isHeldForRoot(const AccountId &account)
{
    const auto held = m_database
                          .prepare("SELECT hold & 2 FROM log_pin WHERE account ="
                                   " (SELECT id FROM account WHERE account_id = ?)")
                          .with(account)
                          .first([](Row &row) { return row.integer(0) != 0; });
    if (!held)
        return held.error();
    return held->value_or(false);
}

Result<std::vector<AccountId>> PinRepository::held()
{
    return m_database
        .prepare("SELECT a.account_id FROM log_pin AS p JOIN account AS a ON a.id = p.account"
                 " WHERE p.hold != 0 ORDER BY p.account")
        .collect([](Row &row) { return row.id<AccountId>(0); });
}

Result<bool> PinRepository::isHeld(const AccountId &account)
{
    const auto held = m_database
                          .prepare("SELECT count(*) FROM log_pin WHERE hold != 0 AND account IN"
                                   " ((SELECT id FROM account WHERE account_id = ?),"
                                   " (SELECT account FROM own_account))")
                          .with(account)
                          .number();
    if (!held)
        return held.error();
    return *held != 0;
}

} // namespace sotto
