// Opening a profile: lock, key, database, migrations.
#include "core/client/client_parts.h"
#include "core/client/schema.h"
#include "core/net/websocket_transport.h"
#include "core/storage/profile_key.h"

#include <QDir>

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

} // namespace

Task<Result<std::unique_ptr<Client>>> Client::open(QString directory, ClientEnvironment environment, Unlock unlock)
{
    if (const auto started = initialisePrimitives(); !started)
        co_return started.error();
    auto lock = InstanceLock::acquire(directory);
    if (!lock)
        co_return lock.error();
    const QString path = QDir(directory).filePath(kDatabaseName);
    const bool isNew = !KeyFile::exists(directory);
    Task<Result<SecretBytes>> unlocking = isNew
        ? makeProfileKey(directory, kDatabaseName, environment.keychain, std::move(unlock.passphrase),
                         environment.passphraseCost, &environment.random)
        : unlockProfile(directory, environment.keychain, std::move(unlock.passphrase));
    auto key = co_await std::move(unlocking);
    if (!key)
        co_return key.error();
    // A kill between the key file and the database leaves a key without a database: nothing is lost by making it now.
    const bool hasDatabase = QFile::exists(path);
    auto database = openDatabase(path, *key, hasDatabase ? Database::Create::Never : Database::Create::IfMissing,
                                 hasDatabase && (*lock)->previousExitWasUnclean());
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
