#include "core/crypto/session_cipher.h"

#include "core/base/check.h"
#include "core/crypto/prekey_frame.h"
#include "core/crypto/session_operation.h"
#include "core/crypto/signal/native_session.h"
#include "core/primitives/hash.h"

namespace sotto {

SessionCipher::SessionCipher(CryptoCore &core, KeyStores stores) : m_core(core), m_stores(stores) { }

SessionCipher::~SessionCipher() = default;

Result<Done, CryptoError> SessionCipher::processBundle(const DeviceAddress &peer, const RemoteBundle &bundle)
{
    const auto identity = usableCurveKey(bundle.identityKey);
    if (!identity || !usableCurveKey(bundle.signedPreKey) || (bundle.oneTime && !usableCurveKey(bundle.oneTime->key)))
        return CryptoError::InvalidKey;
    // The library dereferences a signature without looking whether there is one.
    if (refuseUnless(Check::PreKeySignatureShape, bundle.signedPreKeySignature.size() == kCurveSignatureBytes))
        return CryptoError::InvalidKey;
    if (bundle.oneTime && refuseUnless(Check::ReservedPreKeyId, isOrdinaryPreKeyId(bundle.oneTime->id)))
        return CryptoError::InvalidKeyId;

    auto operation = SessionOperation::start(m_core, m_stores, peer);
    if (!operation)
        return operation.error();
    return operation->get()->processBundle(bundle, *identity);
}

Result<RatchetFrame, CryptoError> SessionCipher::encrypt(const DeviceAddress &peer, ByteView plaintext)
{
    auto operation = SessionOperation::start(m_core, m_stores, peer);
    if (!operation)
        return operation.error();
    return operation->get()->encrypt(plaintext);
}

Result<SecretBytes, CryptoError> SessionCipher::decrypt(const DeviceAddress &peer, RatchetFrameType type,
                                                        ByteView frame)
{
    if (frame.isEmpty())
        return CryptoError::InvalidProtobuf;
    if (frame.size() > kMaxRatchetFrameBytes)
        return CryptoError::InvalidArgument;
    auto operation = SessionOperation::start(m_core, m_stores, peer);
    if (!operation)
        return operation.error();
    return type == RatchetFrameType::PreKey ? operation->get()->decryptPreKey(frame, m_limiter)
                                            : operation->get()->decryptSignal(frame, m_limiter);
}

Result<bool, CryptoError> SessionCipher::hasSession(const DeviceAddress &peer)
{
    const auto operation = SessionOperation::start(m_core, m_stores, peer);
    if (!operation)
        return operation.error();
    return operation->get()->checkSending().hasValue();
}

Result<Done, CryptoError> SessionCipher::archive(const DeviceAddress &peer)
{
    auto operation = SessionOperation::start(m_core, m_stores, peer);
    if (!operation)
        return operation.error();
    return operation->get()->archive();
}

Result<Done, CryptoError> SessionCipher::remove(const DeviceAddress &peer)
{
    if (!m_stores.sessions.removeSession(peer))
        return CryptoError::StoreFailed;
    return Done{};
}

Result<qsizetype, CryptoError> SessionCipher::recordBytes(const DeviceAddress &peer)
{
    const auto stored = m_stores.sessions.loadSession(peer);
    if (!stored)
        return CryptoError::StoreFailed;
    return *stored ? (*stored)->size() : 0;
}

Result<int, CryptoError> SessionCipher::archivedStates(const DeviceAddress &peer)
{
    const auto operation = SessionOperation::start(m_core, m_stores, peer);
    if (!operation)
        return operation.error();
    return operation->get()->archivedStates();
}

Result<std::optional<Bytes>, CryptoError> SessionCipher::sendingRatchetKey(const DeviceAddress &peer)
{
    const auto operation = SessionOperation::start(m_core, m_stores, peer);
    if (!operation)
        return operation.error();
    return operation->get()->sendingRatchetKey();
}

Bytes SessionCipher::frameRatchetKey(CryptoCore &core, RatchetFrameType type, ByteView frame)
{
    ByteView inner = frame;
    if (type == RatchetFrameType::PreKey) {
        const auto outer = PreKeyFrame::parse(frame);
        if (!outer)
            return {};
        inner = outer->inner;
    }
    const auto message = native::SignalFrame::parse(core.context(), inner);
    return message ? message->ratchetKey().toBytes() : Bytes();
}

Result<Hash256, CryptoError> SessionCipher::innerHash(CryptoCore &core, RatchetFrameType type, ByteView frame)
{
    ByteView inner = frame;
    if (type == RatchetFrameType::PreKey) {
        const auto outer = PreKeyFrame::parse(frame);
        if (!outer)
            return outer.error();
        inner = outer->inner;
    }
    const auto message = native::SignalFrame::parse(core.context(), inner);
    if (!message)
        return message.error();
    return sha256(inner);
}

} // namespace sotto
