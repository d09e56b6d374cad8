#pragma once
#include "core/base/bytes.h"
#include "core/wire/ledger_entry.h"

#include <optional>

namespace sotto {

/// Public halves of a peer device from which a session is built. Everything about its signatures by the device key and
/// its expiry was checked before (core/ledger); shapes, small order and the prekey's signature are checked again here.
struct RemoteBundle {
    std::uint32_t registrationId = 0;
    Bytes identityKey; ///< 33 bytes
    std::uint32_t signedPreKeyId = 0;
    Bytes signedPreKey;          ///< 33 bytes
    Bytes signedPreKeySignature; ///< 64 bytes, XEdDSA by identityKey over signedPreKey
    struct OneTime {
        std::uint32_t id = 0;
        Bytes key; ///< 33 bytes
    };
    std::optional<OneTime> oneTime;

    /// What verifyBundle() and verifyOneTimePreKey() (core/ledger) have found right.
    static RemoteBundle from(const wire::PreKeyBundle &verified, const std::optional<wire::OneTimePreKey> &oneTime);
};

} // namespace sotto
