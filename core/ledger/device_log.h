#pragma once
#include "core/base/clock.h"
#include "core/ledger/ledger_error.h"
#include "core/ledger/signature.h"

#include <optional>
#include <set>
#include <span>
#include <vector>

namespace sotto {

inline constexpr int kMaxLogEntries = 1024;
inline constexpr int kMaxActiveDevices = 10;
/// How long a new recovery kit waits, so that a thief's can be withdrawn.
inline constexpr std::chrono::hours kRecoveryDelay{72};
/// How far an entry's time may be from the relay's clock when the relay takes it.
inline constexpr std::chrono::minutes kLogTimeTolerance{10};

/// What a client remembers of an account's log for good: only descendants of this are accepted.
struct LogPin {
    std::uint32_t epoch;
    std::uint64_t version;
    Hash256 hash;
    friend bool operator==(const LogPin &, const LogPin &) = default;
};

/// An entry with the moment this machine first saw it, as databases keep it.
struct StoredLogEntry {
    wire::SignedEntry entry;
    Timestamp seenAt;
    friend bool operator==(const StoredLogEntry &, const StoredLogEntry &) = default;
};

/// A recovery kit that waits for its 72 hours.
struct PendingRecovery {
    wire::RecoveryKeys keys;
    Timestamp setAt;  ///< as the entry says
    Timestamp seenAt; ///< as this machine saw it
    Timestamp validFrom() const { return std::max(setAt, seenAt) + kRecoveryDelay; }
    friend bool operator==(const PendingRecovery &, const PendingRecovery &) = default;
};

/// A kit that the log has replaced by one which this machine has watched for less than its 72 hours (decision 0130).
struct HeldRecovery {
    wire::RecoveryKeys keys; ///< for safety numbers and wrapped keys until then
    Timestamp until;         ///< by this machine's clock; the new kit recovers nothing before
    friend bool operator==(const HeldRecovery &, const HeldRecovery &) = default;
};

/// What an account's log says after one of its entries.
struct DeviceLogState {
    wire::RecoveryKeys recovery;            ///< the kit in force by the log's times
    std::optional<PendingRecovery> pending; ///< the kit that waits
    std::vector<wire::DeviceKeys> devices;  ///< active ones, in log order
    bool isClosed = false;
    std::optional<HeldRecovery> held = std::nullopt; ///< the one thing in which readers of one log may differ
    friend bool operator==(const DeviceLogState &, const DeviceLogState &) = default;
};

/// What an entry did, for the people who must be told.
struct LogChange {
    enum class Kind { DeviceAdded, DeviceRevoked, RecoverySet, RecoveryWithdrawn, Recovered, Closed };
    Kind kind;
    std::optional<DeviceId> device; ///< added or revoked; for Recovered the recovering one
    friend bool operator==(const LogChange &, const LogChange &) = default;
};

/// How a head that somebody else states compares with this log.
enum class HeadRelation {
    Same,
    Older,  ///< the other has not seen our newest entries
    Newer,  ///< fetch the log
    Forked, ///< another entry at a version that we have: the relay shows different logs
};

/// The verified, append-only log of one account's devices (protocol.md 1). Every entry was signed by a device that was
/// active then; nothing the relay says alone changes it. A plain value; any thread, one at a time.
class DeviceLog {
public:
    /// Starts a log from its first entry: signature, proofs of account root and identity key, and the account id that
    /// `expected` states (a link's, the relay's). `seenAt` is this machine's time.
    static Result<DeviceLog, LedgerError> fromGenesis(const AccountId &expected, const wire::SignedEntry &genesis,
                                                      Timestamp seenAt);
    /// The whole log as a stranger received it, at most kMaxLogEntries. With a `pin` it must contain the pinned entry.
    static Result<DeviceLog, LedgerError> fromEntries(const AccountId &expected,
                                                      std::span<const wire::SignedEntry> entries, Timestamp seenAt,
                                                      const std::optional<LogPin> &pin = std::nullopt);
    /// The log out of our own authenticated database: rules are applied again, signatures are not.
    static Result<DeviceLog, LedgerError> fromStored(const AccountId &expected,
                                                     std::span<const StoredLogEntry> entries);

    /// Adds one entry after verifying it against the head. A refused entry changes nothing.
    Result<LogChange, LedgerError> append(const wire::SignedEntry &entry, Timestamp seenAt);
    /// As append(), and the entry's time must be within kLogTimeTolerance of the relay's clock; later only as long as
    /// it is not later than the newest entry's. For the relay.
    Result<LogChange, LedgerError> appendAtRelay(const wire::SignedEntry &entry, Timestamp relayNow);

    const AccountId &account() const { return m_account; }
    LogPin head() const;
    std::uint64_t version() const { return m_entries.size(); }
    /// The time its signer wrote into the newest entry.
    Timestamp newestTime() const { return m_newestTime; }
    const DeviceLogState &state() const { return m_states.back(); }
    /// The active device with this number, or nothing. Valid until the log changes.
    const wire::DeviceKeys *device(DeviceId device) const;
    /// Whether the number was ever given, also in voided entries.
    bool wasUsed(DeviceId device) const { return m_used.contains(device); }
    /// The account root that safety numbers use at `now`: a new kit's once its time has come, by the log and by the
    /// clock of whoever watched it being set.
    const wire::CurveKey &accountRoot(Timestamp now) const;
    /// The public key to which databases are wrapped, of the same kit.
    const wire::SealingKey &recoveryWrap(Timestamp now) const;
    /// Hash of the entry with this version, from 1; nothing beyond the head.
    std::optional<Hash256> hashAt(std::uint64_t version) const;
    /// How `pin`, stated by somebody else, compares.
    HeadRelation relate(const LogPin &pin) const;
    /// All entries from genesis to head, as they were received.
    const std::vector<StoredLogEntry> &entries() const { return m_entries; }

private:
    enum class Trust { Verify, Stored };
    struct Step;
    struct Outcome;

    DeviceLog(AccountId account, DeviceLogState state, StoredLogEntry genesis, Timestamp time);
    static Result<DeviceLog, LedgerError> start(const AccountId &expected, const StoredLogEntry &genesis, Trust trust);
    Result<LogChange, LedgerError> add(const StoredLogEntry &stored, Trust trust);
    Result<Done, LedgerError> checkPlace(const wire::LogEntry &entry) const;
    Result<Done, LedgerError> checkActor(const Step &step) const;
    Result<wire::DeviceKeys, LedgerError> claimedKeys(const Step &step, ByteView claim) const;
    Result<wire::RecoveryKeys, LedgerError> recoveringKit(const Step &step) const;
    const wire::RecoveryKeys &recoveryKeys(Timestamp now) const;
    bool mayUse(const PendingRecovery &pending, const Step &step) const;

    Result<Outcome, LedgerError> outcome(const Step &step, const wire::Genesis &genesis) const;
    Result<Outcome, LedgerError> outcome(const Step &step, const wire::AddDevice &add) const;
    Result<Outcome, LedgerError> outcome(const Step &step, const wire::RevokeDevice &revoke) const;
    Result<Outcome, LedgerError> outcome(const Step &step, const wire::SetRecovery &set) const;
    Result<Outcome, LedgerError> outcome(const Step &step, const wire::Recover &recover) const;
    Result<Outcome, LedgerError> outcome(const Step &step, const wire::Close &close) const;

    AccountId m_account;
    std::vector<StoredLogEntry> m_entries;
    std::vector<Hash256> m_hashes;        ///< of the entries
    std::vector<std::uint32_t> m_epochs;  ///< of the entries
    std::vector<DeviceLogState> m_states; ///< after each entry; recover goes back to one
    std::set<DeviceId> m_used;
    Timestamp m_newestTime;
};

} // namespace sotto
