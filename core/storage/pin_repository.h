#pragma once
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/crypto/curve_key.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// How far an account's device log is known. Only its descendants are accepted (core/ledger decides).
struct PinnedHead {
    AccountId account;
    std::uint64_t epoch = 0;
    std::uint64_t version = 0;
    Hash256 head;
    friend bool operator==(const PinnedHead &, const PinnedHead &) = default;
};

/// One entry of a pinned log.
struct PinnedEntry {
    Bytes entry;      ///< the signed entry as one piece
    Timestamp seenAt; ///< when this machine first saw it
    friend bool operator==(const PinnedEntry &, const PinnedEntry &) = default;
};

/// What a verified log says about one device.
struct PinnedDevice {
    DeviceId device;
    CurvePublicKey identityKey;
    Bytes signingKey; ///< DSK, 32 bytes
    Bytes sealingKey; ///< SEK, 32 bytes
    bool revoked = false;
    friend bool operator==(const PinnedDevice &, const PinnedDevice &) = default;
};

/// A newer head of an account's log that one of its devices stated in a message.
struct HeadClaim {
    std::uint64_t version = 0;
    Hash256 hash;
    DeviceId by;
    Timestamp since;
    friend bool operator==(const HeadClaim &, const HeadClaim &) = default;
};

/// Pinned device logs: entries, head, devices. Stored only after verification. On the thread of the database, in a
/// transaction.
class PinRepository {
public:
    explicit PinRepository(Database &database) : m_database(database) { }

    /// The head, nothing for an account whose log was never fetched.
    Result<std::optional<PinnedHead>> pin(const AccountId &account);
    /// Replaces pin, devices and the entries from `firstPosition` on (0: the genesis) by what was verified. Later
    /// entries that were there are gone: `recover` voids them. The verified flag of the safety number stays.
    Result<Done> store(const PinnedHead &pin, std::size_t firstPosition, const std::vector<PinnedEntry> &entries,
                       const std::vector<PinnedDevice> &devices);
    /// All entries as they came, genesis first.
    Result<std::vector<PinnedEntry>> entries(const AccountId &account);
    /// All devices that the log ever named, by number.
    Result<std::vector<PinnedDevice>> devices(const AccountId &account);
    /// Devices that may be written to and believed.
    Result<std::vector<PinnedDevice>> activeDevices(const AccountId &account);
    Result<std::optional<PinnedDevice>> device(const DeviceAddress &address);

    /// Whether the person has compared the safety number.
    Result<bool> isVerified(const AccountId &account);
    /// NotFound without a pin.
    Result<Done> setVerified(const AccountId &account, bool verified);

    /// The newer head that the log has not reached; while there is one, nothing is sent to the account.
    Result<std::optional<HeadClaim>> claim(const AccountId &account);
    /// Puts the account on hold. NotFound without a pin.
    Result<Done> setClaim(const AccountId &account, const HeadClaim &claim);
    /// Ends the hold. `waived`: the claim that the person answered; nothing when the log has grown.
    Result<Done> endClaim(const AccountId &account, const std::optional<HeadClaim> &waived);
    /// What endClaim() was given last; `since` is not kept.
    Result<std::optional<HeadClaim>> waivedClaim(const AccountId &account);
    /// Accounts with a claim.
    Result<std::vector<AccountId>> claimed();
    /// The account root (ARK) that the person last accepted; nothing before it was looked at.
    Result<std::optional<Bytes>> knownRoot(const AccountId &account);
    /// Accepts a root and ends the hold that it made. NotFound without a pin.
    Result<Done> acceptRoot(const AccountId &account, ByteView root);
    /// Another root than the known one: the account is on hold and not verified any more. NotFound without a pin.
    Result<Done> holdForRoot(const AccountId &account);
    Result<bool> isHeldForRoot(const AccountId &account);
    /// Accounts on hold for whatever reason.
    Result<std::vector<AccountId>> held();
    /// Whether nothing is to be sealed to `account` now: it is on hold, or we are, whose desktops get copies.
    Result<bool> isHeld(const AccountId &account);

private:
    Result<Done> storeEntries(std::int64_t account, std::size_t firstPosition, const std::vector<PinnedEntry> &entries);
    Result<Done> storeDevices(std::int64_t account, const std::vector<PinnedDevice> &devices);
    Database &m_database;
};

} // namespace sotto
