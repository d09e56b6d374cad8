#pragma once
#include "core/base/logging.h"
#include "core/client/account_parts.h"
#include "core/client/client.h"
#include "core/client/housekeeping.h"
#include "core/client/search_reader.h"
#include "core/client/text_index.h"
#include "core/crypto/crypto_core.h"
#include "core/settings/settings.h"
#include "core/sqlite/database.h"
#include "core/sqlite/instance_lock.h"
#include "core/wire/links.h"

namespace sotto {

/// What a new device keeps between its request to join and the answer.
struct Client::Joining {
    OwnDevice device;
    RelayPins pins;
};

/// What somebody typed to get an account.
struct Client::Newcomer {
    wire::Invite invite;
    QString name;
    QString handle; ///< without @; empty: none
};

/// All of an open profile, in the order of dependence.
struct Client::Parts {
    Parts(ClientEnvironment e, std::unique_ptr<InstanceLock> l, std::unique_ptr<Database> d,
          std::unique_ptr<CryptoCore> c, SecretBytes key)
        : environment(std::move(e)),
          lock(std::move(l)),
          database(std::move(d)),
          index(*database),
          storage(*database, &index),
          core(std::move(c)),
          databaseKey(std::move(key)),
          search(database->path(), databaseKey.clone()),
          cutting(environment.clock, [this] { cutLog(); })
    { }

    /// Words that are gone lie in the write-ahead log until it is cut, at once or, when a reader holds on to it, a
    /// minute later.
    void cutLog()
    {
        if (!database->checkpoint()) {
            qCWarning(lcClient, "the log could not be cut now; trying again");
            cutting.start(kLongestWiped);
            return;
        }
        // What still waits in the outbox may hold such words too.
        wordsWait = wordsWait && storage.outbox.count().valueOr(1) > 0;
    }
    /// The same within a minute: not at once, or each of many would cost.
    void cutLogSoon()
    {
        wordsWait = true;
        if (!cutting.isActive())
            cutting.start(kLongestWiped);
    }

    static constexpr Milliseconds kLongestWiped = std::chrono::minutes(1);

    ClientEnvironment environment;
    std::unique_ptr<InstanceLock> lock;
    std::unique_ptr<Database> database;
    TextIndex index;
    Storage storage;
    std::unique_ptr<CryptoCore> core;
    SecretBytes databaseKey; ///< to wrap it for a new kit
    SearchReader search;
    Timer cutting;         ///< the write-ahead log, after words went
    bool wordsWait = true; ///< words that are gone here may still be in the outbox; not known at start
    std::optional<Joining> joining;
    std::unique_ptr<AccountParts> account;      ///< once registered
    std::unique_ptr<Housekeeping> housekeeping; ///< once registered
    bool wanted = false;                        ///< start() was called
    bool queueDrained = false;                  ///< the relay has sent everything that waited
    bool caughtUp = false;                      ///< and the inbox has judged it
    bool registering = false;
    // Of the database, as it was told.
    std::optional<ErrorCode> inboxTrouble;
    std::optional<ErrorCode> outboxTrouble;
    std::optional<ErrorCode> repairTrouble;
};

} // namespace sotto
