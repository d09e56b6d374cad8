#include "core/storage/profile_key.h"

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

    Result<Done> added = Done{};
    if (keychainKey && passphrase)
        added = file->setBoth(*keychainKey, keychain->backend(), *passphrase, parameters, *random);
    else if (keychainKey)
        added = file->setKeychain(*keychainKey, keychain->backend(), *random);
    else
        added = file->setPassphrase(*passphrase, parameters, *random);
    if (!added)
        co_return added.error();
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
        const auto unlocked = file->unlockWithPassphrase(*passphrase);
        if (!unlocked)
            co_return unlocked.error();
        repair(*file, directory);
        co_return file->databaseKey().clone();
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
    const auto key = co_await keychain->read(account);
    if (!key)
        co_return keychainFailure(key.error());
    const auto unlocked = needsBoth ? file->unlockWithBoth(*key, *passphrase) : file->unlockWithKeychain(*key);
    if (!unlocked)
        co_return unlocked.error();
    repair(*file, directory);
    co_return file->databaseKey().clone();
}

Result<SecretBytes> recoverProfile(const QString &directory, const X25519KeyPair &recoveryWrap,
                                   const SecretBytes &newPassphrase, Argon2Parameters parameters, Random &random)
{
    auto file = KeyFile::load(directory);
    if (!file)
        return file.error();
    const auto unlocked = file->unlockWithKit(recoveryWrap);
    if (!unlocked)
        return unlocked.error();
    const auto added = file->setPassphrase(newPassphrase, parameters, random);
    if (!added)
        return added.error();
    for (const KeySlotKind kind : {KeySlotKind::Keychain, KeySlotKind::KeychainAndPassphrase}) {
        const auto removed = file->remove(kind);
        if (!removed)
            return removed.error();
    }
    const auto saved = file->save(directory);
    if (!saved)
        return saved.error();
    return file->databaseKey().clone();
}

} // namespace sotto
