#pragma once
#include "core/storage/key_file.h"
#include "core/storage/secret_store.h"

#include <optional>

namespace sotto {

/// Makes the key file of a new profile in `directory` and returns its database key. With a passphrase it gets a
/// passphrase slot, with a keychain a keychain slot whose key is read back before anything relies on it; with both, one
/// slot that needs both. AlreadyExists where a key file lies, whole or not, or where `databaseName` exists: a new key
/// is never made over an old database. Locked with neither passphrase nor keychain; the keychain's own errors;
/// RandomFailed; DiskFull, InputOutput, NotPermitted. Nothing is left behind then, but perhaps an unused keychain item.
/// `random` is never null and outlives the task, as does the keychain. Deriving from a passphrase happens on a pool
/// thread, here and below.
Task<Result<SecretBytes>> makeProfileKey(QString directory, QString databaseName, SecretStore *keychain,
                                         std::optional<SecretBytes> passphrase, Argon2Parameters parameters,
                                         Random *random);

/// The database key of an existing profile. Uses the passphrase where one is given and the file has a slot for it, else
/// the keychain. NotFound without a key file; WrongKey for a wrong passphrase or an altered keychain item; Locked (the
/// detail says what is missing) when a passphrase is needed, the keychain is gone, locked, slow, another one than
/// before, or has lost the item: the recovery kit then helps; Corrupt, NewerSchema, InputOutput. Changes nothing but to
/// repair a damaged copy.
Task<Result<SecretBytes>> unlockProfile(QString directory, SecretStore *keychain,
                                        std::optional<SecretBytes> passphrase);

/// The way back with the recovery kit: opens the file with the kit's wrap key and gives it a new passphrase, in place
/// of the slots for keychain and passphrase. NotFound without a key file or a kit slot; WrongKey for another kit;
/// InvalidArgument for an empty passphrase. `random` is never null and outlives the task.
Task<Result<SecretBytes>> recoverProfile(QString directory, X25519KeyPair recoveryWrap, SecretBytes newPassphrase,
                                         Argon2Parameters parameters, Random *random);

/// Whether the profile in `directory` has had a database: where it is gone, none may be made in its place. As the key
/// file says; NotFound without one, Corrupt, NewerSchema, InputOutput.
Result<bool> hasHadDatabase(const QString &directory);
/// The database is there: from now on hasHadDatabase(). After it was made, so that a crash between the two leaves a key
/// file for which the next start makes a database. Errors as keepKitSlot().
Result<Done> noteDatabaseMade(const QString &directory, const SecretBytes &databaseKey);

/// Makes sure that the kit with this public wrap key opens the profile whose database key is given: adds the slot, or
/// replaces that of an older kit. WrongKey when the key file is not this key's or was altered; DiskFull, InputOutput,
/// NotPermitted, RandomFailed: the file is as it was.
Result<Done> keepKitSlot(const QString &directory, const SecretBytes &databaseKey, ByteView wrapKey, Random &random);

} // namespace sotto
