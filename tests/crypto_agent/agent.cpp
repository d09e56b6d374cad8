#include "tests/crypto_agent/agent.h"

#include "core/crypto/device_keys.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace sotto::kit {

namespace {
struct Kind {
    const char *name;
    int code; ///< libsignal-protocol-c's
};

/// How an error is told. Refusals that only Sotto knows have the kind of what they refuse.
Kind kindOf(CryptoError error)
{
    switch (error) {
    case CryptoError::Duplicate:
    case CryptoError::ReplayedPreKeyMessage: return {"duplicate", -1001};
    case CryptoError::InvalidKey: return {"invalid_key", -1002};
    case CryptoError::InvalidKeyId: return {"invalid_key_id", -1003};
    case CryptoError::InvalidMessage:
    case CryptoError::NeedsRetry: return {"invalid_message", -1005};
    case CryptoError::InvalidVersion: return {"invalid_version", -1006};
    case CryptoError::Legacy: return {"legacy", -1007};
    case CryptoError::NoSession: return {"no_session", -1008};
    case CryptoError::UntrustedIdentity: return {"untrusted_identity", -1010};
    case CryptoError::InvalidProtobuf: return {"invalid_protobuf", -1100};
    case CryptoError::InvalidArgument: return {"invalid_argument", -22};
    case CryptoError::StoreFailed:
    case CryptoError::CorruptRecord:
    case CryptoError::RandomFailed:
    case CryptoError::OutOfMemory:
    case CryptoError::Other: break;
    }
    return {"other", -1000};
}

QByteArray line(QJsonObject object, bool ok)
{
    object.insert(QStringLiteral("ok"), ok);
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}
} // namespace

CryptoAgent::CryptoAgent(CryptoCore &core)
    : m_core(core), m_sessions(core, m_stores.all()), m_groups(core, m_stores.all()), m_preKeys(core, m_stores.all())
{ }

CryptoAgent::~CryptoAgent() = default;

const QHash<QString, CryptoAgent::Operation> &CryptoAgent::operations()
{
    static const QHash<QString, Operation> all{
        {QStringLiteral("init"), &CryptoAgent::init},
        {QStringLiteral("bundle"), &CryptoAgent::bundle},
        {QStringLiteral("process_bundle"), &CryptoAgent::processBundle},
        {QStringLiteral("encrypt"), &CryptoAgent::encrypt},
        {QStringLiteral("decrypt"), &CryptoAgent::decrypt},
        {QStringLiteral("archive"), &CryptoAgent::archive},
        {QStringLiteral("delete_session"), &CryptoAgent::deleteSession},
        {QStringLiteral("forget_identity"), &CryptoAgent::forgetIdentity},
        {QStringLiteral("info"), &CryptoAgent::info},
        {QStringLiteral("snapshot"), &CryptoAgent::snapshot},
        {QStringLiteral("restore"), &CryptoAgent::restore},
        {QStringLiteral("sk_create"), &CryptoAgent::createSenderKey},
        {QStringLiteral("sk_rotate"), &CryptoAgent::rotateSenderKey},
        {QStringLiteral("sk_process"), &CryptoAgent::processSenderKey},
        {QStringLiteral("sk_encrypt"), &CryptoAgent::encryptSenderKey},
        {QStringLiteral("sk_decrypt"), &CryptoAgent::decryptSenderKey},
        {QStringLiteral("fingerprint"), &CryptoAgent::fingerprint},
        {QStringLiteral("sign"), &CryptoAgent::sign},
        {QStringLiteral("verify"), &CryptoAgent::verify},
        {QStringLiteral("agree"), &CryptoAgent::agree},
    };
    return all;
}

QByteArray CryptoAgent::answer(ByteView bytes)
{
    Answer result = CryptoError::InvalidArgument;
    if (bytes.size() <= kMaxLineBytes) {
        const auto request = Request::parse(bytes);
        const Operation operation = request ? operations().value(request->op(), nullptr) : nullptr;
        if (operation)
            result = (this->*operation)(*request);
    }
    if (result)
        return line(*result, true);
    const Kind kind = kindOf(result.error());
    return line({{QStringLiteral("error"), QLatin1String(kind.name)}, {QStringLiteral("code"), kind.code}}, false);
}

CryptoAgent::Answer CryptoAgent::init(const Request &request)
{
    const auto self = request.address("name");
    if (!self)
        return CryptoError::InvalidArgument;
    const auto keys = makeCurveKeyPair(m_core.random());
    if (!keys)
        return keys.error();
    m_self = self;
    m_stores.content = {};
    m_stores.content.identityPrivate = keys->privateKey.view().toByteArray();
    m_stores.content.registrationId = registrationIdOf(keys->publicKey);
    m_accepted.clear();
    m_sessions.jumpLimiter() = {};
    m_groups.jumpLimiter() = {};
    return QJsonObject{{QStringLiteral("identity_key"), keys->publicKey.toHex()},
                       {QStringLiteral("registration_id"), qint64(m_stores.content.registrationId)}};
}

CryptoAgent::Answer CryptoAgent::snapshot(const Request &request)
{
    const auto slot = request.label("slot");
    if (!slot)
        return CryptoError::InvalidArgument;
    m_snapshots.insert(*slot, {m_self, m_stores.content, m_accepted, m_sessions.jumpLimiter(), m_groups.jumpLimiter()});
    return QJsonObject{};
}

CryptoAgent::Answer CryptoAgent::restore(const Request &request)
{
    const auto slot = request.label("slot");
    const auto at = slot ? m_snapshots.constFind(*slot) : m_snapshots.cend();
    if (at == m_snapshots.cend())
        return CryptoError::InvalidArgument;
    m_self = at->self;
    m_stores.content = at->keys;
    m_accepted = at->accepted;
    m_sessions.jumpLimiter() = at->sessionJumps;
    m_groups.jumpLimiter() = at->groupJumps;
    return QJsonObject{};
}

} // namespace sotto::kit
