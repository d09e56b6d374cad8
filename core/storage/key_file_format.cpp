#include "core/storage/key_file_format.h"

#include "core/base/check.h"
#include "core/primitives/aead.h"
#include "core/primitives/hash.h"
#include "core/primitives/x25519.h"

#include <QtEndian>
#include <algorithm>
#include <optional>

namespace sotto {

namespace {
constexpr QByteArrayView kMagic("SOTTOKEY");
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kMaxSlots = 4;
constexpr std::uint8_t kDatabaseMade = 1;
constexpr qsizetype kHashBytes = 32;

template <class Number> void putNumber(Bytes &to, Number number)
{
    char bytes[sizeof number];
    qToBigEndian(number, bytes);
    to.append(bytes, sizeof number);
}

void putBytes(Bytes &to, const Bytes &bytes)
{
    Q_ASSERT(bytes.size() <= 255);
    putNumber(to, std::uint8_t(bytes.size()));
    to.append(bytes);
}

/// Everything of a slot but its sealed key.
void putSlotHeader(Bytes &to, const KeySlot &slot)
{
    putNumber(to, std::uint8_t(slot.kind));
    putNumber(to, slot.argon2.memoryKiB);
    putNumber(to, slot.argon2.passes);
    putBytes(to, slot.backend.toUtf8());
    putBytes(to, slot.salt);
    putBytes(to, slot.nonce);
    putBytes(to, slot.wrapKey);
}

/// Reads from the front of a byte range; after the first failure everything fails.
class Reader {
public:
    explicit Reader(ByteView bytes) : m_left(bytes) { }

    template <class Number> Number number()
    {
        const ByteView from = bytes(sizeof(Number));
        return from.isEmpty() ? Number(0) : qFromBigEndian<Number>(from.data());
    }
    ByteView bytes(qsizetype size)
    {
        if (m_failed || size > m_left.size()) {
            m_failed = true;
            return {};
        }
        const ByteView result = m_left.first(size);
        m_left = m_left.sliced(size);
        return result;
    }
    Bytes sized() { return bytes(number<std::uint8_t>()).toByteArray(); }
    bool isDone() const { return !m_failed && m_left.isEmpty(); }

private:
    ByteView m_left;
    bool m_failed = false;
};

bool usesKeychain(KeySlotKind kind)
{
    return kind == KeySlotKind::Keychain || kind == KeySlotKind::KeychainAndPassphrase;
}

bool usesPassphrase(KeySlotKind kind)
{
    return kind == KeySlotKind::Passphrase || kind == KeySlotKind::KeychainAndPassphrase;
}

/// Whether exactly the fields are there that the kind uses.
bool isWellFormed(const KeySlot &slot)
{
    const bool isKit = slot.kind == KeySlotKind::RecoveryKit;
    if (slot.kind < KeySlotKind::Keychain || slot.kind > KeySlotKind::RecoveryKit)
        return false;
    if (usesPassphrase(slot.kind) ? !slot.argon2.isAcceptable() : slot.argon2 != Argon2Parameters())
        return false;
    return slot.backend.isEmpty() != usesKeychain(slot.kind) && slot.backend.toUtf8().size() <= kMaxBackendBytes
        && slot.salt.size() == (usesPassphrase(slot.kind) ? kArgon2SaltBytes : 0)
        && slot.nonce.size() == (isKit ? 0 : kAeadNonceBytes) && slot.wrapKey.size() == (isKit ? kX25519KeyBytes : 0)
        && !slot.sealed.isEmpty();
}

std::optional<KeySlot> readSlot(Reader &reader)
{
    KeySlot slot{KeySlotKind(reader.number<std::uint8_t>()), {}, {}, {}, {}, {}, {}};
    slot.argon2.memoryKiB = reader.number<std::uint32_t>();
    slot.argon2.passes = reader.number<std::uint32_t>();
    const Bytes backend = reader.sized();
    slot.backend = QString::fromUtf8(backend);
    slot.salt = reader.sized();
    slot.nonce = reader.sized();
    slot.wrapKey = reader.sized();
    slot.sealed = reader.sized();
    if (!isWellFormed(slot) || slot.backend.toUtf8() != backend)
        return std::nullopt;
    return slot;
}
} // namespace

Bytes encodeKeyFile(const KeyFileContent &content, ByteView codeKey)
{
    Bytes bytes = kMagic.toByteArray();
    putNumber(bytes, kVersion);
    putNumber(bytes, content.generation);
    bytes.append(content.id);
    putNumber(bytes, std::uint8_t(content.slots.size()));
    for (const KeySlot &slot : content.slots) {
        putSlotHeader(bytes, slot);
        putBytes(bytes, slot.sealed);
    }
    if (content.databaseMade)
        putNumber(bytes, kDatabaseMade);
    bytes.append(keyedBlake2b(codeKey, {bytes}, kHashBytes));
    bytes.append(blake2b256(bytes).toBytes());
    return bytes;
}

Result<StoredKeyFile> parseKeyFile(const Bytes &bytes)
{
    if (bytes.size() < kMagic.size() + 1 + 2 * kHashBytes || bytes.size() > kMaxKeyFileBytes
        || !bytes.startsWith(kMagic)
        || blake2b256(bytes.first(bytes.size() - kHashBytes)).toBytes() != bytes.last(kHashBytes)) {
        return ErrorCode::Corrupt;
    }
    StoredKeyFile file;
    file.coded = bytes.first(bytes.size() - 2 * kHashBytes);
    file.code = bytes.sliced(file.coded.size(), kHashBytes);
    Reader reader(ByteView(file.coded).sliced(kMagic.size()));
    const auto version = reader.number<std::uint8_t>();
    if (version > kVersion)
        return ErrorCode::NewerSchema;
    if (version != kVersion)
        return ErrorCode::Corrupt;
    file.content.generation = reader.number<std::uint32_t>();
    file.content.id = reader.bytes(kKeyFileIdBytes).toByteArray();
    const auto count = reader.number<std::uint8_t>();
    if (count == 0 || count > kMaxSlots)
        return ErrorCode::Corrupt;
    for (int i = 0; i < count; ++i) {
        auto slot = readSlot(reader);
        const auto isSameKind = [&](const KeySlot &other) { return slot && other.kind == slot->kind; };
        if (!slot || std::any_of(file.content.slots.begin(), file.content.slots.end(), isSameKind))
            return ErrorCode::Corrupt;
        file.content.slots.push_back(std::move(*slot));
    }
    if (!reader.isDone()) {
        file.content.databaseMade = reader.number<std::uint8_t>() == kDatabaseMade;
        if (!file.content.databaseMade || !reader.isDone())
            return ErrorCode::Corrupt;
    }
    return file;
}

bool isAuthentic(const StoredKeyFile &file, ByteView codeKey)
{
    return !refuseUnless(Check::KeyFileCode,
                         equalConstantTime(keyedBlake2b(codeKey, {file.coded}, kHashBytes), file.code));
}

Bytes slotAssociatedData(const KeyFileContent &content, const KeySlot &slot)
{
    Bytes bytes = kMagic.toByteArray();
    putNumber(bytes, kVersion);
    bytes.append(content.id);
    putSlotHeader(bytes, slot);
    return bytes;
}

} // namespace sotto
