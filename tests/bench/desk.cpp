#include "tests/bench/desk.h"

#include "core/account/account_maker.h"
#include "core/client/schema.h"
#include "core/sqlite/transaction.h"
#include "tests/bench/figures.h"

#include <QCoreApplication>

namespace sotto::bench {

namespace {
const Bytes kKey(Database::kKeyBytes, 'k');
constexpr qsizetype kSecretBytes = 32;
} // namespace

Desk::Desk(const QString &path, Clock &clock, Random &random, const wire::Invite &invite, TransportFactory transports,
           Database::Synchronous synchronous)
{
    openDatabase(path, clock, random, synchronous);
    AccountMaker maker(*storage, *core, clock, random);
    must(maker.make(invite, QStringLiteral("Somebody"), QString(), clock.now()), "make an account");
    must(maker.finish(clock.now()), "finish an account");
    wire(clock, random, std::move(transports));
}

Desk::Desk(const QString &path, Clock &clock, Random &random, const wire::Invite &invite, TransportFactory transports,
           Desk &first)
{
    openDatabase(path, clock, random, Database::Synchronous::Full);
    auto keys = DeviceKeys::make(random);
    const auto number = makeDeviceId(random);
    const auto profileKey = first.storage->ownAccount.profileKey();
    must(keys && number && profileKey, "make a device");
    const OwnDevice device{{first.account(), *number}, std::move(*keys)};
    const X25519KeyPair identity = device.keys.identity.x25519();
    DeviceLog log = *must(first.parts->directory.find(first.account()));
    const auto claim = makeClaim(first.account(), log.head().hash, device.pairs(identity), random);
    must(bool(claim), "claim a device");
    const OwnDevice &old = first.parts->device;
    const auto entry = makeAddDevice(log, {old.address.device, old.keys.signing}, *claim, clock.now());
    must(bool(log.append(entry, clock.now())), "add a device");

    auto learning = must(Transaction::begin(*first.database));
    must(first.parts->directory.adopt(log), "adopt a log");
    must(learning.commit(), "commit");
    auto transaction = must(Transaction::begin(*database));
    const OwnAccount own{device.address, QStringLiteral("Somebody"), QString(), Bytes(), QString(), clock.now()};
    must(storage->ownAccount.create(
             own, {device.keys.toSecret(), profileKey->clone(), SecretBytes::zeros(kSecretBytes), SecretBytes()}),
         "create an account");
    must(storage->relay.store({invite.relayKey, std::nullopt, QString(), 0, invite.addresses}), "store the relay");
    must(storeLog(storage->pins, log), "store the log");
    must(transaction.commit(), "commit");
    wire(clock, random, std::move(transports));
}

void Desk::openDatabase(const QString &path, Clock &clock, Random &random, Database::Synchronous synchronous)
{
    database = must(Database::open(path, {.key = kKey, .synchronous = synchronous}), "open a database");
    must(migrate(*database, clientMigrations()), "migrate");
    auto made = CryptoCore::create(random, clock);
    must(bool(made), "start the crypto core");
    core = std::move(*made);
    index = std::make_unique<TextIndex>(*database);
    storage = std::make_unique<Storage>(*database, index.get());
}

void Desk::wire(Clock &clock, Random &random, TransportFactory transports)
{
    parts = std::make_unique<AccountParts>(*storage, *core, clock, random, std::move(transports),
                                           must(loadOwnDevice(*storage)), must(loadRelayPins(*storage)));
    QObject::connect(&parts->relay, &RelayClient::delivered, &parts->inbox, &Inbox::take);
    QObject::connect(&parts->connection, &RelayConnection::stateChanged, &parts->pump,
                     [this] { parts->pump.setOnline(parts->connection.isOnline()); });
    QObject::connect(&parts->inbox, &Inbox::storeFailed, [](const Error &) { must(false, "store mail"); });
    QObject::connect(&parts->pump, &OutboxPump::storeFailed, [](const Error &) { must(false, "store the outbox"); });
    auto transaction = must(Transaction::begin(*database));
    must(storage->ephemeralSecrets.renew(must(random.bytes(kSecretBytes)), clock.now()), "make a secret");
    must(transaction.commit(), "commit");
}

void Desk::knows(Desk &other)
{
    const DeviceLog log = *must(other.parts->directory.find(other.account()));
    const auto profileKey = must(other.storage->ownAccount.profileKey());
    auto transaction = must(Transaction::begin(*database));
    must(parts->directory.adopt(log), "pin a log");
    if (other.account() != account()) {
        const Timestamp now = core->clock().now();
        must(storage->contacts.ensure(other.account(), now), "add a contact");
        must(storage->contacts.setState(other.account(), ContactState::Accepted, now), "accept a contact");
        must(storage->contacts.setProfileKey(other.account(), profileKey.view(), {0}), "keep a profile key");
    }
    must(transaction.commit(), "commit");
}

void Desk::buildsSessionWith(Desk &other)
{
    auto making = must(Transaction::begin(*other.database));
    PreKeys preKeys(*other.core, other.parts->keyStore.stores());
    const auto preKey = preKeys.makeSignedPreKey();
    must(bool(preKey), "make a prekey");
    must(making.commit(), "commit");
    const CurvePublicKey &identity = other.parts->device.keys.identity.publicKey;
    const RemoteBundle bundle{registrationIdOf(identity),  identity.toBytes(), preKey->id,
                              preKey->publicKey.toBytes(), preKey->signature,  std::nullopt};
    auto transaction = must(Transaction::begin(*database));
    must(bool(parts->sessions.processBundle(other.address(), bundle)), "build a session");
    must(transaction.commit(), "commit");
}

void Desk::goesOnline()
{
    parts->connection.start();
    while (!parts->connection.isOnline())
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

} // namespace sotto::bench
