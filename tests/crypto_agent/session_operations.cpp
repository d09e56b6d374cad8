#include "tests/crypto_agent/agent.h"

// The pairwise operations of crypto-agent.

namespace sotto::kit {

namespace {
constexpr std::int64_t kMaxId = 0xffffff;
constexpr std::int64_t kMaxNumber = 0xffffffff;

QString hex(ByteView bytes) { return QString::fromLatin1(bytes.toByteArray().toHex()); }

Bytes acceptedKey(const DeviceAddress &peer, const Hash256 &hash)
{
    return peer.account.toBytes() + Bytes::number(peer.device.number()) + '/' + hash.toBytes();
}

/// The bundle in a request; nothing when a field is missing or malformed. Wrong sizes and keys are the core's matter.
std::optional<RemoteBundle> bundleIn(const Request &request)
{
    const auto registrationId = request.number("registration_id", 0, kMaxNumber);
    const auto identityKey = request.bytes("identity_key");
    const auto signedPreKeyId = request.number("spk_id", 0, kMaxNumber);
    const auto signedPreKey = request.bytes("spk");
    const auto signature = request.bytes("spk_sig");
    if (!registrationId || !identityKey || !signedPreKeyId || !signedPreKey || !signature)
        return std::nullopt;
    RemoteBundle bundle{std::uint32_t(*registrationId),
                        *identityKey,
                        std::uint32_t(*signedPreKeyId),
                        *signedPreKey,
                        *signature,
                        std::nullopt};
    const bool hasOneTime = request.has("pk_id") || request.has("pk");
    if (hasOneTime) {
        const auto id = request.number("pk_id", 0, kMaxNumber);
        if (!id)
            return std::nullopt;
        if (*id == 0 && !request.has("pk"))
            return bundle;
        const auto key = request.bytes("pk");
        if (!key)
            return std::nullopt;
        bundle.oneTime = {std::uint32_t(*id), *key};
    }
    return bundle;
}
} // namespace

Result<SignedPreKey, CryptoError> CryptoAgent::signedPreKey(std::uint32_t id)
{
    const auto stored = m_preKeys.signedPreKey(id);
    return stored || stored.error() != CryptoError::InvalidKeyId ? stored : m_preKeys.makeSignedPreKeyWithId(id);
}

Result<OneTimePreKey, CryptoError> CryptoAgent::oneTimePreKey(std::uint32_t id)
{
    const auto stored = m_preKeys.oneTimePreKey(id);
    return stored || stored.error() != CryptoError::InvalidKeyId ? stored : m_preKeys.makeOneTimePreKeyWithId(id);
}

CryptoAgent::Answer CryptoAgent::bundle(const Request &request)
{
    const auto signedId = request.number("spk_id", 1, kMaxId - 1);
    const auto oneTimeId = request.number("pk_id", 0, kMaxId - 1);
    if (!m_self || !signedId || !oneTimeId)
        return CryptoError::InvalidArgument;
    const auto identity = m_stores.localIdentity();
    if (!identity)
        return CryptoError::StoreFailed;
    const auto signedKey = signedPreKey(std::uint32_t(*signedId));
    if (!signedKey)
        return signedKey.error();
    QJsonObject answer{{QStringLiteral("registration_id"), qint64(identity->registrationId)},
                       {QStringLiteral("device_id"), qint64(m_self->device.number())},
                       {QStringLiteral("identity_key"), identity->identityKey.publicKey.toHex()},
                       {QStringLiteral("spk_id"), qint64(signedKey->id)},
                       {QStringLiteral("spk"), signedKey->publicKey.toHex()},
                       {QStringLiteral("spk_sig"), hex(signedKey->signature)}};
    if (*oneTimeId != 0) {
        const auto oneTime = oneTimePreKey(std::uint32_t(*oneTimeId));
        if (!oneTime)
            return oneTime.error();
        answer.insert(QStringLiteral("pk_id"), qint64(oneTime->id));
        answer.insert(QStringLiteral("pk"), oneTime->publicKey.toHex());
    }
    return answer;
}

CryptoAgent::Answer CryptoAgent::processBundle(const Request &request)
{
    const auto peer = request.address("peer");
    const auto device = request.device("device_id");
    const auto bundle = bundleIn(request);
    if (!m_self || !peer || !device || !bundle || *device != peer->device)
        return CryptoError::InvalidArgument;
    const auto processed = m_sessions.processBundle(*peer, *bundle);
    if (!processed)
        return processed.error();
    return QJsonObject{};
}

CryptoAgent::Answer CryptoAgent::encrypt(const Request &request)
{
    const auto peer = request.address("peer");
    const auto plaintext = request.bytes("plaintext");
    if (!m_self || !peer || !plaintext)
        return CryptoError::InvalidArgument;
    const auto frame = m_sessions.encrypt(*peer, *plaintext);
    if (!frame)
        return frame.error();
    const bool isPreKey = frame->type == RatchetFrameType::PreKey;
    return QJsonObject{{QStringLiteral("type"), isPreKey ? QStringLiteral("prekey") : QStringLiteral("signal")},
                       {QStringLiteral("body"), hex(frame->bytes)}};
}

CryptoAgent::Answer CryptoAgent::decrypt(const Request &request)
{
    const auto peer = request.address("peer");
    const auto typeName = request.text("type");
    const auto body = request.bytes("body");
    const bool isPreKey = typeName == QStringLiteral("prekey");
    if (!m_self || !peer || !body || (!isPreKey && typeName != QStringLiteral("signal")))
        return CryptoError::InvalidArgument;
    const auto type = isPreKey ? RatchetFrameType::PreKey : RatchetFrameType::Signal;
    const auto hash = SessionCipher::innerHash(m_core, type, *body);
    if (!hash)
        return hash.error();
    const Bytes key = acceptedKey(*peer, *hash);
    if (m_accepted.contains(key))
        return CryptoError::Duplicate;
    const auto plaintext = m_sessions.decrypt(*peer, type, *body);
    if (!plaintext)
        return plaintext.error();
    m_accepted.insert(key);
    return QJsonObject{{QStringLiteral("plaintext"), hex(plaintext->view())}};
}

CryptoAgent::Answer CryptoAgent::archive(const Request &request)
{
    const auto peer = request.address("peer");
    if (!m_self || !peer)
        return CryptoError::InvalidArgument;
    const auto archived = m_sessions.archive(*peer);
    if (!archived && archived.error() != CryptoError::NoSession)
        return archived.error();
    return QJsonObject{};
}

CryptoAgent::Answer CryptoAgent::deleteSession(const Request &request)
{
    const auto peer = request.address("peer");
    if (!m_self || !peer)
        return CryptoError::InvalidArgument;
    const auto removed = m_sessions.remove(*peer);
    if (!removed)
        return removed.error();
    return QJsonObject{};
}

CryptoAgent::Answer CryptoAgent::forgetIdentity(const Request &request)
{
    const auto peer = request.address("peer");
    if (!m_self || !peer)
        return CryptoError::InvalidArgument;
    m_stores.content.pins.erase(*peer);
    return QJsonObject{};
}

CryptoAgent::Answer CryptoAgent::info(const Request &request)
{
    const auto peer = request.address("peer");
    if (!m_self || !peer)
        return CryptoError::InvalidArgument;
    const auto size = m_sessions.recordBytes(*peer);
    const auto left = m_stores.countPreKeys();
    if (!size || !left)
        return CryptoError::StoreFailed;
    return QJsonObject{{QStringLiteral("record_bytes"), qint64(*size)}, {QStringLiteral("prekeys_left"), *left}};
}

} // namespace sotto::kit
