#include "core/storage/profile_key.h"

#include "core/base/call_on.h"
#include "core/base/logging.h"

#include <QDir>
#include <QFile>

namespace sotto {

namespace {
Error locked(QString why) { return Error(ErrorCode::Locked, std::move(why)); }

/// What to tell when the keychain does not give the key. None of these loses anything.
Error keychainFailure(const Error &error)
{
    switch (error.code) {
    case ErrorCode::NotFound: return locked(QStringLiteral("the keychain no longer has this profile's key"));
    case ErrorCode::Unsupported: return locked(QStringLiteral("no keychain is running"));
    case ErrorCode::NotPermitted: return locked(QStringLiteral("the keychain was not unlocked"));
    case ErrorCode::TimedOut: return locked(QStringLiteral("the keychain does not answer"));
    default: return locked(QStringLiteral("the keychain cannot be read"));
    }
}

/// Makes both copies whole again after a successful unlock; a failure now is none of the caller's.
void repair(KeyFile &file, const QString &directory)
{
    if (!file.needsRepair())
        return;
    const auto saved = file.save(directory);
    if (!saved)
        qCWarning(lcStorage, "a damaged copy of the key file could not be replaced: %s", name(saved.error().code));
}

/// A key file on its way to a pool thread and back, with what came of it there.
struct Worked {
    KeyFile file;
    Result<Done> done;
};

/// Runs `work` on the file off this thread, because it derives a key from a passphrase.
template <class Work> Task<Worked> onPool(KeyFile file, Work work)
{
    return callOnPool([file = std::move(file), work = std::move(work)]() mutable {
        qCDebug(lcStorage, "a key is being derived"); // process_bench.py takes the time between these two lines
        Result<Done> done = work(file);
        qCDebug(lcStorage, "the key is derived");
        return Worked{std::move(file), std::move(done)};
    });
}

Task<Worked> addSlot(KeyFile file, std::optional<SecretBytes> keychainKey, QString backend, SecretBytes passphrase,
                     Argon2Parameters parameters, Random *random)
{
    return onPool(std::move(file),
                  [key = std::move(keychainKey), backend = std::move(backend), passphrase = std::move(passphrase),
                   parameters, random](KeyFile &f) {
                      return key ? f.setBoth(*key, backend, passphrase, parameters, *random)
                                 : f.setPassphrase(passphrase, parameters, *random);
                  });
}

Task<Worked> unlockSlot(KeyFile file, std::optional<SecretBytes> keychainKey, SecretBytes passphrase)
{
    return onPool(std::move(file), [key = std::move(keychainKey), passphrase = std::move(passphrase)](KeyFile &f) {
        return key ? f.unlockWithBoth(*key, passphrase) : f.unlockWithPassphrase(passphrase);
    });
}
} // namespace

Task<Result<SecretBytes>> makeProfileKey(QString directory, QString databaseName, SecretStore *keychain,
                                         std::optional<SecretBytes> passphrase, Argon2Parameters parameters,
                                         Random *random)
{
    if (KeyFile::exists(directory) || QFile::exists(QDir(directory).filePath(databaseName)))
        co_return ErrorCode::AlreadyExists;
    if (!keychain && !passphrase)
        co_return locked(QStringLiteral("there is no keychain: a passphrase is needed"));
    auto file = KeyFile::create(*random);
    if (!file)
        co_return file.error();

    std::optional<SecretBytes> keychainKey;
    if (keychain) {
        auto fresh = SecretBytes::random(kKeyEncryptionKeyBytes, *random);
        if (!fresh)
            co_return fresh.error();
        const QString account = file->keychainAccount();
        SecretBytes toWrite = fresh->clone();
        const auto written = co_await keychain->write(account, std::move(toWrite));
        if (!written)
            co_return written.error();
        const auto back = co_await keychain->read(account);
        if (!back)
            co_return back.error();
        if (!(*back == *fresh))
            co_return Error(ErrorCode::InputOutput, QStringLiteral("the keychain does not keep what it is given"));
        keychainKey = std::move(*fresh);
    }

    const QString backend = keychain ? keychain->backend() : QString();
    if (passphrase) {
        auto adding =
            addSlot(std::move(*file), std::move(keychainKey), backend, std::move(*passphrase), parameters, random);
        auto worked = co_await std::move(adding);
        if (!worked.done)
            co_return worked.done.error();
        *file = std::move(worked.file);
    } else if (const auto added = file->setKeychain(*keychainKey, backend, *random); !added) {
        co_return added.error();
    }
    const auto saved = file->save(directory);
    if (!saved)
        co_return saved.error();
    co_return file->databaseKey().clone();
}

Task<Result<SecretBytes>> unlockProfile(QString directory, SecretStore *keychain, std::optional<SecretBytes> passphrase)
{
    auto file = KeyFile::load(directory);
    if (!file)
        co_return file.error();
    const bool needsBoth = file->has(KeySlotKind::KeychainAndPassphrase);
    if (passphrase && file->has(KeySlotKind::Passphrase)) {
        auto unlocking = unlockSlot(std::move(*file), std::nullopt, std::move(*passphrase));
        auto worked = co_await std::move(unlocking);
        if (!worked.done)
            co_return worked.done.error();
        repair(worked.file, directory);
        co_return worked.file.databaseKey().clone();
    }
    if (!needsBoth && !file->has(KeySlotKind::Keychain))
        co_return locked(QStringLiteral("a passphrase is needed"));
    if (needsBoth && !passphrase)
        co_return locked(QStringLiteral("a passphrase is needed"));
    if (!keychain)
        co_return locked(QStringLiteral("no keychain is running"));
    if (keychain->backend() != file->keychainBackend())
        co_return locked(QStringLiteral("the key is in another keychain: ") + file->keychainBackend());
    const QString account = file->keychainAccount();
    auto key = co_await keychain->read(account);
    if (!key)
        co_return keychainFailure(key.error());
    if (needsBoth) {
        auto unlocking = unlockSlot(std::move(*file), std::move(*key), std::move(*passphrase));
        auto worked = co_await std::move(unlocking);
        if (!worked.done)
            co_return worked.done.error();
        *file = std::move(worked.file);
    } else if (const auto unlocked = file->unlockWithKeychain(*key); !unlocked) {
        co_return unlocked.error();
    }
    repair(*file, directory);
    co_return file->databaseKey().clone();
}

Task<Result<SecretBytes>> recoverProfile(QString directory, X25519KeyPair recoveryWrap, SecretBytes newPassphrase,
                                         Argon2Parameters parameters, Random *random)
{
    auto file = KeyFile::load(directory);
    if (!file)
        co_return file.error();
    if (!file->has(KeySlotKind::RecoveryKit))
        co_return Error(ErrorCode::NotFound, QStringLiteral("no recovery kit opens this profile"));
    if (const auto unlocked = file->unlockWithKit(recoveryWrap); !unlocked)
        co_return unlocked.error();
    auto adding = addSlot(std::move(*file), std::nullopt, QString(), std::move(newPassphrase), parameters, random);
    auto worked = co_await std::move(adding);
    if (!worked.done)
        co_return worked.done.error();
    for (const KeySlotKind kind : {KeySlotKind::Keychain, KeySlotKind::KeychainAndPassphrase}) {
        if (const auto removed = worked.file.remove(kind); !removed)
            co_return removed.error();
    }
    if (const auto saved = worked.file.save(directory); !saved)
        co_return saved.error();
    co_return worked.file.databaseKey().clone();
}

Result<bool> hasHadDatabase(const QString &directory)
{
    const auto file = KeyFile::load(directory);
    if (!file)
        return file.error();
    return file->isDatabaseMade();
}

Result<Done> noteDatabaseMade(const QString &directory, const SecretBytes &databaseKey)
{
    auto file = KeyFile::load(directory);
    if (!file)
        return file.error();
    if (file->isDatabaseMade())
        return Done{};
    if (const auto unlocked = file->unlockWithDatabaseKey(databaseKey); !unlocked)
        return unlocked.error();
    file->noteDatabaseMade();
    return file->save(directory);
}

Result<Done> keepKitSlot(const QString &directory, const SecretBytes &databaseKey, ByteView wrapKey, Random &random)
{
    auto file = KeyFile::load(directory);
    if (!file)
        return file.error();
    if (file->recoveryKitKey() == wrapKey.toByteArray())
        return Done{};
    if (const auto unlocked = file->unlockWithDatabaseKey(databaseKey); !unlocked)
        return unlocked.error();
    if (const auto added = file->setRecoveryKit(wrapKey, random); !added)
        return added.error();
    return file->save(directory);
}

} // namespace sotto
