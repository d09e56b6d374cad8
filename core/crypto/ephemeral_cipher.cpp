#include "core/crypto/ephemeral_cipher.h"

#include "core/base/check.h"
#include "core/primitives/aead.h"
#include "core/primitives/labels.h"

#include <QtEndian>
#include <chrono>

namespace sotto {

namespace {
constexpr qsizetype kTimeBytes = 8;
static_assert(kEphemeralOverheadBytes == kAeadNonceBytes + kTimeBytes + kAeadTagBytes);

Bytes deviceBytes(const DeviceAddress &device)
{
    std::array<char, 4> number;
    qToBigEndian(device.device.number(), number.data());
    return device.account.toBytes() + Bytes(number.data(), qsizetype(number.size()));
}
} // namespace

EphemeralCipher::EphemeralCipher(ByteView secret, const DeviceAddress &sender)
    : m_key(derive(secret, Label::EphemeralFrame, kAeadKeyBytes)), m_associated(deviceBytes(sender))
{
    Q_ASSERT(secret.size() == kEphemeralSecretBytes);
}

Result<Bytes, CryptoError> EphemeralCipher::seal(ByteView content, Timestamp now, Random &random) const
{
    std::array<char, kTimeBytes> time;
    qToBigEndian(qint64(now.ms), time.data());
    const Bytes plain = Bytes(time.data(), kTimeBytes) + content.toByteArray();
    auto sealed = sealAeadRandom(m_key.view(), plain, m_associated, random);
    if (!sealed)
        return CryptoError::RandomFailed;
    return std::move(*sealed);
}

Result<Bytes, CryptoError> EphemeralCipher::open(ByteView frame, Timestamp now) const
{
    const auto plain = openAeadRandom(m_key.view(), frame, m_associated);
    if (!plain || plain->size() < kTimeBytes)
        return CryptoError::InvalidMessage;
    const Timestamp made{qFromBigEndian<qint64>(plain->data())};
    const bool isFresh = made <= now + kEphemeralLife && now <= made + kEphemeralLife;
    if (refuseUnless(Check::EphemeralTime, isFresh))
        return CryptoError::InvalidMessage;
    return plain->view().sliced(kTimeBytes).toByteArray();
}

} // namespace sotto
