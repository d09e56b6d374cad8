#include "core/primitives/recovery_code.h"

#include "core/primitives/hash.h"

#include <cstring>
#include <sodium.h>

namespace sotto {

namespace {
constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr qsizetype kChecksumBytes = 3;
constexpr qsizetype kCodeBytes = kRecoverySecretBytes + kChecksumBytes;
constexpr int kLetters = kRecoveryCodeGroups * kRecoveryCodeGroupLetters;
static_assert(kCodeBytes * 8 == kLetters * 5);

Bytes checksum(ByteView secret)
{
    static constexpr char domain[] = "sotto/v1/recovery-code";
    return blake2b256({ByteView(domain, sizeof domain), secret}).toBytes().first(kChecksumBytes);
}

/// 0 to 31, or -1 for what is no letter of the alphabet.
int valueOf(QChar letter)
{
    const char16_t c = letter.toUpper().unicode();
    if (c == u'I' || c == u'L')
        return 1;
    if (c == u'O')
        return 0;
    if (c == 0 || c > 0x7f)
        return -1;
    const char *const at = std::strchr(kAlphabet, char(c));
    return at ? int(at - kAlphabet) : -1;
}
} // namespace

SecretBytes recoveryCodeText(ByteView secret)
{
    Q_ASSERT(secret.size() == kRecoverySecretBytes);
    SecretBytes content = SecretBytes::zeros(kCodeBytes);
    std::memcpy(content.data(), secret.data(), std::size_t(kRecoverySecretBytes));
    std::memcpy(content.data() + kRecoverySecretBytes, checksum(secret).constData(), std::size_t(kChecksumBytes));

    SecretBytes text = SecretBytes::zeros(kLetters + kRecoveryCodeGroups - 1);
    qsizetype out = 0;
    for (int letter = 0; letter < kLetters; ++letter) {
        if (letter > 0 && letter % kRecoveryCodeGroupLetters == 0)
            text.data()[out++] = '-';
        unsigned value = 0;
        for (int bit = letter * 5; bit < letter * 5 + 5; ++bit)
            value = value << 1 | (unsigned(content.data()[bit / 8]) >> (7 - bit % 8) & 1u);
        text.data()[out++] = static_cast<unsigned char>(kAlphabet[value]);
    }
    return text;
}

Result<SecretBytes> recoverySecret(QStringView code)
{
    SecretBytes content = SecretBytes::zeros(kCodeBytes);
    int letter = 0;
    for (const QChar c : code) {
        if (c == u'-' || c.isSpace())
            continue;
        const int value = valueOf(c);
        if (value < 0 || letter == kLetters)
            return ErrorCode::Malformed;
        for (int i = 0; i < 5; ++i) {
            const int bit = letter * 5 + i;
            content.data()[bit / 8] = static_cast<unsigned char>(content.data()[bit / 8]
                                                                 | (unsigned(value) >> (4 - i) & 1u) << (7 - bit % 8));
        }
        ++letter;
    }
    if (letter != kLetters)
        return ErrorCode::Malformed;
    const ByteView secret = content.view().first(kRecoverySecretBytes);
    if (!equalConstantTime(checksum(secret), content.view().sliced(kRecoverySecretBytes)))
        return ErrorCode::WrongKey;
    return SecretBytes::copyOf(secret);
}

} // namespace sotto
