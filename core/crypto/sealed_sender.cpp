#include "core/crypto/sealed_sender.h"

#include "core/base/check.h"
#include "core/primitives/hash.h"
#include "core/primitives/labels.h"

#include <QtEndian>

namespace sotto {

namespace {
// version 1 | sender account 32 | sender device 4, big-endian | message id 16 | tag 16
constexpr char kVersion = 1;
constexpr qsizetype kTagBytes = 16;
constexpr qsizetype kTagKeyBytes = 32;
constexpr qsizetype kContentBytes = 1 + AccountId::kSize + 4 + MessageId::kSize + kTagBytes;
static_assert(kContentBytes + kSealedBoxOverheadBytes == kSealedSenderBytes);

Bytes deviceBytes(const DeviceAddress &device)
{
    std::array<char, 4> number;
    qToBigEndian(device.device.number(), number.data());
    return device.account.toBytes() + Bytes(number.data(), qsizetype(number.size()));
}

Bytes makeTag(const SecretBytes &key, const SealedCopy &copy)
{
    static constexpr std::array<char, Hash256::kSize> noPayload{};
    const Hash256 ciphertextHash = sha256(copy.ciphertext);
    const ByteView payload = copy.payloadHash ? copy.payloadHash->view() : ByteView(noPayload);
    return keyedBlake2b(key.view(), {copy.messageId.view(), ciphertextHash.view(), payload}, kTagBytes);
}
} // namespace

SealedSender::SealedSender(const DeviceAddress &own, X25519KeyPair sealing, Random &random)
    : m_own(own), m_sealing(std::move(sealing)), m_random(random)
{ }

Result<Bytes, CryptoError> SealedSender::seal(const DeviceAddress &recipient, ByteView recipientKey,
                                              const SealedCopy &copy)
{
    const auto key = tagKey(recipient, recipientKey, Direction::Outgoing);
    if (!key)
        return key.error();
    Bytes content;
    content.reserve(kContentBytes);
    content.append(kVersion);
    content.append(deviceBytes(m_own));
    content.append(copy.messageId.toBytes());
    content.append(makeTag(**key, copy));
    auto sealed = sealTo(recipientKey, content, m_random);
    if (!sealed)
        return sealed.error().code == ErrorCode::RandomFailed ? CryptoError::RandomFailed : CryptoError::InvalidKey;
    return *sealed;
}

Result<SenderClaim, CryptoError> SealedSender::open(ByteView sealed) const
{
    if (sealed.size() != kSealedSenderBytes)
        return CryptoError::InvalidMessage;
    const auto content = openSealed(m_sealing, sealed);
    if (!content || content->view().front() != kVersion)
        return CryptoError::InvalidMessage;
    const ByteView fields = content->view().sliced(1);
    const auto account = AccountId::fromBytes(fields.first(AccountId::kSize));
    const auto device = DeviceId::from(qFromBigEndian<quint32>(fields.data() + AccountId::kSize));
    const auto message = MessageId::fromBytes(fields.sliced(AccountId::kSize + 4, MessageId::kSize));
    if (!account || !device || !message)
        return CryptoError::InvalidMessage;
    return SenderClaim{{*account, *device}, *message, fields.last(kTagBytes).toByteArray()};
}

Result<Done, CryptoError> SealedSender::verify(const SenderClaim &claim, ByteView senderKey, ByteView ciphertext,
                                               const std::optional<Hash256> &payloadHash)
{
    const auto key = tagKey(claim.sender, senderKey, Direction::Incoming);
    if (!key)
        return key.error();
    const Bytes expected = makeTag(**key, {claim.messageId, ciphertext, payloadHash});
    if (refuseUnless(Check::SenderTag, equalConstantTime(expected, claim.tag)))
        return CryptoError::InvalidMessage;
    return Done{};
}

Result<std::shared_ptr<const SecretBytes>, CryptoError> SealedSender::tagKey(const DeviceAddress &peer,
                                                                             ByteView peerKey, Direction direction)
{
    const Bytes peerBytes = deviceBytes(peer);
    const Bytes cacheKey = peerBytes + peerKey.toByteArray() + (direction == Direction::Outgoing ? 'o' : 'i');
    const auto cached = m_keys.constFind(cacheKey);
    if (cached != m_keys.cend())
        return *cached;
    const auto shared = agreeX25519(m_sealing.privateKey.view(), peerKey);
    if (!shared)
        return CryptoError::InvalidKey;
    // Sender first: the two directions of a pair have different keys.
    const Bytes own = deviceBytes(m_own);
    const bool isOutgoing = direction == Direction::Outgoing;
    Bytes derived = keyedBlake2b(
        shared->view(), {labelText(Label::SealedSenderTag), isOutgoing ? own : peerBytes, isOutgoing ? peerBytes : own},
        kTagKeyBytes);
    const auto key = std::make_shared<const SecretBytes>(SecretBytes::copyOf(derived));
    wipe(derived);
    if (m_keys.size() >= kMaxCachedKeys)
        m_keys.clear(); // they cost one agreement each to make again
    m_keys.insert(cacheKey, key);
    return key;
}

} // namespace sotto
