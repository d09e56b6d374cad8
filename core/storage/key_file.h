#pragma once
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"
#include "core/primitives/x25519.h"
#include "core/storage/key_file_format.h"

#include <QString>
#include <optional>
#include <vector>

namespace sotto {

inline constexpr qsizetype kDatabaseKeyBytes = 32;
inline constexpr qsizetype kKeyEncryptionKeyBytes = 32;

/// `keys.v1`: the database key of a profile, wrapped once per way to open it (security.md B6). Two copies lie in the
/// profile's folder; a damaged one is replaced from the other. A slot's parameters are authenticated with the slot, and
/// the whole file under a key derived from the database key. Without a slot that opens there is no key: nothing here
/// ever stores it in the clear. Argon2id makes some functions slow (KeySlotKind::Passphrase: about 0.8 s).
class KeyFile {
public:
    /// A fresh database key, unlocked, without slots and not yet stored. RandomFailed.
    static Result<KeyFile> create(Random &random);
    /// The file of a profile's folder, locked. NotFound when there is none (neither copy), Corrupt when both copies are
    /// damaged, NewerSchema when a newer version wrote them.
    static Result<KeyFile> load(const QString &directory);
    /// Whether the folder has a key file, whole or not: where there is one, no new one may be made.
    static bool exists(const QString &directory);

    /// Each unlocks with one kind of slot. NotFound without such a slot, WrongKey for a wrong secret, Corrupt when the
    /// slot opens but the file was altered.
    Result<Done> unlockWithKeychain(const SecretBytes &key);
    Result<Done> unlockWithPassphrase(const SecretBytes &passphrase);
    Result<Done> unlockWithBoth(const SecretBytes &key, const SecretBytes &passphrase);
    Result<Done> unlockWithKit(const X25519KeyPair &recoveryWrap);
    /// With the key itself, of a profile that is open, to change its slots. WrongKey when it is not this file's or the
    /// newest copy was altered.
    Result<Done> unlockWithDatabaseKey(const SecretBytes &databaseKey);
    bool isUnlocked() const { return !m_databaseKey.isEmpty(); }
    /// The database's raw key; the file is unlocked.
    const SecretBytes &databaseKey() const { return m_databaseKey; }

    /// Which slots there are.
    bool has(KeySlotKind kind) const;
    /// The backend that a keychain slot was made with; empty without one.
    QString keychainBackend() const;
    /// The public wrap key of the kit that opens the file; empty without a slot for a kit.
    Bytes recoveryKitKey() const;
    /// The name of this profile's item in the keychain.
    QString keychainAccount() const;

    /// Whether the profile has had a database, as the newest copy says. Good without the key.
    bool isDatabaseMade() const { return m_content.databaseMade; }
    /// The database is there and durable; the file is unlocked.
    void noteDatabaseMade() { m_content.databaseMade = true; }

    /// Each adds a slot or replaces the one of its kind; the file is unlocked. RandomFailed; InvalidArgument for an
    /// empty passphrase, parameters under the floor or an unusable key. Nothing is on disk before save().
    Result<Done> setKeychain(const SecretBytes &key, const QString &backend, Random &random);
    Result<Done> setPassphrase(const SecretBytes &passphrase, Argon2Parameters parameters, Random &random);
    Result<Done> setBoth(const SecretBytes &key, const QString &backend, const SecretBytes &passphrase,
                         Argon2Parameters parameters, Random &random);
    Result<Done> setRecoveryKit(ByteView wrapKey, Random &random);
    /// NotPermitted when it is the last slot: the database would be lost.
    Result<Done> remove(KeySlotKind kind);

    /// Writes both copies, one after the other, each durably. The file is unlocked and has a slot. DiskFull,
    /// InputOutput, NotPermitted: at least one copy is whole, old or new.
    Result<Done> save(const QString &directory);
    /// Whether one of the copies was damaged or older when they were loaded: save() once unlocked makes them equal.
    bool needsRepair() const { return m_needsRepair; }

private:
    /// What the person gave; a kind of slot uses its part.
    struct Secrets {
        const SecretBytes *key = nullptr;
        const SecretBytes *passphrase = nullptr;
        const X25519KeyPair *kit = nullptr;
    };

    KeyFile() = default;
    Result<Done> unlock(KeySlotKind kind, const Secrets &secrets);
    static Result<SecretBytes> opened(const KeyFileContent &content, const KeySlot &slot, const Secrets &secrets);
    static Result<SecretBytes> slotKey(const KeyFileContent &content, const KeySlot &slot, const Secrets &secrets);
    Result<Done> add(KeySlot slot, const Secrets &secrets, Random &random);
    void put(KeySlot slot);

    std::vector<StoredKeyFile> m_copies; ///< the whole ones as loaded, newest first
    KeyFileContent m_content;
    bool m_needsRepair = false;
    SecretBytes m_databaseKey;
};

} // namespace sotto
