#pragma once
#include "core/storage/alarm_repository.h"
#include "core/storage/contact_repository.h"
#include "core/storage/conversation_repository.h"
#include "core/storage/dedupe_repository.h"
#include "core/storage/ephemeral_secret_repository.h"
#include "core/storage/expiry_repository.h"
#include "core/storage/invite_repository.h"
#include "core/storage/message_repository.h"
#include "core/storage/outbox_repository.h"
#include "core/storage/own_account_repository.h"
#include "core/storage/pin_repository.h"
#include "core/storage/read_repository.h"
#include "core/storage/receipt_repository.h"
#include "core/storage/reference_repository.h"
#include "core/storage/register_repository.h"
#include "core/storage/relay_repository.h"
#include "core/storage/repair_repository.h"
#include "core/storage/settings_repository.h"
#include "core/storage/stream_repository.h"

namespace sotto {

class Database;

/// Every repository over one database, for wiring. Key stores are made apart (KeyStoreDb) once the own identity is
/// known. `database` and `index` (may be null) outlive it.
struct Storage {
    Storage(Database &db, MessageTextIndex *index)
        : database(db),
          ownAccount(db),
          relay(db),
          pins(db),
          alarms(db),
          contacts(db),
          conversations(db),
          messages(db, index),
          references(db),
          registers(db),
          expiry(db),
          streams(db),
          reads(db),
          repairs(db),
          receipts(db),
          dedupe(db),
          outbox(db),
          ephemeralSecrets(db),
          invites(db),
          settings(db)
    { }
    Storage(const Storage &) = delete;
    Storage &operator=(const Storage &) = delete;

    Database &database;
    OwnAccountRepository ownAccount;
    RelayRepository relay;
    PinRepository pins;
    AlarmRepository alarms;
    ContactRepository contacts;
    ConversationRepository conversations;
    MessageRepository messages;
    ReferenceRepository references;
    RegisterRepository registers;
    ExpiryRepository expiry;
    StreamRepository streams;
    ReadRepository reads;
    RepairRepository repairs;
    ReceiptRepository receipts;
    DedupeRepository dedupe;
    OutboxRepository outbox;
    EphemeralSecretRepository ephemeralSecrets;
    InviteRepository invites;
    SettingsRepository settings;
};

} // namespace sotto
