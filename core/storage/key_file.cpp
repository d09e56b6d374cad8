#include "core/storage/key_file.h"

#include "core/base/check.h"
#include "core/primitives/aead.h"
#include "core/primitives/hash.h"
#include "core/primitives/labels.h"
#include "core/storage/durable_file.h"

#include <QDir>
#include <algorithm>

namespace sotto {

namespace {
QString firstPath(const QString &directory) { return QDir(directory).filePath(QStringLiteral("keys.v1")); }
QString secondPath(const QString &directory) { return QDir(directory).filePath(QStringLiteral("keys.v1.copy")); }

const KeySlot *find(const KeyFileContent &content, KeySlotKind kind)
{
    const auto at = std::find_if(content.slots.begin(), content.slots.end(),
                                 [kind](const KeySlot &slot) { return slot.kind == kind; });
    return at == content.slots.end() ? nullptr : &*at;
}

SecretBytes codeKeyOf(const SecretBytes &databaseKey)
{
    return derive(databaseKey.view(), Label::KeyFileCode, kDatabaseKeyBytes);
}

SecretBytes joined(ByteView a, ByteView b)
{
    SecretBytes result = SecretBytes::zeros(a.size() + b.size());
    std::copy(a.begin(), a.end(), reinterpret_cast<char *>(result.data()));
    std::copy(b.begin(), b.end(), reinterpret_cast<char *>(result.data()) + a.size());
    return result;
}
} // namespace

Result<KeyFile> KeyFile::create(Random &random)
{
    const auto id = random.bytes(kKeyFileIdBytes);
    const auto key = SecretBytes::random(kDatabaseKeyBytes, random);
    if (!id || !key)
        return ErrorCode::RandomFailed;
    KeyFile file;
    file.m_content.id = *id;
    file.m_databaseKey = key->guarded();
    return file;
}

bool KeyFile::exists(const QString &directory)
{
    return QFile::exists(firstPath(directory)) || QFile::exists(secondPath(directory));
}

Result<KeyFile> KeyFile::load(const QString &directory)
{
    if (!exists(directory))
        return ErrorCode::NotFound;
    KeyFile file;
    Error failure = ErrorCode::Corrupt;
    std::vector<Bytes> whole;
    for (const QString &path : {firstPath(directory), secondPath(directory)}) {
        const auto bytes = readSmallFile(path, kMaxKeyFileBytes);
        if (!bytes) {
            const ErrorCode code = bytes.error().code;
            if (code != ErrorCode::NotFound && code != ErrorCode::TooLarge)
                failure = bytes.error();
            continue;
        }
        auto copy = parseKeyFile(*bytes);
        if (!copy) {
            if (copy.error().code == ErrorCode::NewerSchema)
                failure = copy.error();
            continue;
        }
        whole.push_back(*bytes);
        file.m_copies.push_back(std::move(*copy));
    }
    if (file.m_copies.empty())
        return failure;
    file.m_needsRepair = whole.size() != 2 || whole[0] != whole[1];
    if (whole.size() == 2 && whole[0] == whole[1])
        file.m_copies.pop_back();
    std::stable_sort(file.m_copies.begin(), file.m_copies.end(), [](const StoredKeyFile &a, const StoredKeyFile &b) {
        return a.content.generation > b.content.generation;
    });
    file.m_content = file.m_copies.front().content;
    return file;
}

Result<Done> KeyFile::unlockWithKeychain(const SecretBytes &key)
{
    return unlock(KeySlotKind::Keychain, {&key, nullptr, nullptr});
}

Result<Done> KeyFile::unlockWithPassphrase(const SecretBytes &passphrase)
{
    return unlock(KeySlotKind::Passphrase, {nullptr, &passphrase, nullptr});
}

Result<Done> KeyFile::unlockWithBoth(const SecretBytes &key, const SecretBytes &passphrase)
{
    return unlock(KeySlotKind::KeychainAndPassphrase, {&key, &passphrase, nullptr});
}

Result<Done> KeyFile::unlockWithKit(const X25519KeyPair &recoveryWrap)
{
    return unlock(KeySlotKind::RecoveryKit, {nullptr, nullptr, &recoveryWrap});
}

Result<Done> KeyFile::unlockWithDatabaseKey(const SecretBytes &databaseKey)
{
    if (m_copies.empty() || !isAuthentic(m_copies.front(), codeKeyOf(databaseKey).view()))
        return ErrorCode::WrongKey;
    m_content = m_copies.front().content;
    m_databaseKey = databaseKey.guarded();
    return Done{};
}

Result<Done> KeyFile::unlock(KeySlotKind kind, const Secrets &secrets)
{
    Error failure = ErrorCode::NotFound;
    for (const StoredKeyFile &copy : m_copies) {
        // An older copy still opens with a passphrase that was changed since: it counts only where the newer one is
        // damaged, never where the newer one says no.
        if (failure.code == ErrorCode::WrongKey && copy.content.generation < m_copies.front().content.generation)
            break;
        const KeySlot *const slot = find(copy.content, kind);
        if (!slot)
            continue;
        auto key = opened(copy.content, *slot, secrets);
        if (!key) {
            failure = key.error();
            continue;
        }
        if (!isAuthentic(copy, codeKeyOf(*key).view())) {
            failure = Error(ErrorCode::Corrupt, QStringLiteral("the key file was altered"));
            continue;
        }
        m_content = copy.content;
        m_databaseKey = key->guarded();
        return Done{};
    }
    return failure;
}

Result<SecretBytes> KeyFile::slotKey(const KeyFileContent &content, const KeySlot &slot, const Secrets &secrets)
{
    SecretBytes material;
    if (secrets.passphrase) {
        auto stretched = argon2id(secrets.passphrase->view(), slot.salt, slot.argon2, kDatabaseKeyBytes);
        if (!stretched)
            return stretched.error();
        material = std::move(*stretched);
    }
    if (secrets.key)
        material = joined(secrets.key->view(), material.view());
    return derive(material.view(), Label::KeyFileSlot, content.id + char(slot.kind), kAeadKeyBytes);
}

Result<SecretBytes> KeyFile::opened(const KeyFileContent &content, const KeySlot &slot, const Secrets &secrets)
{
    const Bytes associated = slotAssociatedData(content, slot);
    if (!secrets.kit) {
        const auto key = slotKey(content, slot, secrets);
        if (!key)
            return key.error();
        auto databaseKey = openAead(key->view(), slot.nonce, slot.sealed, associated);
        if (databaseKey && databaseKey->size() != kDatabaseKeyBytes)
            return ErrorCode::Corrupt;
        return databaseKey;
    }
    // A sealed box authenticates nothing beside its content: the header's hash travels inside.
    const auto box = openSealed(*secrets.kit, slot.sealed);
    if (!box)
        return box.error();
    const Hash256 expected = blake2b256(associated);
    if (box->size() != kDatabaseKeyBytes + qsizetype(Hash256::kSize)
        || refuseUnless(Check::KeyFileKitHeader,
                        equalConstantTime(box->view().sliced(kDatabaseKeyBytes), expected.view()))) {
        return ErrorCode::Corrupt;
    }
    return SecretBytes::copyOf(box->view().first(kDatabaseKeyBytes));
}

bool KeyFile::has(KeySlotKind kind) const { return find(m_content, kind) != nullptr; }

QString KeyFile::keychainBackend() const
{
    for (const KeySlotKind kind : {KeySlotKind::Keychain, KeySlotKind::KeychainAndPassphrase}) {
        if (const KeySlot *const slot = find(m_content, kind))
            return slot->backend;
    }
    return {};
}

Bytes KeyFile::recoveryKitKey() const
{
    const KeySlot *const slot = find(m_content, KeySlotKind::RecoveryKit);
    return slot ? slot->wrapKey : Bytes();
}

QString KeyFile::keychainAccount() const
{
    return QStringLiteral("profile-") + QString::fromLatin1(m_content.id.toHex());
}

Result<Done> KeyFile::setKeychain(const SecretBytes &key, const QString &backend, Random &random)
{
    return add({KeySlotKind::Keychain, backend, {}, {}, {}, {}, {}}, {&key, nullptr, nullptr}, random);
}

Result<Done> KeyFile::setPassphrase(const SecretBytes &passphrase, Argon2Parameters parameters, Random &random)
{
    return add({KeySlotKind::Passphrase, {}, parameters, {}, {}, {}, {}}, {nullptr, &passphrase, nullptr}, random);
}

Result<Done> KeyFile::setBoth(const SecretBytes &key, const QString &backend, const SecretBytes &passphrase,
                              Argon2Parameters parameters, Random &random)
{
    return add({KeySlotKind::KeychainAndPassphrase, backend, parameters, {}, {}, {}, {}}, {&key, &passphrase, nullptr},
               random);
}

Result<Done> KeyFile::add(KeySlot slot, const Secrets &secrets, Random &random)
{
    Q_ASSERT(isUnlocked());
    if ((secrets.passphrase && (secrets.passphrase->isEmpty() || !slot.argon2.isAcceptable()))
        || (secrets.key
            && (secrets.key->size() != kKeyEncryptionKeyBytes || slot.backend.isEmpty()
                || slot.backend.toUtf8().size() > kMaxBackendBytes))) {
        return ErrorCode::InvalidArgument;
    }
    if (secrets.passphrase) {
        const auto salt = random.bytes(kArgon2SaltBytes);
        if (!salt)
            return salt.error();
        slot.salt = *salt;
    }
    const auto nonce = random.bytes(kAeadNonceBytes);
    if (!nonce)
        return nonce.error();
    slot.nonce = *nonce;
    const auto key = slotKey(m_content, slot, secrets);
    if (!key)
        return key.error();
    slot.sealed = sealAead(key->view(), slot.nonce, m_databaseKey.view(), slotAssociatedData(m_content, slot));
    put(std::move(slot));
    return Done{};
}

Result<Done> KeyFile::setRecoveryKit(ByteView wrapKey, Random &random)
{
    Q_ASSERT(isUnlocked());
    KeySlot slot{KeySlotKind::RecoveryKit, {}, {}, {}, {}, wrapKey.toByteArray(), {}};
    const Hash256 header = blake2b256(slotAssociatedData(m_content, slot));
    const SecretBytes content = joined(m_databaseKey.view(), header.view());
    const auto sealed = sealTo(wrapKey, content.view(), random);
    if (!sealed)
        return sealed.error();
    slot.sealed = *sealed;
    put(std::move(slot));
    return Done{};
}

void KeyFile::put(KeySlot slot)
{
    std::erase_if(m_content.slots, [&](const KeySlot &other) { return other.kind == slot.kind; });
    m_content.slots.push_back(std::move(slot));
}

Result<Done> KeyFile::remove(KeySlotKind kind)
{
    if (!has(kind))
        return Done{};
    if (m_content.slots.size() == 1)
        return ErrorCode::NotPermitted;
    std::erase_if(m_content.slots, [kind](const KeySlot &slot) { return slot.kind == kind; });
    return Done{};
}

Result<Done> KeyFile::save(const QString &directory)
{
    Q_ASSERT(isUnlocked() && !m_content.slots.empty());
    ++m_content.generation;
    const Bytes bytes = encodeKeyFile(m_content, codeKeyOf(m_databaseKey).view());
    for (const QString &path : {firstPath(directory), secondPath(directory)}) {
        const auto written = writeDurably(path, bytes);
        if (!written)
            return written.error();
    }
    m_copies.clear();
    m_copies.push_back(parseKeyFile(bytes).value());
    m_needsRepair = false;
    return Done{};
}

} // namespace sotto
