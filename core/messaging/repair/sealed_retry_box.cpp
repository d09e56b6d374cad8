#include "core/messaging/repair/sealed_retry_box.h"

#include "core/base/check.h"
#include "core/ledger/signature.h"
#include "core/primitives/padding.h"

namespace sotto {

namespace {
/// What the relay takes as the ciphertext of a copy.
constexpr qsizetype kMaxSealedBytes = 4096;
} // namespace

Result<wire::Copy, CryptoError> SealedRetryBox::seal(const content::SealedContent &content, const MessageId &id,
                                                     const wire::DeviceKeys &to)
{
    const wire::SignedEntry entry = signEntry(Purpose::Retry, content::encode(content), m_device.keys.signing);
    const auto ciphertext = sealTo(to.sealingKey.view(), padded(wire::encode(entry)), m_random);
    if (!ciphertext) {
        return ciphertext.error().code == ErrorCode::RandomFailed ? CryptoError::RandomFailed : CryptoError::InvalidKey;
    }
    if (ciphertext->size() > kMaxSealedBytes)
        return CryptoError::InvalidArgument;
    auto sender = m_senders.seal(content.to, to.sealingKey.view(), {id, *ciphertext, std::nullopt});
    if (!sender)
        return sender.error();
    return wire::Copy{content.to.device, wire::CopyKind::Sealed, std::move(*sender), *ciphertext};
}

Result<content::Retry> SealedRetryBox::open(ByteView ciphertext, const DeviceAddress &sender,
                                            const wire::DeviceKeys &keys)
{
    const auto &sealing = m_device.keys.sealing;
    const auto opened = openSealed({sealing.publicKey, sealing.privateKey.clone()}, ciphertext);
    if (!opened)
        return ErrorCode::Malformed;
    const auto bytes = unpadded(opened->view());
    if (!bytes)
        return ErrorCode::Malformed;
    const auto entry = wire::decodeSignedEntry(bytes->view());
    if (!entry)
        return ErrorCode::Malformed;
    if (refuseUnless(Check::SealedRetryOnly, entry->proofs.empty()))
        return ErrorCode::Refused;
    if (refuseUnless(Check::SealedSignature, verifyEntry(Purpose::Retry, *entry, keys.signingKey.view())))
        return ErrorCode::Refused;
    const auto content = content::decodeSealedContent(entry->body);
    if (!content)
        return ErrorCode::Malformed;
    const bool isForUs = content->from == sender && content->to == m_device.address;
    if (refuseUnless(Check::SealedParties, isForUs))
        return ErrorCode::Refused;
    return content->retry;
}

} // namespace sotto
