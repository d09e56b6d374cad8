#include "core/storage/migrations.h"

#include "core/sqlite/database.h"

namespace sotto {

namespace {

// Frozen once released. core/docs/schema.sql says what each column means.
constexpr char kTables[] = R"sql(
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE own_account (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    picture BLOB NOT NULL,
    handle TEXT NOT NULL,
    profile_key BLOB NOT NULL,
    profile_key_ms INTEGER NOT NULL,
    previous_profile_key BLOB,
    device_keys BLOB NOT NULL,
    backup_root BLOB NOT NULL,
    kit_secret BLOB,
    registered_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE relay (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    relay_key BLOB NOT NULL,
    next_relay_key BLOB,
    name TEXT NOT NULL,
    info_version INTEGER NOT NULL,
    last_acked_seq INTEGER NOT NULL,
    last_submit_seq INTEGER NOT NULL
) STRICT;
CREATE TABLE relay_address (
    position INTEGER PRIMARY KEY,
    address TEXT NOT NULL
) STRICT;
CREATE TABLE log_pin (
    account INTEGER PRIMARY KEY REFERENCES account,
    epoch INTEGER NOT NULL,
    version INTEGER NOT NULL,
    head BLOB NOT NULL,
    verified INTEGER NOT NULL
) STRICT;
CREATE TABLE log_entry (
    account INTEGER NOT NULL REFERENCES account,
    position INTEGER NOT NULL,
    entry BLOB NOT NULL,
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (account, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE device (
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    identity_key BLOB NOT NULL,
    signing_key BLOB NOT NULL,
    sealing_key BLOB NOT NULL,
    revoked INTEGER NOT NULL,
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE contact (
    account INTEGER PRIMARY KEY REFERENCES account,
    state INTEGER NOT NULL,
    state_ms INTEGER NOT NULL,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    picture BLOB NOT NULL,
    profile_key BLOB,
    stranger_messages INTEGER NOT NULL
) STRICT;
CREATE INDEX contact_state ON contact (state);
CREATE INDEX contact_handle ON contact (handle) WHERE handle != '';
CREATE TABLE conversation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id BLOB NOT NULL UNIQUE,
    peer INTEGER REFERENCES account,
    timer_s INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    last_message INTEGER,
    last_activity_ms INTEGER NOT NULL,
    muted_until_ms INTEGER NOT NULL,
    pinned INTEGER NOT NULL,
    archived INTEGER NOT NULL,
    draft TEXT NOT NULL
) STRICT;
CREATE INDEX conversation_activity ON conversation (last_activity_ms);
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation,
    sender INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    inner_id BLOB NOT NULL,
    counter INTEGER NOT NULL,
    client_ms INTEGER NOT NULL,
    sort_ms INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (conversation, sender, inner_id)
) STRICT;
CREATE INDEX message_order ON message (conversation, sort_ms);
CREATE TABLE sealed_content (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    content BLOB NOT NULL
) STRICT;
CREATE TABLE seen_ciphertext (
    hash BLOB PRIMARY KEY,
    seen_day INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE stream (
    conversation INTEGER NOT NULL REFERENCES conversation,
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    first_counter INTEGER NOT NULL,
    last_counter INTEGER NOT NULL,
    last_hash BLOB,
    last_sort_ms INTEGER NOT NULL,
    read_counter INTEGER NOT NULL,
    PRIMARY KEY (conversation, account, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE gap (
    conversation INTEGER NOT NULL REFERENCES conversation,
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    noticed_ms INTEGER NOT NULL,
    asked_ms INTEGER,
    PRIMARY KEY (conversation, account, device, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE gap_mark (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE delivery (
    conversation INTEGER NOT NULL REFERENCES conversation,
    reader INTEGER NOT NULL REFERENCES account,
    author_device INTEGER NOT NULL,
    delivered_up_to INTEGER NOT NULL,
    read_up_to INTEGER NOT NULL,
    not_delivered BLOB NOT NULL,
    PRIMARY KEY (conversation, reader, author_device)
) STRICT, WITHOUT ROWID;
CREATE TABLE receipt_due (
    conversation INTEGER NOT NULL REFERENCES conversation,
    author INTEGER NOT NULL REFERENCES account,
    due_ms INTEGER NOT NULL,
    PRIMARY KEY (conversation, author)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER REFERENCES conversation,
    recipient INTEGER NOT NULL REFERENCES account,
    message INTEGER REFERENCES message ON DELETE SET NULL,
    class INTEGER NOT NULL,
    submit_id BLOB NOT NULL UNIQUE,
    content BLOB NOT NULL,
    inner_id BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_ms INTEGER NOT NULL,
    submit_seq INTEGER,
    submit BLOB
) STRICT;
CREATE INDEX outbox_conversation ON outbox (conversation, id);
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;
CREATE TABLE resend (
    inner_id BLOB PRIMARY KEY,
    message INTEGER REFERENCES message ON DELETE SET NULL,
    devices BLOB NOT NULL,
    sent_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX resend_sent ON resend (sent_ms);
CREATE INDEX resend_message ON resend (message) WHERE message IS NOT NULL;
CREATE TABLE session (
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    record BLOB NOT NULL,
    hash BLOB NOT NULL,
    stored_ms INTEGER NOT NULL,
    PRIMARY KEY (account, device)
) STRICT;
CREATE TABLE identity (
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    identity_key BLOB NOT NULL,
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE prekey (
    id INTEGER PRIMARY KEY,
    record BLOB NOT NULL,
    hash BLOB NOT NULL,
    made_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE signed_prekey (
    id INTEGER PRIMARY KEY,
    record BLOB NOT NULL,
    hash BLOB NOT NULL,
    made_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE sender_key (
    group_id BLOB NOT NULL,
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    record BLOB NOT NULL,
    hash BLOB NOT NULL,
    stored_ms INTEGER NOT NULL,
    PRIMARY KEY (group_id, account, device)
) STRICT;
CREATE TABLE prekey_tombstone (
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    base_key BLOB NOT NULL,
    signed_prekey INTEGER NOT NULL,
    made_ms INTEGER NOT NULL,
    PRIMARY KEY (account, device, base_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX prekey_tombstone_prekey ON prekey_tombstone (signed_prekey);
CREATE TABLE own_ephemeral_secret (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    secret BLOB NOT NULL,
    made_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE peer_ephemeral_secret (
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    given INTEGER NOT NULL,
    secret BLOB,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE own_invite (
    secret BLOB PRIMARY KEY,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

} // namespace

Result<MigrationProgress> createTables(Database &database)
{
    // Schema 0: builds before the first release wrote these tables without a version number (decision 0020).
    const auto existing = database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'message'").number();
    if (!existing)
        return existing.error();
    if (*existing > 0)
        return MigrationProgress::Finished;
    const auto created = database.execute(kTables);
    if (!created)
        return created.error();
    return MigrationProgress::Finished;
}

} // namespace sotto
