#include "server/store/schema.h"

#include "core/sqlite/migrator.h"

namespace sotto::relay {

namespace {

// What a seized disk shows is this and no more (protocol.md 3): who has an account, what waits for whom. No sender, no
// submit id, no pair of people, no address.
constexpr char kFirstSchema[] = R"sql(
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account BLOB NOT NULL UNIQUE,              -- AccountId, 32 bytes
    closed INTEGER NOT NULL,                   -- 1: its log ended with close
    log_version INTEGER NOT NULL,              -- newest log_entry; compare-and-swap goes by it
    token_hash BLOB NOT NULL,                  -- SHA-256 of the delivery token
    previous_token_hash BLOB,                  -- the one before, good for 7 days
    previous_token_until_ms INTEGER NOT NULL,
    profile BLOB NOT NULL,                     -- sealed under the profile key; empty: none
    registered_day INTEGER NOT NULL            -- days since 1970-01-01
) STRICT;

CREATE TABLE handle (
    handle TEXT NOT NULL PRIMARY KEY,          -- [a-z0-9_.]{3,30}
    account_id INTEGER NOT NULL REFERENCES account (id),
    reserved_until_ms INTEGER                  -- the account closed: free for others after this
) STRICT, WITHOUT ROWID;

CREATE TABLE log_entry (
    account_id INTEGER NOT NULL REFERENCES account (id),
    version INTEGER NOT NULL,                  -- from 1
    body BLOB NOT NULL,                        -- the signed bytes as they came
    signature BLOB NOT NULL,
    proofs BLOB NOT NULL,                      -- each with a length byte before it
    seen_ms INTEGER NOT NULL,                  -- when the relay took it
    PRIMARY KEY (account_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    device INTEGER NOT NULL,                   -- DeviceId
    active INTEGER NOT NULL,                   -- 0: revoked
    signing_key BLOB NOT NULL,                 -- DSK
    last_connected_ms INTEGER NOT NULL,        -- rounded down to the day
    next_seq INTEGER NOT NULL,                 -- of its queue; numbers are never used twice
    last_acked_seq INTEGER NOT NULL,
    last_submit_seq INTEGER NOT NULL,          -- written late and for many devices at once: no trace of who wrote when
    gap_before_seq INTEGER NOT NULL,           -- not 0: mail before this was not kept
    row_count INTEGER NOT NULL,                -- queued mail but receipts and status
    small_row_count INTEGER NOT NULL,          -- queued receipts and status
    byte_count INTEGER NOT NULL,               -- of both, payloads included
    UNIQUE (account_id, device)
) STRICT;

CREATE TABLE bundle (
    device_id INTEGER NOT NULL PRIMARY KEY REFERENCES device (id),
    body BLOB NOT NULL,
    signature BLOB NOT NULL,
    proofs BLOB NOT NULL
) STRICT;

CREATE TABLE one_time_prekey (
    id INTEGER PRIMARY KEY AUTOINCREMENT,      -- the oldest goes first
    device_id INTEGER NOT NULL REFERENCES device (id),
    body BLOB NOT NULL,
    signature BLOB NOT NULL,
    proofs BLOB NOT NULL
) STRICT;
CREATE INDEX one_time_prekey_device ON one_time_prekey (device_id, id);

CREATE TABLE invite (
    secret_hash BLOB NOT NULL PRIMARY KEY,     -- SHA-256; the row goes when the invite is used
    expires_ms INTEGER NOT NULL,
    inviter_id INTEGER REFERENCES account (id) -- the member who made it; null: the operator
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_inviter ON invite (inviter_id) WHERE inviter_id IS NOT NULL;
CREATE INDEX invite_expires ON invite (expires_ms);

CREATE TABLE payload (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    copies INTEGER NOT NULL,                   -- queue rows that refer to it; at 0 it goes
    content BLOB NOT NULL                      -- ciphertext
) STRICT;

CREATE TABLE queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id INTEGER NOT NULL REFERENCES device (id),
    seq INTEGER NOT NULL,
    lane INTEGER NOT NULL,                     -- 0 calls, 1 ordinary, 2 status
    mail_class INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    relay_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    sealed_sender BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    payload_id INTEGER REFERENCES payload (id),
    bytes INTEGER NOT NULL,                    -- what it counts against its device
    UNIQUE (device_id, seq)
) STRICT;
CREATE INDEX queue_special ON queue (device_id, lane, seq) WHERE lane <> 1;
CREATE INDEX queue_expires ON queue (expires_ms);

CREATE TABLE repeated_submit (
    day INTEGER NOT NULL,                      -- whose key made the hash; the key is in memory only
    hash BLOB NOT NULL,                        -- keyed BLAKE2b of device and submit id
    relay_ms INTEGER NOT NULL,
    kept_until_ms INTEGER NOT NULL,
    PRIMARY KEY (day, hash)
) STRICT, WITHOUT ROWID;
)sql";

Result<MigrationProgress> createFirstSchema(Database &database)
{
    const auto created = database.execute(kFirstSchema);
    if (!created)
        return created.error();
    return MigrationProgress::Finished;
}

/// The device that uploaded a one-time prekey keeps its private half for a while only. Of those that were there before
/// nobody knows the age: they count as old, and their devices upload fresh ones.
constexpr char kPreKeyDays[] = R"sql(
ALTER TABLE one_time_prekey ADD COLUMN uploaded_day INTEGER NOT NULL DEFAULT 0; -- days since 1970-01-01
CREATE INDEX one_time_prekey_day ON one_time_prekey (uploaded_day);
)sql";

Result<MigrationProgress> addPreKeyDays(Database &database)
{
    const auto added = database.execute(kPreKeyDays);
    if (!added)
        return added.error();
    return MigrationProgress::Finished;
}

/// Used invites count against their maker's quota too. By the day, and without whom they brought: the disk does not say
/// who invited whom.
constexpr char kInviteQuota[] = R"sql(
ALTER TABLE account ADD COLUMN invites_from_day INTEGER NOT NULL DEFAULT 0; -- may not invite before
CREATE TABLE invite_made (
    inviter_id INTEGER NOT NULL REFERENCES account (id),
    day INTEGER NOT NULL,                      -- days since 1970-01-01
    invites INTEGER NOT NULL,                  -- made on that day, used or not
    PRIMARY KEY (inviter_id, day)
) STRICT, WITHOUT ROWID;
)sql";

Result<MigrationProgress> addInviteQuota(Database &database)
{
    const auto added = database.execute(kInviteQuota);
    if (!added)
        return added.error();
    return MigrationProgress::Finished;
}

constexpr Migration kMigrations[] = {
    {1, createFirstSchema},
    {2, addPreKeyDays},
    {3, addInviteQuota},
};
static_assert(versionsStrictlyIncrease(kMigrations));

} // namespace

Result<Done> prepareSchema(Database &database) { return migrate(database, kMigrations); }

} // namespace sotto::relay
