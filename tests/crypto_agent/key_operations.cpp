#include "core/crypto/safety_number.h"
#include "core/primitives/xeddsa.h"
#include "tests/crypto_agent/agent.h"

// The group, fingerprint and signature operations of crypto-agent.

namespace sotto::kit {

namespace {
QString hex(ByteView bytes) { return QString::fromLatin1(bytes.toByteArray().toHex()); }
} // namespace

std::optional<SenderKeyName> CryptoAgent::ownChain(const Request &request) const
{
    const auto group = request.group();
    if (!m_self || !group)
        return std::nullopt;
    return SenderKeyName{*group, *m_self};
}

CryptoAgent::Answer CryptoAgent::createSenderKey(const Request &request)
{
    const auto own = ownChain(request);
    if (!own)
        return CryptoError::InvalidArgument;
    const auto distribution = m_groups.createDistribution(*own);
    if (!distribution)
        return distribution.error();
    return QJsonObject{{QStringLiteral("skdm"), hex(*distribution)}};
}

CryptoAgent::Answer CryptoAgent::rotateSenderKey(const Request &request)
{
    const auto own = ownChain(request);
    if (!own)
        return CryptoError::InvalidArgument;
    const auto forgotten = m_groups.forgetChain(*own);
    if (!forgotten)
        return forgotten.error();
    return QJsonObject{};
}

CryptoAgent::Answer CryptoAgent::processSenderKey(const Request &request)
{
    const auto group = request.group();
    const auto peer = request.address("peer");
    const auto distribution = request.bytes("skdm");
    if (!m_self || !group || !peer || !distribution)
        return CryptoError::InvalidArgument;
    const auto processed = m_groups.processDistribution({*group, *peer}, *distribution, std::nullopt);
    if (!processed)
        return processed.error();
    return QJsonObject{};
}

CryptoAgent::Answer CryptoAgent::encryptSenderKey(const Request &request)
{
    const auto own = ownChain(request);
    const auto plaintext = request.bytes("plaintext");
    if (!own || !plaintext)
        return CryptoError::InvalidArgument;
    const auto frame = m_groups.encrypt(*own, *plaintext);
    if (!frame)
        return frame.error();
    return QJsonObject{{QStringLiteral("body"), hex(*frame)}};
}

CryptoAgent::Answer CryptoAgent::decryptSenderKey(const Request &request)
{
    const auto group = request.group();
    const auto peer = request.address("peer");
    const auto body = request.bytes("body");
    if (!m_self || !group || !peer || !body)
        return CryptoError::InvalidArgument;
    const auto plaintext = m_groups.decrypt({*group, *peer}, *body);
    if (!plaintext)
        return plaintext.error();
    return QJsonObject{{QStringLiteral("plaintext"), hex(plaintext->view())}};
}

CryptoAgent::Answer CryptoAgent::fingerprint(const Request &request)
{
    const auto iterations = request.number("iterations", 1, 100'000);
    const auto version = request.number("version", 0, 255);
    const auto ownId = request.text("local_id");
    const auto ownKeyBytes = request.bytes("local_key");
    const auto peerId = request.text("remote_id");
    const auto peerKeyBytes = request.bytes("remote_key");
    if (!iterations || !version || !ownId || !ownKeyBytes || !peerId || !peerKeyBytes)
        return CryptoError::InvalidArgument;
    const auto ownKey = usableCurveKey(*ownKeyBytes);
    const auto peerKey = usableCurveKey(*peerKeyBytes);
    if (!ownKey || !peerKey)
        return CryptoError::InvalidKey;
    const auto number = sotto::fingerprint(m_core, int(*iterations), int(*version), ownId->toUtf8(), *ownKey,
                                           peerId->toUtf8(), *peerKey);
    if (!number)
        return number.error();
    return QJsonObject{{QStringLiteral("display"), number->digits},
                       {QStringLiteral("scannable"), hex(number->scannable)}};
}

CryptoAgent::Answer CryptoAgent::sign(const Request &request)
{
    const auto data = request.bytes("data");
    if (!m_self || !data)
        return CryptoError::InvalidArgument;
    const auto identity = m_stores.localIdentity();
    if (!identity)
        return CryptoError::StoreFailed;
    const auto signature = signXeddsa(*data, identity->identityKey.x25519(), m_core.random());
    if (!signature)
        return CryptoError::RandomFailed;
    return QJsonObject{{QStringLiteral("sig"), hex(*signature)}};
}

CryptoAgent::Answer CryptoAgent::verify(const Request &request)
{
    const auto keyBytes = request.bytes("key");
    const auto data = request.bytes("data");
    const auto signature = request.bytes("sig");
    if (!keyBytes || !data || !signature)
        return CryptoError::InvalidArgument;
    const auto key = usableCurveKey(*keyBytes);
    if (!key)
        return key.error();
    const bool isValid = verifyXeddsa(*data, *signature, x25519Part(*key));
    return QJsonObject{{QStringLiteral("valid"), isValid ? 1 : 0}};
}

CryptoAgent::Answer CryptoAgent::agree(const Request &request)
{
    const auto keyBytes = request.bytes("key");
    if (!m_self || !keyBytes)
        return CryptoError::InvalidArgument;
    const auto key = usableCurveKey(*keyBytes);
    if (!key)
        return key.error();
    const auto identity = m_stores.localIdentity();
    if (!identity)
        return CryptoError::StoreFailed;
    const auto secret = agreeX25519(identity->identityKey.privateKey.view(), x25519Part(*key));
    if (!secret)
        return CryptoError::InvalidKey;
    return QJsonObject{{QStringLiteral("secret"), hex(secret->view())}};
}

} // namespace sotto::kit
