#pragma once
#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/primitives/argon2.h"
#include "core/primitives/secret_bytes.h"

#include <QString>
#include <vector>

namespace sotto {

inline constexpr qsizetype kMaxKeyFileBytes = 4096;
inline constexpr qsizetype kKeyFileIdBytes = 16;
inline constexpr qsizetype kMaxBackendBytes = 64;

/// What opens a key file. Each kind has at most one slot in it.
enum class KeySlotKind : std::uint8_t {
    Keychain = 1,              ///< a 32-byte key in the operating system's keychain
    Passphrase = 2,            ///< Argon2id
    KeychainAndPassphrase = 3, ///< both together
    RecoveryKit = 4,           ///< sealed to the kit's recovery_wrap key, which only the kit's owner can open
};

/// One way to the database key, as it stands in the file. What a kind does not use is empty or the default.
struct KeySlot {
    KeySlotKind kind;
    QString backend;         ///< SecretStore::backend() at the time; the keychain kinds
    Argon2Parameters argon2; ///< the passphrase kinds
    Bytes salt;              ///< kArgon2SaltBytes; the passphrase kinds
    Bytes nonce;             ///< kAeadNonceBytes; all but the kit
    Bytes wrapKey;           ///< kX25519KeyBytes; the kit
    Bytes sealed;            ///< the database key
    friend bool operator==(const KeySlot &, const KeySlot &) = default;
};

/// What `keys.v1` says.
struct KeyFileContent {
    std::uint32_t generation = 0; ///< one more with each save; the higher copy is the newer
    Bytes id;                     ///< kKeyFileIdBytes, for good
    std::vector<KeySlot> slots;
    bool databaseMade = false; ///< the profile has had a database: where it is missing, it was lost
    friend bool operator==(const KeyFileContent &, const KeyFileContent &) = default;
};

/// A copy as it was read: what it says, and the code over it that only the database key's owner can check.
struct StoredKeyFile {
    KeyFileContent content;
    Bytes coded; ///< what the code is over
    Bytes code;  ///< 32 bytes
};

// Layout, numbers big-endian: "SOTTOKEY", version 1 (1 byte), generation (4), id (16), number of slots (1), slots, the
// byte 1 once the database was made (nothing before), code (32, keyed BLAKE2b), checksum (32, BLAKE2b-256 of everything
// before). A slot: kind (1), memory KiB (4), passes (4), then backend, salt, nonce, wrapKey and sealed, each with its
// length (1) in front.

/// The file's bytes; the code is made with `codeKey` of 32 bytes.
Bytes encodeKeyFile(const KeyFileContent &content, ByteView codeKey);
/// Corrupt for anything that is not whole (checksum) or cannot be; NewerSchema for a later version. Parameters under
/// Argon2's floor are Corrupt too (KdfFloor).
Result<StoredKeyFile> parseKeyFile(const Bytes &bytes);
/// Whether the code is right under `codeKey` (KeyFileCode).
bool isAuthentic(const StoredKeyFile &file, ByteView codeKey);
/// What a slot's sealing authenticates: the file's id and all of the slot but `sealed`.
Bytes slotAssociatedData(const KeyFileContent &content, const KeySlot &slot);

} // namespace sotto
