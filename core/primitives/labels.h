#pragma once
#include "core/base/bytes.h"
#include "core/primitives/secret_bytes.h"

namespace sotto {

// Every key of the product that is derived from another has its label here; no label is the beginning of another (a
// test looks), so that label || context is never ambiguous. A label never changes its meaning.
// X(name, "text")
#define SOTTO_LABELS(X)                                                                                                \
    X(AccountRoot, "sotto/v1/kit/account-root")   /* ARK seed, from the recovery kit */                                \
    X(RecoveryWrap, "sotto/v1/kit/recovery-wrap") /* X25519 private key that opens keys.v1 */                          \
    X(BackupRoot, "sotto/v1/kit/backup-root")     /* root of the backup keys */                                        \
    X(DeliveryToken, "sotto/v1/delivery")         /* 16-byte token, from the profile key */                            \
    X(PresenceTopic, "sotto/v1/presence")         /* topic of a week, from the profile key; context: week */           \
    X(ProfileSlot, "sotto/v1/profile")            /* AEAD key of the profile, from the profile key */                  \
    X(SealedSenderTag, "sotto/v1/sender-tag")     /* tag key of a device pair; context: both devices */                \
    X(EphemeralFrame, "sotto/v1/ephemeral")       /* AEAD key of typing and presence frames */                         \
    X(KeyFileSlot, "sotto/v1/key-file/slot")      /* key of a keys.v1 slot; context: slot kind */                      \
    X(KeyFileCode, "sotto/v1/key-file/code")      /* code over a keys.v1, from the database key */

/// The purpose of a derived key.
enum class Label {
#define SOTTO_LABEL_NAME(name, text) name,
    SOTTO_LABELS(SOTTO_LABEL_NAME)
#undef SOTTO_LABEL_NAME
};

/// The bytes of a label, without a terminating zero.
ByteView labelText(Label label);
/// How many labels there are; values run from 0.
int labelCount();

/// HKDF-SHA256 without salt, info = label || context. `size` is 1 to 8160 bytes.
SecretBytes derive(ByteView secret, Label label, ByteView context, qsizetype size);
inline SecretBytes derive(ByteView secret, Label label, qsizetype size) { return derive(secret, label, {}, size); }

} // namespace sotto
