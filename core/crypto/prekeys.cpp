#include "core/crypto/prekeys.h"

#include "core/crypto/session_operation.h"
#include "core/crypto/signal/native_keys.h"

namespace sotto {

namespace {
constexpr std::uint32_t kIdCount = 0xfffffe; ///< ids are 1 to 0xFFFFFE
/// With at most a thousand of 16 million ids in use, a draw that fails this often means a broken source.
constexpr int kMaxDraws = 64;

/// A random id that `isUsed` does not know. `isUsed` answers Result<bool, CryptoError>.
template <class IsUsed> Result<std::uint32_t, CryptoError> freeId(Random &random, IsUsed isUsed)
{
    for (int i = 0; i < kMaxDraws; ++i) {
        const Result<std::uint64_t> draw = random.below(kIdCount);
        if (!draw)
            return CryptoError::RandomFailed;
        const auto id = std::uint32_t(*draw) + 1;
        const Result<bool, CryptoError> used = isUsed(id);
        if (!used)
            return used.error();
        if (!*used)
            return id;
    }
    return CryptoError::RandomFailed;
}
} // namespace

PreKeys::PreKeys(CryptoCore &core, KeyStores stores) : m_core(core), m_stores(stores) { }

Result<SignedPreKey, CryptoError> PreKeys::makeSignedPreKey()
{
    const auto id = freeId(m_core.random(), [this](std::uint32_t candidate) -> Result<bool, CryptoError> {
        const auto found = m_stores.signedPreKeys.loadSignedPreKey(candidate);
        if (!found)
            return CryptoError::StoreFailed;
        return found->has_value();
    });
    if (!id)
        return id.error();
    return makeSignedPreKeyWithId(*id);
}

Result<SignedPreKey, CryptoError> PreKeys::makeSignedPreKeyWithId(std::uint32_t id)
{
    if (!isOrdinaryPreKeyId(id))
        return CryptoError::InvalidArgument;
    const auto identity = m_stores.identities.localIdentity();
    if (!identity)
        return CryptoError::StoreFailed;
    const auto pair = makeCurveKeyPair(m_core.random());
    if (!pair)
        return pair.error();
    auto signature = native::sign(m_core.context(), identity->identityKey, pair->publicKey.view());
    if (!signature)
        return signature.error();
    const Timestamp now = m_core.clock().now();
    const auto record =
        native::signedPreKeyRecord(m_core.context(), id, std::uint64_t(std::max<qint64>(0, now.ms)), *pair, *signature);
    if (!record)
        return record.error();
    if (!m_stores.signedPreKeys.storeSignedPreKey(id, record->view(), now))
        return CryptoError::StoreFailed;
    return SignedPreKey{id, pair->publicKey, std::move(*signature), now};
}

Result<SignedPreKey, CryptoError> PreKeys::signedPreKey(std::uint32_t id)
{
    const auto record = m_stores.signedPreKeys.loadSignedPreKey(id);
    if (!record)
        return CryptoError::StoreFailed;
    if (!*record)
        return CryptoError::InvalidKeyId;
    auto content = native::readSignedPreKey(m_core.context(), (*record)->view());
    if (!content)
        return content.error();
    return SignedPreKey{id, content->publicKey, std::move(content->signature), {qint64(content->madeAtMs)}};
}

Result<OneTimePreKey, CryptoError> PreKeys::oneTimePreKey(std::uint32_t id)
{
    const auto record = m_stores.preKeys.loadPreKey(id);
    if (!record)
        return CryptoError::StoreFailed;
    if (!*record)
        return CryptoError::InvalidKeyId;
    const auto key = native::readPreKey(m_core.context(), (*record)->view());
    if (!key)
        return key.error();
    return OneTimePreKey{id, *key};
}

Result<std::vector<OneTimePreKey>, CryptoError> PreKeys::makeOneTimePreKeys(int count, const Sign &sign)
{
    if (count < 0 || count > kMaxOneTimePreKeys)
        return CryptoError::InvalidArgument;
    std::vector<OneTimePreKey> made;
    made.reserve(std::size_t(count));
    for (int i = 0; i < count; ++i) {
        const auto id = freeId(m_core.random(), [this](std::uint32_t candidate) -> Result<bool, CryptoError> {
            const auto found = m_stores.preKeys.loadPreKey(candidate);
            if (!found)
                return CryptoError::StoreFailed;
            return found->has_value();
        });
        if (!id)
            return id.error();
        const auto preKey = makeOneTimePreKeyWithId(*id);
        if (!preKey)
            return preKey.error();
        const auto isSigned = sign(*preKey);
        if (!isSigned)
            return isSigned.error();
        made.push_back(*preKey);
    }
    return made;
}

Result<OneTimePreKey, CryptoError> PreKeys::makeOneTimePreKeyWithId(std::uint32_t id)
{
    if (!isOrdinaryPreKeyId(id))
        return CryptoError::InvalidArgument;
    const auto pair = makeCurveKeyPair(m_core.random());
    if (!pair)
        return pair.error();
    const auto record = native::preKeyRecord(m_core.context(), id, *pair);
    if (!record)
        return record.error();
    if (!m_stores.preKeys.storePreKey(id, record->view(), m_core.clock().now()))
        return CryptoError::StoreFailed;
    return OneTimePreKey{id, pair->publicKey};
}

Result<Done, CryptoError> PreKeys::destroyExpired()
{
    const Timestamp now = m_core.clock().now();
    const Timestamp limit = now - kPrivateHalfLife;
    if (!m_stores.preKeys.removePreKeysMadeBefore(now - kOneTimePrivateHalfLife)
        || !m_stores.preKeys.keepNewestPreKeys(kMaxOneTimePreKeys))
        return CryptoError::StoreFailed;
    const auto rows = m_stores.signedPreKeys.signedPreKeys();
    if (!rows)
        return CryptoError::StoreFailed;
    // A signed prekey's time starts when its successor takes its place; the last one stays.
    for (std::size_t i = 0; i + 1 < rows->size(); ++i) {
        if ((*rows)[i + 1].madeAt >= limit)
            continue;
        if (!m_stores.signedPreKeys.removeSignedPreKey((*rows)[i].id)
            || !m_stores.tombstones.removeTombstonesOf((*rows)[i].id)) {
            return CryptoError::StoreFailed;
        }
    }
    return Done{};
}

} // namespace sotto
