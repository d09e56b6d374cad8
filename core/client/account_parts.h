#pragma once
#include "core/account/device_directory.h"
#include "core/account/own_device.h"
#include "core/account/prekey_upkeep.h"
#include "core/contacts/contact_service.h"
#include "core/contacts/profile_service.h"
#include "core/messaging/ephemeral/ephemeral_service.h"
#include "core/messaging/ephemeral/presence_service.h"
#include "core/messaging/expiry/expiry_service.h"
#include "core/messaging/heads/log_heads.h"
#include "core/messaging/inbox/inbox.h"
#include "core/messaging/outbox/outbox_pump.h"
#include "core/messaging/receipts/receipt_service.h"
#include "core/messaging/references/references.h"
#include "core/messaging/repair/repair_answerer.h"
#include "core/messaging/repair/repair_requester.h"
#include "core/messaging/repair/repair_store.h"
#include "core/messaging/repair/sealed_retry_box.h"
#include "core/messaging/repair/tail_service.h"
#include "core/messaging/sending/composer.h"
#include "core/messaging/sync/own_registers.h"
#include "core/messaging/sync/read_marks.h"
#include "core/net/relay_client.h"
#include "core/storage/key_store_db.h"
#include "core/storage/storage.h"

namespace sotto {

/// Everything a registered account runs on, wired by constructor in the order of dependence. Core thread.
struct AccountParts {
    /// All outlive the parts.
    AccountParts(Storage &storage, CryptoCore &core, Clock &clock, Random &random, TransportFactory transports,
                 OwnDevice ownDevice, RelayPins pins);

    OwnDevice device;
    KeyStoreDb keyStore;
    SessionCipher sessions;
    SealedSender senders;
    RelayConnection connection;
    CredibleClock credible;
    RelayClient relay;
    DeviceDirectory directory;
    EnvelopeSealer envelopes;
    SealedRetryBox retries;
    OutboxSealer sealer;
    SessionMaker sessionMaker;
    References references;
    ReadMarks reads;
    OwnRegisters registers;
    OutboxPump pump;
    ExpiryService expiry;
    Composer composer;
    LogHeads heads;
    ContactService contacts;
    RepairStore repairs;
    RepairAnswerer answerer;
    RepairRequester requester;
    TailService tails;
    Inbox inbox;
    ReceiptService receipts;
    EphemeralService ephemeral;
    PresenceService presence;
    PreKeyUpkeep preKeys;
    ProfileService profiles;
};

/// The device and relay of a registered account out of its database. NotFound before registration, Corrupt.
Result<OwnDevice> loadOwnDevice(Storage &storage);
Result<RelayPins> loadRelayPins(Storage &storage);
/// What the database knows of its own traffic; errors of the database.
Result<OwnNumbers> loadOwnNumbers(Storage &storage);
/// Announced addresses and keys, kept for the next start.
Result<Done> storeRelayPins(Storage &storage, const RelayPins &pins, const QString &relayName);

} // namespace sotto
