// Migration to version 3: what conversations need that survive lying relays and broken peers.
#include "core/sqlite/database.h"
#include "core/storage/migrations.h"

namespace sotto {

namespace {

// Frozen once released. core/docs/schema.sql says what each column means.
constexpr char kChanges[] = R"sql(
ALTER TABLE message ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN timer_revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN marked_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN marked_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN looked_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN profile_key_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN accept_sent_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contact ADD COLUMN asked_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream ADD COLUMN read_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stream ADD COLUMN read_missing TEXT NOT NULL DEFAULT '';
ALTER TABLE stream ADD COLUMN read_told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE gap ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE gap ADD COLUMN lost INTEGER REFERENCES message ON DELETE SET NULL;
CREATE INDEX gap_lost ON gap (lost) WHERE lost IS NOT NULL;
ALTER TABLE outbox ADD COLUMN purpose INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN only_device INTEGER;
CREATE INDEX outbox_introduction ON outbox (recipient, id) WHERE purpose = 3;
CREATE INDEX outbox_repair ON outbox (recipient, only_device, inner_id, purpose) WHERE purpose IN (1, 2);
ALTER TABLE log_pin ADD COLUMN hold INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log_pin ADD COLUMN claimed_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log_pin ADD COLUMN claimed_hash BLOB;
ALTER TABLE log_pin ADD COLUMN claimed_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log_pin ADD COLUMN claimed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log_pin ADD COLUMN claim_waived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log_pin ADD COLUMN waived_hash BLOB;
ALTER TABLE log_pin ADD COLUMN waived_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log_pin ADD COLUMN known_root BLOB;
ALTER TABLE relay ADD COLUMN credible_ms INTEGER NOT NULL DEFAULT 0;
CREATE TABLE message_version (
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    device INTEGER NOT NULL,
    inner_id BLOB NOT NULL,
    client_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (message, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_version_id ON message_version (inner_id);
CREATE TABLE reaction (
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES account,
    emoji TEXT NOT NULL,
    revision INTEGER NOT NULL,
    device INTEGER NOT NULL,
    inner_id BLOB NOT NULL,
    PRIMARY KEY (message, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX reaction_id ON reaction (inner_id);
CREATE TABLE reply (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    author INTEGER NOT NULL REFERENCES account,
    inner_id BLOB NOT NULL
) STRICT;
CREATE TABLE expiry (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    timer_s INTEGER NOT NULL,
    expires_ms INTEGER
) STRICT;
CREATE INDEX expiry_due ON expiry (expires_ms) WHERE expires_ms IS NOT NULL;
CREATE TABLE pending_reference (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation INTEGER NOT NULL REFERENCES conversation,
    author INTEGER NOT NULL REFERENCES account,
    target BLOB NOT NULL,
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    inner_id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    client_ms INTEGER NOT NULL,
    body BLOB NOT NULL,
    arrived_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX pending_reference_target ON pending_reference (conversation, author, target);
CREATE TABLE wiped (
    conversation INTEGER NOT NULL REFERENCES conversation,
    author INTEGER NOT NULL REFERENCES account,
    inner_id BLOB NOT NULL,
    wiped_ms INTEGER NOT NULL,
    PRIMARY KEY (conversation, author, inner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wiped_time ON wiped (wiped_ms);
CREATE TABLE repair (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    inner_id BLOB NOT NULL,
    message INTEGER REFERENCES message ON DELETE SET NULL,
    ratchet_key BLOB NOT NULL,
    noticed_ms INTEGER NOT NULL,
    asked_ms INTEGER,
    tries INTEGER NOT NULL,
    UNIQUE (account, device, inner_id)
) STRICT;
CREATE INDEX repair_message ON repair (message) WHERE message IS NOT NULL;
CREATE TABLE stream_start (
    conversation INTEGER NOT NULL REFERENCES conversation,
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    first_counter INTEGER NOT NULL,
    PRIMARY KEY (conversation, account, device)
) STRICT, WITHOUT ROWID;
DROP TABLE resend;
CREATE TABLE resend (
    inner_id BLOB PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation,
    counter INTEGER NOT NULL,
    message INTEGER REFERENCES message ON DELETE SET NULL,
    is_text INTEGER NOT NULL,
    body BLOB,
    hash BLOB NOT NULL,
    previous_hash BLOB,
    client_ms INTEGER NOT NULL,
    devices BLOB NOT NULL,
    sent_ms INTEGER NOT NULL,
    accepted_ms INTEGER,
    kept_until_ms INTEGER,
    failed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX resend_counter ON resend (conversation, counter);
CREATE INDEX resend_sent ON resend (sent_ms);
CREATE INDEX resend_message ON resend (message) WHERE message IS NOT NULL;
CREATE TABLE resend_count (
    inner_id BLOB NOT NULL REFERENCES resend ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    count INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    PRIMARY KEY (inner_id, account, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE peer_device (
    account INTEGER NOT NULL REFERENCES account,
    device INTEGER NOT NULL,
    rebuilt_ms INTEGER NOT NULL,
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE star (
    conversation INTEGER NOT NULL REFERENCES conversation,
    author INTEGER NOT NULL REFERENCES account,
    inner_id BLOB NOT NULL,
    is_on INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    device INTEGER NOT NULL,
    PRIMARY KEY (conversation, author, inner_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE read_due (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    read_ms INTEGER NOT NULL,
    due_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE setting_change (
    name TEXT PRIMARY KEY,
    changed_ms INTEGER NOT NULL,
    device INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE receipt_step (
    conversation INTEGER NOT NULL REFERENCES conversation,
    reader INTEGER NOT NULL REFERENCES account,
    author_device INTEGER NOT NULL,
    is_read INTEGER NOT NULL,
    up_to INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (conversation, reader, author_device, is_read, up_to)
) STRICT, WITHOUT ROWID;
CREATE TABLE alarm (
    account INTEGER NOT NULL REFERENCES account,
    kind INTEGER NOT NULL,
    version INTEGER NOT NULL,
    count INTEGER NOT NULL,
    first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE tally (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

} // namespace

Result<MigrationProgress> addConversationTables(Database &database)
{
    const auto changed = database.execute(kChanges);
    if (!changed)
        return changed.error();
    return MigrationProgress::Finished;
}

} // namespace sotto
