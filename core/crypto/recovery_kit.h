#pragma once
#include "core/crypto/crypto_error.h"
#include "core/primitives/recovery_code.h"
#include "core/primitives/x25519.h"

namespace sotto {

/// The account's recovery kit: 256 random bits that a person keeps on paper, and the keys that follow from them by
/// HKDF label (labels.h; vectors in tests/unit/core_crypto).
class RecoveryKit {
public:
    /// A fresh kit, or RandomFailed.
    static Result<RecoveryKit, CryptoError> make(Random &random);
    /// The kit of a typed code. InvalidArgument for a wrong letter or length, InvalidKey when the checksum shows a
    /// typing error.
    static Result<RecoveryKit, CryptoError> fromText(QStringView code);
    /// The kit of stored 32 bytes (until the person has confirmed the code); InvalidArgument for another size.
    static Result<RecoveryKit, CryptoError> fromSecret(ByteView secret);

    /// 56 base32 letters in 14 groups, ASCII, a secret.
    SecretBytes text() const { return recoveryCodeText(m_secret.view()); }
    /// Whether `typed` is group `index` (0 to 13) of the text; case and look-alike letters do not matter.
    bool confirms(int index, QStringView typed) const;
    ByteView secret() const { return m_secret.view(); }

    /// ARK: XEdDSA over `recover` and genesis entries; its public half is what safety numbers compare.
    X25519KeyPair accountRoot() const;
    /// Opens the database key in keys.v1; the public half stands in genesis and set_recovery.
    X25519KeyPair recoveryWrap() const;
    /// 32 bytes from which backup keys are made.
    SecretBytes backupRoot() const;

private:
    explicit RecoveryKit(SecretBytes secret) : m_secret(std::move(secret)) { }
    SecretBytes m_secret;
};

} // namespace sotto
