#pragma once
#include "core/base/bytes.h"

namespace sotto {

// Every kind of signed or hashed structure of the product. What is signed or hashed is "sotto/v1/<purpose>\0" || body,
// so a signature made for one purpose is none for another (T013 tries all pairs). A text never changes its meaning.
// X(Name, "text")
#define SOTTO_PURPOSES(X)                                                                                              \
    X(Account, "account")              /* hash only: account id, over the genesis body */                              \
    X(Direct, "direct")                /* hash only: one-to-one conversation id, over both accounts */                 \
    X(DeviceEntry, "device-entry")     /* DSK, Ed25519: a device log entry */                                          \
    X(GenesisProof, "genesis-proof")   /* ARK and IK, XEdDSA: over the genesis body */                                 \
    X(DeviceProof, "device-proof")     /* new DSK, Ed25519, and new IK, XEdDSA: over a DeviceClaim */                  \
    X(RecoveryProof, "recovery-proof") /* new ARK, XEdDSA: over a set_recovery entry */                                \
    X(RecoverEntry, "recover-entry")   /* ARK, XEdDSA: a recover entry */                                              \
    X(Bundle, "bundle")                /* DSK: PreKeyBundle */                                                         \
    X(PreKey, "prekey")                /* DSK: OneTimePreKey */                                                        \
    X(RelayHello, "relay-hello")       /* relay key: Hello */                                                          \
    X(RelayInfo, "relay-info")         /* relay key: RelayInfo */                                                      \
    X(RelayAuth, "relay-auth")         /* DSK: SHA-256(Hello body) || account || device */                             \
    X(Retry, "retry")                  /* DSK: a Retry outside a session */                                            \
    X(GroupEntry, "group-entry")       /* DSK: a group log entry */

/// What a signature is for.
enum class Purpose {
#define SOTTO_PURPOSE_NAME(name, text) name,
    SOTTO_PURPOSES(SOTTO_PURPOSE_NAME)
#undef SOTTO_PURPOSE_NAME
};

/// How many purposes there are; values run from 0.
int purposeCount();
/// "sotto/v1/<purpose>" with its terminating zero byte: what stands in front of a body.
ByteView purposePrefix(Purpose purpose);

} // namespace sotto
