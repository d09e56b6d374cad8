#include "tests/crypto_agent/memory_key_stores.h"

#include <algorithm>

namespace sotto::kit {

namespace {
using Answer = std::optional<SecretBytes>;

Result<Answer> found(const std::map<std::uint32_t, MemoryKeyStores::TimedRecord> &map, std::uint32_t id)
{
    const auto at = map.find(id);
    return at == map.end() ? Answer() : Answer(SecretBytes::copyOf(at->second.record));
}

template <class Map, class Key> Result<Answer> found(const Map &map, const Key &key)
{
    const auto at = map.find(key);
    return at == map.end() ? Answer() : Answer(SecretBytes::copyOf(at->second));
}
} // namespace

template <class Map, class Key>
Result<Done> MemoryKeyStores::put(Map &map, const Key &key, typename Map::mapped_type value)
{
    if (writeFails())
        return ErrorCode::InputOutput;
    map.insert_or_assign(key, std::move(value));
    return Done{};
}

template <class Map, class Key> Result<Done> MemoryKeyStores::erase(Map &map, const Key &key)
{
    if (writeFails())
        return ErrorCode::InputOutput;
    map.erase(key);
    return Done{};
}

Result<Answer> MemoryKeyStores::loadSession(const DeviceAddress &peer)
{
    if (failReads)
        return ErrorCode::InputOutput;
    return found(content.sessions, peer);
}

Result<Done> MemoryKeyStores::storeSession(const DeviceAddress &peer, ByteView record, Timestamp)
{
    return put(content.sessions, peer, record.toByteArray());
}

Result<Done> MemoryKeyStores::removeSession(const DeviceAddress &peer) { return erase(content.sessions, peer); }

Result<Answer> MemoryKeyStores::loadPreKey(std::uint32_t id)
{
    if (failReads)
        return ErrorCode::InputOutput;
    return found(content.preKeys, id);
}

Result<Done> MemoryKeyStores::storePreKey(std::uint32_t id, ByteView record, Timestamp madeAt)
{
    return put(content.preKeys, id, TimedRecord{record.toByteArray(), madeAt});
}

Result<Done> MemoryKeyStores::removePreKey(std::uint32_t id) { return erase(content.preKeys, id); }

Result<int> MemoryKeyStores::countPreKeys() { return int(content.preKeys.size()); }

Result<Done> MemoryKeyStores::removePreKeysMadeBefore(Timestamp limit)
{
    if (writeFails())
        return ErrorCode::InputOutput;
    std::erase_if(content.preKeys, [limit](const auto &item) { return item.second.madeAt < limit; });
    return Done{};
}

Result<Done> MemoryKeyStores::keepNewestPreKeys(int count)
{
    if (writeFails())
        return ErrorCode::InputOutput;
    while (int(content.preKeys.size()) > count) {
        content.preKeys.erase(
            std::min_element(content.preKeys.begin(), content.preKeys.end(),
                             [](const auto &a, const auto &b) { return a.second.madeAt < b.second.madeAt; }));
    }
    return Done{};
}

Result<Answer> MemoryKeyStores::loadSignedPreKey(std::uint32_t id)
{
    if (failReads)
        return ErrorCode::InputOutput;
    return found(content.signedPreKeys, id);
}

Result<Done> MemoryKeyStores::storeSignedPreKey(std::uint32_t id, ByteView record, Timestamp madeAt)
{
    return put(content.signedPreKeys, id, TimedRecord{record.toByteArray(), madeAt});
}

Result<Done> MemoryKeyStores::removeSignedPreKey(std::uint32_t id) { return erase(content.signedPreKeys, id); }

Result<std::vector<SignedPreKeyRow>> MemoryKeyStores::signedPreKeys()
{
    std::vector<SignedPreKeyRow> rows;
    for (const auto &[id, record] : content.signedPreKeys)
        rows.push_back({id, record.madeAt});
    std::sort(rows.begin(), rows.end(), [](const auto &a, const auto &b) { return a.madeAt < b.madeAt; });
    return rows;
}

Result<LocalIdentity> MemoryKeyStores::localIdentity()
{
    if (failReads || content.identityPrivate.isEmpty())
        return ErrorCode::InputOutput;
    return LocalIdentity{curveKeyPairFrom(content.identityPrivate), content.registrationId};
}

Result<bool> MemoryKeyStores::isTrusted(const DeviceAddress &peer, const CurvePublicKey &key)
{
    if (failReads)
        return ErrorCode::InputOutput;
    const auto pin = content.pins.find(peer);
    if (pin == content.pins.end())
        return m_trust == Trust::OnFirstUse;
    return pin->second == key;
}

Result<Done> MemoryKeyStores::rememberIdentity(const DeviceAddress &peer, const CurvePublicKey &key)
{
    return m_trust == Trust::OnFirstUse ? put(content.pins, peer, key) : Result<Done>(Done{});
}

Result<std::optional<std::uint32_t>> MemoryKeyStores::registrationId(const DeviceAddress &peer)
{
    const auto at = content.registrationIds.find(peer);
    return at == content.registrationIds.end() ? std::nullopt : std::optional(at->second);
}

Result<Answer> MemoryKeyStores::loadSenderKey(const SenderKeyName &name)
{
    if (failReads)
        return ErrorCode::InputOutput;
    return found(content.senderKeys, name);
}

Result<Done> MemoryKeyStores::storeSenderKey(const SenderKeyName &name, ByteView record, Timestamp)
{
    return put(content.senderKeys, name, record.toByteArray());
}

Result<Done> MemoryKeyStores::removeSenderKey(const SenderKeyName &name) { return erase(content.senderKeys, name); }

Result<bool> MemoryKeyStores::hasTombstone(const DeviceAddress &peer, const Hash256 &baseKey)
{
    return content.tombstones.count({peer, baseKey}) > 0;
}

Result<Done> MemoryKeyStores::addTombstone(const DeviceAddress &peer, const Hash256 &baseKey,
                                           std::uint32_t signedPreKeyId, Timestamp)
{
    return put(content.tombstones, std::pair(peer, baseKey), signedPreKeyId);
}

Result<Done> MemoryKeyStores::removeTombstonesOf(std::uint32_t signedPreKeyId)
{
    if (writeFails())
        return ErrorCode::InputOutput;
    std::erase_if(content.tombstones, [signedPreKeyId](const auto &item) { return item.second == signedPreKeyId; });
    return Done{};
}

} // namespace sotto::kit
