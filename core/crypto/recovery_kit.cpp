#include "core/crypto/recovery_kit.h"

#include "core/crypto/curve_key.h"
#include "core/primitives/labels.h"

namespace sotto {

Result<RecoveryKit, CryptoError> RecoveryKit::make(Random &random)
{
    Result<SecretBytes> secret = SecretBytes::random(kRecoverySecretBytes, random);
    if (!secret)
        return CryptoError::RandomFailed;
    return RecoveryKit(std::move(*secret));
}

Result<RecoveryKit, CryptoError> RecoveryKit::fromText(QStringView code)
{
    Result<SecretBytes> secret = recoverySecret(code);
    if (!secret)
        return secret.error().code == ErrorCode::WrongKey ? CryptoError::InvalidKey : CryptoError::InvalidArgument;
    return RecoveryKit(std::move(*secret));
}

Result<RecoveryKit, CryptoError> RecoveryKit::fromSecret(ByteView secret)
{
    if (secret.size() != kRecoverySecretBytes)
        return CryptoError::InvalidArgument;
    return RecoveryKit(SecretBytes::copyOf(secret));
}

bool RecoveryKit::confirms(int index, QStringView typed) const
{
    Q_ASSERT(index >= 0 && index < kRecoveryCodeGroups);
    const SecretBytes code = text();
    const auto group = code.view().sliced(index * (kRecoveryCodeGroupLetters + 1), kRecoveryCodeGroupLetters);
    SecretBytes letters = SecretBytes::zeros(kRecoveryCodeGroupLetters);
    qsizetype at = 0;
    for (const QChar c : typed) {
        if (c == u'-' || c.isSpace())
            continue;
        if (at == letters.size())
            return false;
        const char16_t upper = c.toUpper().unicode();
        const char16_t meant = upper == u'I' || upper == u'L' ? u'1' : upper == u'O' ? u'0' : upper;
        letters.data()[at++] = meant < 0x80 ? static_cast<unsigned char>(meant) : 0;
    }
    return at == letters.size() && equalConstantTime(letters.view(), group);
}

X25519KeyPair RecoveryKit::accountRoot() const
{
    const SecretBytes seed = derive(m_secret.view(), Label::AccountRoot, kCurvePrivateKeyBytes);
    return curveKeyPairFrom(seed.view()).x25519();
}

X25519KeyPair RecoveryKit::recoveryWrap() const
{
    return x25519FromPrivate(derive(m_secret.view(), Label::RecoveryWrap, kX25519KeyBytes).view());
}

SecretBytes RecoveryKit::backupRoot() const { return derive(m_secret.view(), Label::BackupRoot, 32); }

} // namespace sotto
