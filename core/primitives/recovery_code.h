#pragma once
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"

#include <QStringView>

namespace sotto {

inline constexpr qsizetype kRecoverySecretBytes = 32;
inline constexpr int kRecoveryCodeGroups = 14;
inline constexpr int kRecoveryCodeGroupLetters = 4;

/// The recovery kit's secret as a person writes it down: 56 base32 letters in 14 groups, "ABCD-EFGH-…", 256 bits and a
/// 24-bit checksum. The alphabet is Crockford's (no I, L, O, U). The text is a secret: it is ASCII and is wiped.
SecretBytes recoveryCodeText(ByteView secret);

/// The secret of a typed code. Case, spaces and dashes do not matter, I and L are read as 1, O as 0. Malformed for a
/// wrong letter or length, WrongKey when the checksum shows a typing error.
Result<SecretBytes> recoverySecret(QStringView code);

} // namespace sotto
