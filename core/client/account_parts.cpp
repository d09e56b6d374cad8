#include "core/client/account_parts.h"

#include "core/ledger/signature.h"
#include "core/sqlite/transaction.h"

namespace sotto {

AccountParts::AccountParts(Storage &storage, CryptoCore &core, Clock &clock, Random &random,
                           TransportFactory transports, OwnDevice ownDevice, RelayPins pins)
    : device(std::move(ownDevice)),
      keyStore(storage.database, device.localIdentity()),
      sessions(core, keyStore.stores()),
      senders(device.address, X25519KeyPair{device.keys.sealing.publicKey, device.keys.sealing.privateKey.clone()},
              random),
      connection(std::move(transports), clock, random, std::move(pins),
                 {device.address,
                  [this](const Bytes &message) -> Result<Bytes> { return signEd25519(message, device.keys.signing); },
                  [&storage] { return loadOwnNumbers(storage); }}),
      credible(storage, clock, [this] { return connection.isOnline() ? connection.relayNow() : std::nullopt; }),
      relay(connection, clock),
      directory(storage.database, storage.pins, relay, clock),
      envelopes(sessions, senders, random),
      retries(device, senders, random),
      sealer(storage, directory, envelopes, retries, clock, device.address),
      sessionMaker(storage.database, sessions, directory, relay, clock,
                   [this](const AccountId &account) { return sealer.deliveryToken(account); }),
      references(storage, clock, device.address),
      reads(storage, directory, credible, clock, random, device.address, [this] { pump.wake(); }),
      registers(storage, references, reads, clock, random, device.address),
      pump({storage, directory, sessionMaker, sealer, relay, references, credible, clock}, device.address),
      expiry(storage, references, credible, clock),
      composer(storage, references, clock, random, device.address),
      heads(storage, directory, keyStore, sessions, clock, device.address),
      contacts(storage, directory, relay, clock, random, device.address, [this] { pump.wake(); }),
      repairs(storage, clock, random, device.address),
      answerer(storage, sessions, clock, random, device.address),
      requester(storage, directory, repairs, clock, random, device.address, [this] { pump.wake(); }),
      tails(storage, clock, random, device.address.account, [this] { pump.wake(); }),
      inbox({storage, core, sessions, senders, directory, relay, contacts, heads, references, registers, credible,
             repairs, answerer, retries, keyStore, clock, random},
            device.address),
      receipts(storage, directory, reads, clock, random, device.address, [this] { pump.wake(); }),
      ephemeral(storage, directory, relay, clock, random, device.address,
                [this](const AccountId &account) { return sealer.deliveryToken(account); }),
      presence(storage, relay, clock),
      preKeys(storage, core, keyStore.stores(), device, relay, clock, random),
      profiles(storage, relay, clock, device.address.account)
{ }

Result<OwnNumbers> loadOwnNumbers(Storage &storage)
{
    const auto acked = storage.relay.lastAckedSeq();
    if (!acked)
        return acked.error();
    const auto submitted = storage.relay.lastSubmitSeq();
    if (!submitted)
        return submitted.error();
    return OwnNumbers{*acked, *submitted};
}

Result<OwnDevice> loadOwnDevice(Storage &storage)
{
    const auto own = storage.ownAccount.load();
    if (!own)
        return own.error();
    if (!*own || (*own)->registeredAt.ms == 0)
        return ErrorCode::NotFound;
    const auto secret = storage.ownAccount.deviceKeys();
    if (!secret)
        return secret.error();
    auto keys = DeviceKeys::fromSecret(secret->view());
    if (!keys)
        return ErrorCode::Corrupt;
    return OwnDevice{(*own)->address, std::move(*keys)};
}

Result<RelayPins> loadRelayPins(Storage &storage)
{
    const auto relay = storage.relay.load();
    if (!relay)
        return relay.error();
    if (!*relay)
        return ErrorCode::NotFound;
    RelayPins pins{(*relay)->key, (*relay)->nextKey, {}, (*relay)->infoVersion};
    for (const QString &address : (*relay)->addresses) {
        if (const auto parsed = RelayAddress::parse(address))
            pins.addresses.push_back(*parsed);
    }
    if (pins.addresses.empty())
        return Error(ErrorCode::Corrupt, QStringLiteral("no usable relay address is stored"));
    return pins;
}

Result<Done> storeRelayPins(Storage &storage, const RelayPins &pins, const QString &relayName)
{
    RelayRecord record{pins.key, pins.nextKey, relayName, pins.infoVersion, {}};
    for (const RelayAddress &address : pins.addresses)
        record.addresses.append(address.toString());
    auto transaction = Transaction::begin(storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto stored = storage.relay.store(record); !stored)
        return stored.error();
    return transaction->commit();
}

} // namespace sotto
