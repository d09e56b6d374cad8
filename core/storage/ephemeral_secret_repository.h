#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/primitives/secret_bytes.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// Our newest secret for typing and presence frames.
struct OwnEphemeralSecret {
    std::int64_t id = 0;
    SecretBytes secret; ///< 32 bytes
    Timestamp madeAt;
};

/// Secrets for frames that never touch a ratchet: ours, who has been given which, and those of peer devices. On the
/// thread of the database; changes belong in a transaction.
class EphemeralSecretRepository {
public:
    explicit EphemeralSecretRepository(Database &database) : m_database(database) { }

    /// The newest of ours.
    Result<std::optional<OwnEphemeralSecret>> current();
    /// A new one of ours takes over; peers have not got it yet. Older ones are forgotten.
    Result<Done> renew(ByteView secret, Timestamp now);
    /// Whether a peer device has been sent our newest.
    Result<bool> hasCurrent(const DeviceAddress &peer);
    /// It goes out with content that was just encrypted for that device.
    Result<Done> setGiven(const DeviceAddress &peer, std::int64_t id);

    /// What a peer device sent us.
    Result<Done> storePeer(const DeviceAddress &peer, ByteView secret, Timestamp now);
    Result<std::optional<SecretBytes>> peer(const DeviceAddress &peer);
    /// Every peer device's secret.
    struct PeerSecret {
        DeviceAddress peer;
        SecretBytes secret;
    };
    Result<std::vector<PeerSecret>> peers();
    /// A device was revoked, or its account forgotten.
    Result<Done> removePeer(const DeviceAddress &peer);

private:
    Database &m_database;
};

} // namespace sotto
