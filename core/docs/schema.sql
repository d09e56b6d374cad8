-- The client's database, version 3: one encrypted file per account (SQLCipher, core/sqlite). A test compares every
-- statement with what the migrations of core/storage make, and wants a comment on every column. What version 3 added
-- stands at the end of its tables and of this file.
--
-- Times are milliseconds since 1970-01-01 UTC (_ms). Ids are raw bytes. Numbers of C++ enumerations are named with
-- their type. "account" columns hold account.id, "conversation" columns conversation.id: small numbers keep rows lean.
-- Full-text tables are not here: core/search makes and describes them.

-- Every account that any other table mentions, ourselves included, under a small number.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- the small number
    account_id BLOB NOT NULL UNIQUE       -- AccountId, 32 bytes
) STRICT;

-- Ourselves: one row once registered.
CREATE TABLE own_account (
    single INTEGER PRIMARY KEY CHECK (single = 1), -- there is one
    account INTEGER NOT NULL REFERENCES account,   -- our account
    device INTEGER NOT NULL,                       -- this device's number
    name TEXT NOT NULL,                            -- profile name
    about TEXT NOT NULL,                           -- profile text, may be empty
    picture BLOB NOT NULL,                         -- profile picture, JPEG; empty: none
    handle TEXT NOT NULL,                          -- without @; empty: none
    profile_key BLOB NOT NULL,                     -- 32 bytes; delivery token and presence topic follow from it
    profile_key_ms INTEGER NOT NULL,               -- when it was made
    previous_profile_key BLOB,                     -- the one before, while its token is still accepted
    device_keys BLOB NOT NULL,                     -- secrets of IK, DSK and SEK (DeviceKeys::toSecret)
    backup_root BLOB NOT NULL,                     -- 32 bytes, from the recovery kit
    kit_secret BLOB,                               -- the recovery kit until the person has confirmed it, then null
    registered_ms INTEGER NOT NULL                 -- when the account or this device was made
) STRICT;

-- The relay of this account: one row.
CREATE TABLE relay (
    single INTEGER PRIMARY KEY CHECK (single = 1), -- there is one
    relay_key BLOB NOT NULL,                       -- RelayKey that Hello must be signed with
    next_relay_key BLOB,                           -- announced successor, valid beside it
    name TEXT NOT NULL,                            -- what the relay calls itself
    info_version INTEGER NOT NULL,                 -- version of the newest RelayInfo seen
    last_acked_seq INTEGER NOT NULL,               -- highest queue sequence whose message is committed here
    last_submit_seq INTEGER NOT NULL,              -- highest submit_seq given out; never goes back
    credible_ms INTEGER NOT NULL DEFAULT 0         -- last time that clock and relay agreed on
) STRICT;

-- Where the relay can be reached, in the order to try.
CREATE TABLE relay_address (
    position INTEGER PRIMARY KEY, -- from 0
    address TEXT NOT NULL         -- host:port
) STRICT;

-- How far an account's device log is known; only descendants are accepted.
CREATE TABLE log_pin (
    account INTEGER PRIMARY KEY REFERENCES account, -- whose log
    epoch INTEGER NOT NULL,                         -- raised by recover
    version INTEGER NOT NULL,                       -- of the head
    head BLOB NOT NULL,                             -- BLAKE2b-256 of the head's body
    verified INTEGER NOT NULL,                      -- 1: the safety number was compared
    hold INTEGER NOT NULL DEFAULT 0,                -- 1 newer head claimed, 2 safety number changed
    claimed_version INTEGER NOT NULL DEFAULT 0,     -- 0: no claim
    claimed_hash BLOB,                              -- with it
    claimed_by INTEGER NOT NULL DEFAULT 0,          -- DeviceId that claims
    claimed_ms INTEGER NOT NULL DEFAULT 0,          -- since when
    claim_waived INTEGER NOT NULL DEFAULT 0,        -- version of the claim that the person answered; 0: none
    waived_hash BLOB,                               -- its hash
    waived_by INTEGER NOT NULL DEFAULT 0,           -- DeviceId that made it: up to that version it holds nothing
    known_root BLOB                                 -- ARK that the person last accepted
) STRICT;

-- The pinned log itself.
CREATE TABLE log_entry (
    account INTEGER NOT NULL REFERENCES account, -- whose log
    position INTEGER NOT NULL,                   -- from 0 (genesis)
    entry BLOB NOT NULL,                         -- the signed entry as it came
    seen_ms INTEGER NOT NULL,                    -- when this machine first saw it
    PRIMARY KEY (account, position)
) STRICT, WITHOUT ROWID;

-- What the verified log says about devices.
CREATE TABLE device (
    account INTEGER NOT NULL REFERENCES account, -- whose device
    device INTEGER NOT NULL,                     -- DeviceId
    identity_key BLOB NOT NULL,                  -- IK, 33 bytes with type byte
    signing_key BLOB NOT NULL,                   -- DSK, 32 bytes
    sealing_key BLOB NOT NULL,                   -- SEK, 32 bytes
    revoked INTEGER NOT NULL,                    -- 1: nothing is sent to it or taken from it
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;

-- People.
CREATE TABLE contact (
    account INTEGER PRIMARY KEY REFERENCES account, -- who
    state INTEGER NOT NULL,                         -- ContactState
    state_ms INTEGER NOT NULL,                      -- when the person last decided it; own desktops keep the newer one
    handle TEXT NOT NULL,                           -- without @; empty: none known
    name TEXT NOT NULL,                             -- from their profile; empty until known
    about TEXT NOT NULL,                            -- profile text
    picture BLOB NOT NULL,                          -- profile picture, JPEG; empty: none
    profile_key BLOB,                               -- 32 bytes; their delivery token follows from it
    stranger_messages INTEGER NOT NULL,             -- messages taken from them before we accepted (at most 3)
    profile_key_ms INTEGER NOT NULL DEFAULT 0,      -- made_ms of profile_key; the greater wins
    accept_sent_ms INTEGER NOT NULL DEFAULT 0,      -- last ContactAccept
    asked_ms INTEGER NOT NULL DEFAULT 0             -- last ContactRequest
) STRICT;
CREATE INDEX contact_state ON contact (state);
CREATE INDEX contact_handle ON contact (handle) WHERE handle != '';

-- Chats.
CREATE TABLE conversation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,      -- the small number
    conversation_id BLOB NOT NULL UNIQUE,      -- ConversationId, 32 bytes
    peer INTEGER REFERENCES account,           -- of a one-to-one chat
    timer_s INTEGER NOT NULL,                  -- disappearing messages; 0: off
    unread INTEGER NOT NULL,                   -- messages of others not read on any own device
    last_message INTEGER,                      -- message.id that the chat list shows; null: empty
    last_activity_ms INTEGER NOT NULL,         -- sorts the chat list
    muted_until_ms INTEGER NOT NULL,           -- no notifications until then
    pinned INTEGER NOT NULL,                   -- 1: on top of the list
    archived INTEGER NOT NULL,                 -- 1: hidden from the list
    draft TEXT NOT NULL,                       -- text being written
    timer_revision INTEGER NOT NULL DEFAULT 0, -- of timer_s; the greater wins
    marked_unread INTEGER NOT NULL DEFAULT 0,  -- 1: by the person
    marked_ms INTEGER NOT NULL DEFAULT 0,      -- changed_ms of that mark
    marked_by INTEGER NOT NULL DEFAULT 0,      -- DeviceId that set it
    looked_ms INTEGER NOT NULL DEFAULT 0       -- last look at it on any own desktop, as far as known
) STRICT;
CREATE INDEX conversation_activity ON conversation (last_activity_ms);

-- Messages. Rows are many: each column counts.
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,                  -- grows in order of arrival; also the full-text row
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    sender INTEGER NOT NULL REFERENCES account,            -- who
    device INTEGER NOT NULL,                               -- DeviceId of the sender
    inner_id BLOB NOT NULL,                                -- MessageId, 16 bytes, made by the sender
    counter INTEGER NOT NULL,                              -- in the sender device's stream; 0 until first encrypted
    client_ms INTEGER NOT NULL,                            -- the sender's clock
    sort_ms INTEGER NOT NULL,                              -- relay time of acceptance, clamped; of queued ones 2^52
    kind INTEGER NOT NULL,                                 -- MessageKind
    state INTEGER NOT NULL,                                -- Delivery: Queued, Sent or Failed; of others Delivered
    text TEXT NOT NULL,                                    -- the words; empty when the kind has none
    flags INTEGER NOT NULL DEFAULT 0,                      -- 1 forwarded, 2 edited; 256 x how many are Lost
    UNIQUE (conversation, sender, inner_id)
) STRICT;
CREATE INDEX message_order ON message (conversation, sort_ms);

-- Content that this version cannot show, kept for the update that can.
CREATE TABLE sealed_content (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE, -- its UpdateNeeded row
    content BLOB NOT NULL                                             -- the decrypted bytes
) STRICT;

-- Hashes of the inner ciphertexts that were accepted: delivery is at least once.
CREATE TABLE seen_ciphertext (
    hash BLOB PRIMARY KEY,   -- first 16 bytes of the inner hash
    seen_day INTEGER NOT NULL -- days since 1970, for pruning
) STRICT, WITHOUT ROWID;

-- Counters of each device's stream in a conversation; our own device's row is what we have given out.
CREATE TABLE stream (
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    account INTEGER NOT NULL REFERENCES account,           -- whose device
    device INTEGER NOT NULL,                               -- which
    first_counter INTEGER NOT NULL,                        -- baseline: nothing before it is missed; 0: nothing came
    last_counter INTEGER NOT NULL,                         -- highest seen or given
    last_hash BLOB,                                        -- of that message, for the next one's previous-hash
    last_sort_ms INTEGER NOT NULL,                         -- its sort time; later counters sort no earlier
    read_counter INTEGER NOT NULL,                         -- read by us up to here, on any own device
    read_ms INTEGER NOT NULL DEFAULT 0,                    -- when more was last read
    read_missing TEXT NOT NULL DEFAULT '',                 -- not seen below it, rising: ",5,200,"
    read_told INTEGER NOT NULL DEFAULT 0,                  -- read while receipts were on, as they say
    PRIMARY KEY (conversation, account, device)
) STRICT, WITHOUT ROWID;

-- Ranges of counters that were skipped and have not come.
CREATE TABLE gap (
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    account INTEGER NOT NULL REFERENCES account,           -- whose device
    device INTEGER NOT NULL,                               -- which
    first INTEGER NOT NULL,                                -- first missing counter
    last INTEGER NOT NULL,                                 -- last missing counter
    noticed_ms INTEGER NOT NULL,                           -- when a later one came
    asked_ms INTEGER,                                      -- when it was asked for
    tries INTEGER NOT NULL DEFAULT 0,                      -- how often asked for
    lost INTEGER REFERENCES message ON DELETE SET NULL,    -- its Lost row
    PRIMARY KEY (conversation, account, device, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX gap_lost ON gap (lost) WHERE lost IS NOT NULL;

-- Times in which the relay kept nothing for this device; own desktops fill them.
CREATE TABLE gap_mark (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- order of arrival
    from_ms INTEGER NOT NULL,             -- relay time
    until_ms INTEGER NOT NULL             -- relay time
) STRICT;

-- Receipts we got: how far a reader has our messages.
CREATE TABLE delivery (
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    reader INTEGER NOT NULL REFERENCES account,            -- who
    author_device INTEGER NOT NULL,                        -- which of our devices wrote
    delivered_up_to INTEGER NOT NULL,                      -- counter
    read_up_to INTEGER NOT NULL,                           -- counter
    not_delivered BLOB NOT NULL,                           -- exceptions below it: 8 bytes each, big-endian, rising
    PRIMARY KEY (conversation, reader, author_device)
) STRICT, WITHOUT ROWID;

-- Receipts we owe; one row covers all until it is sent.
CREATE TABLE receipt_due (
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    author INTEGER NOT NULL REFERENCES account,            -- to whom
    due_ms INTEGER NOT NULL,                               -- not before
    PRIMARY KEY (conversation, author)
) STRICT, WITHOUT ROWID;

-- Everything waiting to be submitted, in order.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,                  -- order within a conversation
    conversation INTEGER REFERENCES conversation,          -- whose order it keeps; null: none
    recipient INTEGER NOT NULL REFERENCES account,         -- to whom (own desktops get their copies with it)
    message INTEGER REFERENCES message ON DELETE SET NULL, -- its row; null: content without one
    class INTEGER NOT NULL,                                -- the relay's delivery class
    submit_id BLOB NOT NULL UNIQUE,                        -- SubmitId
    content BLOB NOT NULL,                                 -- encoded body; once encrypted the message as sealed
    inner_id BLOB NOT NULL,                                -- MessageId, the same in every retry
    created_ms INTEGER NOT NULL,                           -- when it was put here
    attempts INTEGER NOT NULL,                             -- counted before trying
    next_attempt_ms INTEGER NOT NULL,                      -- not before
    submit_seq INTEGER,                                    -- set when encrypted
    submit BLOB,                                           -- the bytes to send, the same in every retry
    purpose INTEGER NOT NULL DEFAULT 0,                    -- 0 content, 1 resend, 2 sealed retry, 3 introduction
    only_device INTEGER                                    -- the one device it is for; null: all
) STRICT;
CREATE INDEX outbox_conversation ON outbox (conversation, id);
CREATE INDEX outbox_introduction ON outbox (recipient, id) WHERE purpose = 3;
CREATE INDEX outbox_repair ON outbox (recipient, only_device, inner_id, purpose) WHERE purpose IN (1, 2);
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;

-- Ratchets, one per peer device. Never backed up, never restored.
CREATE TABLE session (
    account INTEGER NOT NULL REFERENCES account, -- peer
    device INTEGER NOT NULL,                     -- its device
    record BLOB NOT NULL,                        -- opaque
    hash BLOB NOT NULL,                          -- first 16 bytes of BLAKE2b-256 of the record
    stored_ms INTEGER NOT NULL,                  -- last step
    PRIMARY KEY (account, device)
) STRICT;

-- Identity keys that sessions were built with.
CREATE TABLE identity (
    account INTEGER NOT NULL REFERENCES account, -- peer
    device INTEGER NOT NULL,                     -- its device
    identity_key BLOB NOT NULL,                  -- 33 bytes
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;

-- Private halves of one-time prekeys that wait for their first message.
CREATE TABLE prekey (
    id INTEGER PRIMARY KEY,   -- random, 24 bits
    record BLOB NOT NULL,     -- opaque
    hash BLOB NOT NULL,       -- as in session
    made_ms INTEGER NOT NULL  -- for destroying
) STRICT;

-- Signed prekeys: the current one and its predecessors.
CREATE TABLE signed_prekey (
    id INTEGER PRIMARY KEY,   -- random, 24 bits
    record BLOB NOT NULL,     -- opaque
    hash BLOB NOT NULL,       -- as in session
    made_ms INTEGER NOT NULL  -- for replacing and destroying
) STRICT;

-- Sender key chains of groups.
CREATE TABLE sender_key (
    group_id BLOB NOT NULL,                      -- GroupId
    account INTEGER NOT NULL REFERENCES account, -- whose chain
    device INTEGER NOT NULL,                     -- its device
    record BLOB NOT NULL,                        -- opaque
    hash BLOB NOT NULL,                          -- as in session
    stored_ms INTEGER NOT NULL,                  -- last step
    PRIMARY KEY (group_id, account, device)
) STRICT;

-- Sessions that were built from received prekey messages, so that a replay builds none again.
CREATE TABLE prekey_tombstone (
    account INTEGER NOT NULL REFERENCES account, -- peer
    device INTEGER NOT NULL,                     -- its device
    base_key BLOB NOT NULL,                      -- hash of the session's base key, 32 bytes
    signed_prekey INTEGER NOT NULL,              -- goes when that private half goes
    made_ms INTEGER NOT NULL,                    -- when it was built
    PRIMARY KEY (account, device, base_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX prekey_tombstone_prekey ON prekey_tombstone (signed_prekey);

-- Our secrets for typing and presence frames; the newest is in use.
CREATE TABLE own_ephemeral_secret (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- order
    secret BLOB NOT NULL,                 -- 32 bytes
    made_ms INTEGER NOT NULL              -- renewed weekly and on block
) STRICT;

-- Which peer device has been sent which of our secrets, and what it sent us.
CREATE TABLE peer_ephemeral_secret (
    account INTEGER NOT NULL REFERENCES account, -- peer
    device INTEGER NOT NULL,                     -- its device
    given INTEGER NOT NULL,                      -- own_ephemeral_secret.id it got last; 0: none
    secret BLOB,                                 -- its own secret, 32 bytes
    received_ms INTEGER NOT NULL,                -- when that came; 0: never
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;

-- Invites that we have made and nobody has used; who comes with one is a contact at once.
CREATE TABLE own_invite (
    secret BLOB PRIMARY KEY,    -- InviteSecret
    expires_ms INTEGER NOT NULL -- relay time
) STRICT, WITHOUT ROWID;

-- Settings by name; core/settings knows the names and types.
CREATE TABLE setting (
    name TEXT PRIMARY KEY, -- as in core/settings
    value TEXT NOT NULL    -- in the form its type writes
) STRICT, WITHOUT ROWID;

-- Earlier texts of edited messages, the original under revision 0.
CREATE TABLE message_version (
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE, -- which
    revision INTEGER NOT NULL,                                     -- 0 to 10
    device INTEGER NOT NULL,                                       -- DeviceId that wrote it
    inner_id BLOB NOT NULL,                                        -- MessageId of the Edit; of the Text under 0
    client_ms INTEGER NOT NULL,                                    -- the writer's clock
    text TEXT NOT NULL,                                            -- the words
    PRIMARY KEY (message, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_version_id ON message_version (inner_id);

-- One per person and message.
CREATE TABLE reaction (
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE, -- to what
    account INTEGER NOT NULL REFERENCES account,                   -- by whom
    emoji TEXT NOT NULL,                                           -- empty: taken back
    revision INTEGER NOT NULL,                                     -- the greater wins
    device INTEGER NOT NULL,                                       -- then the greater
    inner_id BLOB NOT NULL,                                        -- then the greater
    PRIMARY KEY (message, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX reaction_id ON reaction (inner_id);

-- What a message answers.
CREATE TABLE reply (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE, -- the answer
    author INTEGER NOT NULL REFERENCES account,                       -- of the answered message
    inner_id BLOB NOT NULL                                            -- its MessageId
) STRICT;

-- Disappearing messages.
CREATE TABLE expiry (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE, -- which
    timer_s INTEGER NOT NULL,                                         -- as it was written; what a TimerChanged row set
    expires_ms INTEGER                                                -- credible time; null: does not run yet, or never
) STRICT;
CREATE INDEX expiry_due ON expiry (expires_ms) WHERE expires_ms IS NOT NULL;

-- Edits, deletes and reactions to messages that are not here; 40 days.
CREATE TABLE pending_reference (
    id INTEGER PRIMARY KEY AUTOINCREMENT,                  -- order of arrival
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    author INTEGER NOT NULL REFERENCES account,            -- of the target
    target BLOB NOT NULL,                                  -- its MessageId
    account INTEGER NOT NULL REFERENCES account,           -- who refers
    device INTEGER NOT NULL,                               -- with which device
    inner_id BLOB NOT NULL,                                -- MessageId of the reference
    kind INTEGER NOT NULL,                                 -- ReferenceKind
    client_ms INTEGER NOT NULL,                            -- of its header
    body BLOB NOT NULL,                                    -- encoded Edit, Delete or Reaction
    arrived_ms INTEGER NOT NULL                            -- for pruning
) STRICT;
CREATE INDEX pending_reference_target ON pending_reference (conversation, author, target);

-- Messages that were deleted for us or expired: what comes late for them is ignored. 45 days.
CREATE TABLE wiped (
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    author INTEGER NOT NULL REFERENCES account,            -- whose message
    inner_id BLOB NOT NULL,                                -- MessageId
    wiped_ms INTEGER NOT NULL,                             -- for pruning
    PRIMARY KEY (conversation, author, inner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX wiped_time ON wiped (wiped_ms);

-- Frames from known senders that did not open.
CREATE TABLE repair (
    id INTEGER PRIMARY KEY AUTOINCREMENT,                  -- order
    account INTEGER NOT NULL REFERENCES account,           -- from whom
    device INTEGER NOT NULL,                               -- which device is asked
    inner_id BLOB NOT NULL,                                -- MessageId
    message INTEGER REFERENCES message ON DELETE SET NULL, -- its placeholder; null for siblings' frames
    ratchet_key BLOB NOT NULL,                             -- of the frame, 33 bytes; empty: unreadable
    noticed_ms INTEGER NOT NULL,                           -- first failure
    asked_ms INTEGER,                                      -- last request
    tries INTEGER NOT NULL,                                -- requests so far
    UNIQUE (account, device, inner_id)
) STRICT;
CREATE INDEX repair_message ON repair (message) WHERE message IS NOT NULL;

-- First counter of our stream that a device was sent, in a conversation.
CREATE TABLE stream_start (
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    account INTEGER NOT NULL REFERENCES account,           -- whose device
    device INTEGER NOT NULL,                               -- which
    first_counter INTEGER NOT NULL,                        -- header.stream_start for it
    PRIMARY KEY (conversation, account, device)
) STRICT, WITHOUT ROWID;

-- Counted messages that may be asked for again, 37 days.
CREATE TABLE resend (
    inner_id BLOB PRIMARY KEY,                             -- MessageId
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    counter INTEGER NOT NULL,                              -- in our stream
    message INTEGER REFERENCES message ON DELETE SET NULL, -- its row, or for an Edit its target's
    is_text INTEGER NOT NULL,                              -- 1: the body is rebuilt from the row
    body BLOB,                                             -- of other kinds; null: gone
    hash BLOB NOT NULL,                                    -- contentHash; a rebuilt body must have it
    previous_hash BLOB,                                    -- as first sent
    client_ms INTEGER NOT NULL,                            -- as first sent
    devices BLOB NOT NULL,                                 -- who may ask: account.id, device: 8 and 4 bytes, big-endian
    sent_ms INTEGER NOT NULL,                              -- for pruning
    accepted_ms INTEGER,                                   -- relay time of the first acceptance
    kept_until_ms INTEGER,                                 -- Accepted.kept_until_ms, for message info
    failed INTEGER NOT NULL                                -- 1: refused for good, the answer is NEVER_SENT
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX resend_counter ON resend (conversation, counter);
CREATE INDEX resend_sent ON resend (sent_ms);
CREATE INDEX resend_message ON resend (message) WHERE message IS NOT NULL;

-- How often a device was answered lately; at most 3.
CREATE TABLE resend_count (
    inner_id BLOB NOT NULL REFERENCES resend ON DELETE CASCADE, -- what
    account INTEGER NOT NULL REFERENCES account,                -- to whom
    device INTEGER NOT NULL,                                    -- which device
    count INTEGER NOT NULL,                                     -- 0 to 3
    since_ms INTEGER NOT NULL,                                  -- the first of these
    PRIMARY KEY (inner_id, account, device)
) STRICT, WITHOUT ROWID;

-- What repair remembers of a device.
CREATE TABLE peer_device (
    account INTEGER NOT NULL REFERENCES account, -- whose
    device INTEGER NOT NULL,                     -- which
    rebuilt_ms INTEGER NOT NULL,                 -- last session rebuilt at its request
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;

-- Starred messages; "off" stays so that an older "on" does not win.
CREATE TABLE star (
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    author INTEGER NOT NULL REFERENCES account,            -- of the message
    inner_id BLOB NOT NULL,                                -- MessageId
    is_on INTEGER NOT NULL,                                -- 1: starred
    changed_ms INTEGER NOT NULL,                           -- the greater wins
    device INTEGER NOT NULL,                               -- then the greater
    PRIMARY KEY (conversation, author, inner_id)
) STRICT, WITHOUT ROWID;

-- Looks at chats that our other desktops are to be told of.
CREATE TABLE read_due (
    conversation INTEGER PRIMARY KEY REFERENCES conversation, -- at which
    read_ms INTEGER NOT NULL,                                 -- the latest look
    due_ms INTEGER NOT NULL                                   -- not before
) STRICT;

-- When synced settings changed.
CREATE TABLE setting_change (
    name TEXT PRIMARY KEY,       -- as in setting
    changed_ms INTEGER NOT NULL, -- the greater wins
    device INTEGER NOT NULL      -- then the greater
) STRICT, WITHOUT ROWID;

-- When receipts moved the ladder; the newest 1000 per author device.
CREATE TABLE receipt_step (
    conversation INTEGER NOT NULL REFERENCES conversation, -- where
    reader INTEGER NOT NULL REFERENCES account,            -- who
    author_device INTEGER NOT NULL,                        -- which of our devices wrote
    is_read INTEGER NOT NULL,                              -- 0 delivered, 1 read
    up_to INTEGER NOT NULL,                                -- counter
    at_ms INTEGER NOT NULL,                                -- relay time of the receipt, clamped
    PRIMARY KEY (conversation, reader, author_device, is_read, up_to)
) STRICT, WITHOUT ROWID;

-- What the person must be told.
CREATE TABLE alarm (
    account INTEGER NOT NULL REFERENCES account, -- about whom
    kind INTEGER NOT NULL,                       -- AlarmKind
    version INTEGER NOT NULL,                    -- the highest version of the log that it was about
    count INTEGER NOT NULL,                      -- how often
    first_ms INTEGER NOT NULL,                   -- first time
    last_ms INTEGER NOT NULL,                    -- last time
    acknowledged INTEGER NOT NULL,               -- 1: seen
    PRIMARY KEY (account, kind)
) STRICT, WITHOUT ROWID;

-- Counts for status and doctor.
CREATE TABLE tally (
    name TEXT PRIMARY KEY, -- frames, undecryptable, repaired, lost, ignored
    value INTEGER NOT NULL -- since the profile was made
) STRICT, WITHOUT ROWID;
