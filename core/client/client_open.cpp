// Opening a profile: lock, key, database, migrations.
#include "core/base/logging.h"
#include "core/client/client_parts.h"
#include "core/client/schema.h"
#include "core/crypto/recovery_kit.h"
#include "core/net/websocket_transport.h"
#include "core/storage/profile_key.h"

#include <QDir>
#include <QFileInfo>

namespace sotto {

namespace {

const QString kDatabaseName = QStringLiteral("sotto.db");

/// Opens and lifts the database; after an unclean exit its pages are verified first.
Result<std::unique_ptr<Database>> openDatabase(const QString &path, const SecretBytes &key, Database::Create create,
                                               bool verify)
{
    auto database = Database::open(path, {.key = key.view(), .create = create});
    if (!database)
        return database.error();
    if (verify) {
        if (const auto whole = (*database)->verifyIntegrity(); !whole)
            return whole.error();
    }
    if (const auto lifted = migrate(**database, clientMigrations()); !lifted)
        return lifted.error();
    return database;
}

/// The kit of a typed code. InvalidArgument, or WrongKey for a code with a typing error.
Result<RecoveryKit> kitOf(const SecretBytes &code)
{
    QString text = QString::fromUtf8(code.view());
    auto kit = RecoveryKit::fromText(text);
    text.fill(QChar(0));
    if (kit)
        return std::move(*kit);
    if (kit.error() == CryptoError::InvalidKey)
        return Error(ErrorCode::WrongKey, QStringLiteral("there is a typing error in the recovery kit"));
    return Error(ErrorCode::InvalidArgument, QStringLiteral("a recovery kit has 56 letters and digits"));
}

Task<Result<SecretBytes>> unlockWithKit(QString directory, Unlock unlock, Argon2Parameters cost, Random *random)
{
    using Finished = Task<Result<SecretBytes>>;
    if (!KeyFile::exists(directory))
        return Finished::finished(Error(ErrorCode::NotFound, QStringLiteral("there is no profile here")));
    if (!unlock.passphrase || unlock.passphrase->isEmpty())
        return Finished::finished(Error(ErrorCode::InvalidArgument, QStringLiteral("a new passphrase is needed")));
    const auto kit = kitOf(*unlock.recoveryKit);
    if (!kit)
        return Finished::finished(kit.error());
    return recoverProfile(std::move(directory), kit->recoveryWrap(), std::move(*unlock.passphrase), cost, random);
}

Task<Result<SecretBytes>> keyOf(QString directory, const ClientEnvironment *environment, Unlock unlock)
{
    if (unlock.recoveryKit)
        return unlockWithKit(std::move(directory), std::move(unlock), environment->passphraseCost,
                             &environment->random);
    if (KeyFile::exists(directory))
        return unlockProfile(std::move(directory), environment->keychain, std::move(unlock.passphrase));
    return makeProfileKey(std::move(directory), kDatabaseName, environment->keychain, std::move(unlock.passphrase),
                          environment->passphraseCost, &environment->random);
}

/// The database of an unlocked profile. A new one is made once: a kill between key file and database leaves a key
/// without a database, and nothing is lost by making it then.
Result<std::unique_ptr<Database>> openProfile(const QString &directory, const SecretBytes &key, bool wasUnclean)
{
    const QString path = QDir(directory).filePath(kDatabaseName);
    const bool hasDatabase = QFileInfo(path).size() > 0;
    const auto hadDatabase = hasHadDatabase(directory);
    if (!hadDatabase)
        return hadDatabase.error();
    if (!hasDatabase && *hadDatabase) {
        return Error(ErrorCode::Corrupt,
                     QStringLiteral("the database of this profile is gone (%1): put the file back, or start anew in"
                                    " another folder")
                         .arg(kDatabaseName));
    }
    auto database = openDatabase(path, key, hasDatabase ? Database::Create::Never : Database::Create::IfMissing,
                                 hasDatabase && wasUnclean);
    if (!database)
        return database;
    if (const auto noted = noteDatabaseMade(directory, key); !noted)
        qCWarning(lcClient, "that the database was made could not be noted: %s", name(noted.error().code));
    return database;
}

} // namespace

void Client::keepKitSlot()
{
    Parts &p = *m_parts;
    const auto own = p.storage.ownAccount.load();
    if (!own || !*own)
        return;
    // The log names the kit in force, on linked desktops too; before registration only the kit itself is there.
    Bytes wrapKey;
    if (p.account) {
        const auto log = p.account->directory.find((*own)->address.account);
        if (log && *log)
            wrapKey = (*log)->recoveryWrap(p.environment.clock.now()).toBytes();
    } else if (const auto secret = p.storage.ownAccount.kitSecret(); secret && *secret) {
        if (const auto kit = RecoveryKit::fromSecret((*secret)->view()))
            wrapKey = kit->recoveryWrap().publicKey;
    }
    if (wrapKey.isEmpty())
        return;
    const QString directory = QFileInfo(p.database->path()).absolutePath();
    if (const auto kept = sotto::keepKitSlot(directory, p.databaseKey, wrapKey, p.environment.random); !kept)
        qCWarning(lcClient, "the recovery kit does not open this profile yet: %s", name(kept.error().code));
}

Task<Result<std::unique_ptr<Client>>> Client::open(QString directory, ClientEnvironment environment, Unlock unlock)
{
    if (const auto started = initialisePrimitives(); !started)
        co_return started.error();
    auto lock = InstanceLock::acquire(directory);
    if (!lock)
        co_return lock.error();
    auto unlocking = keyOf(directory, &environment, std::move(unlock));
    auto key = co_await std::move(unlocking);
    if (!key)
        co_return key.error();
    auto database = openProfile(directory, *key, (*lock)->previousExitWasUnclean());
    if (!database)
        co_return database.error();
    auto core = CryptoCore::create(environment.random, environment.clock);
    if (!core)
        co_return Error(ErrorCode::Internal, QString::fromLatin1(name(core.error())));
    if (!environment.transports)
        environment.transports = WebSocketTransport::factory();
    auto parts = std::make_unique<Parts>(std::move(environment), std::move(*lock), std::move(*database),
                                         std::move(*core), std::move(*key));
    std::unique_ptr<Client> client(new Client(std::move(parts)));
    const auto wired = client->wireAccount();
    if (!wired && wired.error().code != ErrorCode::NotFound)
        co_return wired.error();
    co_return client;
}

} // namespace sotto
