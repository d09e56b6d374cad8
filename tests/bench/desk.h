#pragma once
#include "core/client/account_parts.h"
#include "core/client/text_index.h"
#include "core/crypto/crypto_core.h"
#include "core/sqlite/database.h"
#include "core/wire/links.h"

#include <memory>

namespace sotto::bench {

/// One desktop as Client wires it, over an encrypted database on disk with the full-text index; its connection goes
/// where `transports` lead. Anything that fails ends the program.
struct Desk {
    /// The first desktop of a new account. Those that only prepare what another is measured with need not be durable.
    Desk(const QString &path, Clock &clock, Random &random, const wire::Invite &invite, TransportFactory transports,
         Database::Synchronous synchronous = Database::Synchronous::Full);
    /// A further desktop of the account of `first`, which learns of it.
    Desk(const QString &path, Clock &clock, Random &random, const wire::Invite &invite, TransportFactory transports,
         Desk &first);

    DeviceAddress address() const { return parts->device.address; }
    AccountId account() const { return address().account; }

    /// Pins the device log of `other` here and makes its person a contact.
    void knows(Desk &other);
    /// Builds a pairwise session with the device of `other`.
    void buildsSessionWith(Desk &other);
    /// The connection comes up, as Client starts it; returns once mail may flow.
    void goesOnline();

    std::unique_ptr<Database> database;
    std::unique_ptr<CryptoCore> core;
    std::unique_ptr<TextIndex> index;
    std::unique_ptr<Storage> storage;
    std::unique_ptr<AccountParts> parts;

private:
    void openDatabase(const QString &path, Clock &clock, Random &random, Database::Synchronous synchronous);
    void wire(Clock &clock, Random &random, TransportFactory transports);
};

} // namespace sotto::bench
