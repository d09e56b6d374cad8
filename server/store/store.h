#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/task.h"
#include "core/wire/frame.h"

#include <variant>
#include <vector>

// What the relay keeps, as interfaces: handlers and rules know these only. The embedded implementation is
// EmbeddedStore; a database server can come behind the same ones. All methods may be called on any thread that has an
// event loop; a Task finishes on the thread that called. A Result's error means that nothing was changed and that the
// same call may work later (DiskFull, InputOutput, Busy …): handlers answer it with Unavailable.
namespace sotto::relay {

/// The store's own short number of an account or device; never leaves the relay.
using AccountKey = std::int64_t;
using DeviceKey = std::int64_t;

/// Counters of a device's queue as they are on disk.
struct DeviceCounters {
    std::uint64_t nextSeq = 1; ///< not given out before the last commit
    std::uint64_t lastAckedSeq = 0;
    std::uint64_t lastSubmitSeq = 0; ///< may lag behind by a minute (decision 0071)
    std::uint64_t gapBeforeSeq = 0;
    std::int64_t rows = 0;      ///< queued mail but receipts and status
    std::int64_t smallRows = 0; ///< queued receipts and status
    std::int64_t bytes = 0;     ///< of both
    friend bool operator==(const DeviceCounters &, const DeviceCounters &) = default;
};

/// A device that stands in its account's log.
struct DeviceRecord {
    DeviceId device;
    DeviceKey key = 0;
    bool active = true;      ///< false: revoked; stays known so that it can be told
    Bytes signingKey;        ///< DSK, Ed25519 public key
    Timestamp lastConnected; ///< to the day; when it was added, for one that never came
    DeviceCounters counters; ///< as loaded; the living ones are in server/queues
};

/// An account with everything that routing to it needs.
struct AccountRecord {
    AccountId account;
    AccountKey key = 0;
    bool closed = false;
    std::uint64_t logVersion = 0; ///< of the newest entry; genesis is 1
    Hash256 tokenHash;            ///< SHA-256 of the delivery token
    std::optional<Hash256> previousTokenHash;
    Timestamp previousTokenUntil;
    std::vector<DeviceRecord> devices; ///< ascending by device number
    std::uint64_t revision = 0; ///< of two records of an account the greater is the newer; restarts with the relay

    /// The device with this number, active or not; null when it never was.
    const DeviceRecord *find(DeviceId device) const
    {
        for (const DeviceRecord &known : devices) {
            if (known.device == device)
                return &known;
        }
        return nullptr;
    }
};

/// A device as registration or add_device brings it.
struct NewDevice {
    DeviceId device;
    Bytes signingKey;
    wire::SignedEntry bundle;
    std::vector<wire::SignedEntry> preKeys;
};

/// An account as registration brings it; the caller has verified everything signed.
struct NewAccount {
    AccountId account;
    Hash256 inviteHash; ///< SHA-256 of the invite secret
    wire::SignedEntry genesis;
    NewDevice device;
    QString handle; ///< empty: none
    Hash256 tokenHash;
    int daysUntilInviting = 0; ///< how long it may not invite, when a member invited it
};

/// Why there is no new account.
enum class CreateRefusal { InviteInvalid, HandleTaken, AccountExists };
using CreateOutcome = std::variant<AccountRecord, CreateRefusal>;

/// One entry for an account's log with what it changes; applied as a whole when the log stands at `baseVersion`.
struct LogAppend {
    AccountKey account = 0;
    std::uint64_t baseVersion = 0;
    wire::SignedEntry entry;
    std::optional<NewDevice> added;
    std::vector<DeviceId> revoked;  ///< their queues and one-time prekeys go, bundles hide
    bool closes = false;            ///< all of the account goes but its log; the handle stays reserved for 30 days
    std::vector<DeviceId> restored; ///< revoked, and active again with their bundles: a recovery voided that
};

/// An entry with the moment the relay took it, which the rules of a waiting recovery kit need.
struct LoggedEntry {
    wire::SignedEntry entry;
    Timestamp seenAt;
};

/// The log had moved on: somebody else's entry took the version.
struct LogConflict {
    std::uint64_t logVersion = 0;
};
using LogOutcome = std::variant<AccountRecord, LogConflict>;

/// For how long after its upload a one-time prekey is counted and handed out: its device keeps the private half for 90
/// days, and a message to it may wait for another 30 (protocol.md 5).
inline constexpr Milliseconds kOneTimePreKeyServed = std::chrono::hours(24 * 30);

/// A device whose keys are asked for.
struct BundleRequest {
    DeviceId device;
    DeviceKey key = 0;
    bool withOneTimePreKey = false; ///< handed out once and deleted
};

/// How many invites a member may make. Used ones count, so that nobody makes accounts without end.
struct InviteQuota {
    int invites = 10; ///< in any `days` days
    int days = 7;
};
/// Why there is no new invite.
enum class InviteRefusal { QuotaUsed, TooNew, AlreadyExists };
using InviteOutcome = std::variant<Done, InviteRefusal>;

/// How much there is, for the operator.
struct StoreCounts {
    std::int64_t accounts = 0;
    std::int64_t devices = 0;
    std::int64_t openInvites = 0;
    std::int64_t queuedMail = 0;
    std::int64_t queuedBytes = 0;
};

/// One account for the operator's list.
struct UserLine {
    AccountId account;
    AccountKey key = 0;             ///< for asking on from here
    QString handle;                 ///< empty: none
    std::int64_t registeredDay = 0; ///< days since 1970-01-01
    int devices = 0;
};

/// Accounts, device logs, bundles, prekeys, invites, handles, tokens and profiles.
class AccountStore {
public:
    virtual ~AccountStore() = default;

    /// NotFound when there is no such account.
    virtual Task<Result<AccountRecord>> loadAccount(AccountId account) = 0;
    /// Uses up the invite and makes the account: of two that race for one invite or handle exactly one succeeds.
    virtual Task<Result<CreateOutcome>> createAccount(NewAccount account, Timestamp now) = 0;
    /// Compare-and-swap on the log's version.
    virtual Task<Result<LogOutcome>> appendLog(LogAppend change, Timestamp now) = 0;
    /// At most `limit` entries from `fromVersion` (0 and 1: the genesis), and the head. Empty for an unknown account.
    virtual Task<Result<wire::Log>> readLog(AccountId account, std::uint64_t fromVersion, int limit) = 0;
    /// The whole log, to apply the rules of the next entry to it.
    virtual Task<Result<std::vector<LoggedEntry>>> readWholeLog(AccountKey account) = 0;

    /// Replaces the bundle of a device; ignored when that has been revoked.
    virtual Task<Result<Done>> putBundle(DeviceKey device, wire::SignedEntry bundle) = 0;
    /// Adds prekeys until `cap` can be handed out, then ignores the rest; how many can be now.
    virtual Task<Result<int>> addPreKeys(DeviceKey device, std::vector<wire::SignedEntry> preKeys, int cap,
                                         Timestamp now) = 0;
    /// How many one-time prekeys can still be handed out.
    virtual Task<Result<int>> countPreKeys(DeviceKey device, Timestamp now) = 0;
    /// The bundles there are, in the order asked. A one-time prekey is gone before the answer is.
    virtual Task<Result<std::vector<wire::DeviceBundle>>> takeBundles(std::vector<BundleRequest> requests,
                                                                      Timestamp now) = 0;
    /// Deletes at most `limit` one-time prekeys that are older than kOneTimePreKeyServed; how many.
    virtual Task<Result<int>> expirePreKeys(Timestamp now, int limit) = 0;

    /// The account of a handle that is not reserved.
    virtual Task<Result<std::optional<AccountId>>> findHandle(QString handle) = 0;
    /// The current hash becomes the previous one until `previousUntil`; without that it ends at once, as does an
    /// earlier previous one. The same hash again only ends the previous one, when asked to.
    virtual Task<Result<AccountRecord>> setTokenHash(AccountId account, Hash256 hash,
                                                     std::optional<Timestamp> previousUntil) = 0;
    /// Replaces the account's profile.
    virtual Task<Result<Done>> putProfile(AccountKey account, Bytes sealedProfile) = 0;
    /// Empty: none.
    virtual Task<Result<Bytes>> readProfile(AccountKey account) = 0;

    /// Invites of the operator, without quota. AlreadyExists for a secret that is known: those before it were made.
    virtual Task<Result<InviteOutcome>> createInvites(std::vector<Hash256> secretHashes, Timestamp expires) = 0;
    /// An invite of a member.
    virtual Task<Result<InviteOutcome>> createMemberInvite(Hash256 secretHash, Timestamp expires, AccountKey inviter,
                                                           InviteQuota quota, Timestamp now) = 0;
    /// Whether an account could be made with this invite at `now`.
    virtual Task<Result<bool>> isInviteOpen(Hash256 secretHash, Timestamp now) = 0;
    /// Forgets at most `limit` expired invites, and what quotas need no more; how many invites.
    virtual Task<Result<int>> expireInvites(Timestamp now, int limit) = 0;

    /// For the operator and for metrics; walks the accounts and devices.
    virtual Task<Result<StoreCounts>> counts() = 0;
    /// At most `limit` accounts after `afterKey`, ascending by registration.
    virtual Task<Result<std::vector<UserLine>>> users(AccountKey afterKey, int limit) = 0;
};

/// In which order mail leaves a queue; the number is stored.
enum class Lane { Call = 0, Ordinary = 1, Status = 2 };

/// The lane of a class of mail.
constexpr Lane laneOf(wire::MailClass mailClass)
{
    switch (mailClass) {
    case wire::MailClass::Call: return Lane::Call;
    case wire::MailClass::Status: return Lane::Status;
    default: return Lane::Ordinary;
    }
}
/// Receipts and status have a cap of their own.
constexpr bool isSmallClass(wire::MailClass mailClass)
{
    return mailClass == wire::MailClass::Receipt || mailClass == wire::MailClass::Status;
}

/// Whether a device that never got such mail has to close a gap from its siblings.
constexpr bool leavesGap(wire::MailClass mailClass)
{
    return !isSmallClass(mailClass) && mailClass != wire::MailClass::Call;
}

/// One copy for one device, as it goes to disk: no sender and no submit id.
struct MailRow {
    DeviceKey device = 0;
    wire::Envelope envelope; ///< without payload
    Timestamp expires;
    int payload = -1; ///< index into MailBatch::payloads; -1: none
};

/// What a row counts against its device's bytes.
std::int64_t countedBytes(const wire::Envelope &envelope);

/// Mail that its device has.
struct MailAck {
    DeviceKey device = 0;
    std::uint64_t seq = 0;
};

/// Counters of a device to be written.
struct DeviceUpdate {
    DeviceKey device = 0;
    std::uint64_t nextSeq = 1;
    std::uint64_t lastAckedSeq = 0;
    std::uint64_t lastSubmitSeq = 0;
    std::uint64_t gapBeforeSeq = 0;
    Timestamp lastConnected;
};

/// Key of an idempotency row: a hash under a key that exists in memory only, and the day it was made.
struct RepeatKey {
    std::int64_t day = 0;
    Hash256 hash;
};
/// What a repeated submit is answered with.
struct RepeatRow {
    RepeatKey key;
    Timestamp relayTime;
    Timestamp keptUntil;
};

/// Everything of the mail that one transaction writes.
struct MailBatch {
    std::vector<Bytes> payloads;
    std::vector<MailRow> rows;
    std::vector<MailAck> acks;
    std::vector<DeviceUpdate> devices;
    std::vector<RepeatRow> repeats;
    /// Nothing to write.
    bool isEmpty() const { return rows.empty() && acks.empty() && devices.empty() && repeats.empty(); }
};

/// A row that left the disk.
struct FreedMail {
    DeviceKey device = 0;
    std::uint64_t seq = 0;
    wire::MailClass mailClass = wire::MailClass::Message;
    std::int64_t bytes = 0;
};

/// Who has mail to be written. The store fetches it at the last moment before a commit, so that what was acknowledged
/// meanwhile is never written. Called on the storage thread only.
class MailOutlet {
public:
    virtual ~MailOutlet() = default;
    /// What is to be written now. The store may ask several times before one `mailEnded`.
    virtual MailBatch takeMail() = 0;
    /// All that was taken since the last call is durable, or (with an error) none of it is. `freed`: the rows that the
    /// acknowledgements deleted.
    virtual void mailEnded(std::optional<Error> failure, std::vector<FreedMail> freed) = 0;
};

/// Where a reader of a queue stands: the last number it has of each lane.
struct QueuePosition {
    std::uint64_t calls = 0;
    std::uint64_t ordinary = 0;
    std::uint64_t status = 0;
};

/// The durable half of the queues.
class MailStore {
public:
    virtual ~MailStore() = default;

    /// Who is asked for mail; once, before the first mailWaits. Outlives the store's work.
    virtual void attach(MailOutlet &outlet) = 0;
    /// `items` more pieces with `bytes` wait at the outlet. Any thread; returns at once.
    virtual void mailWaits(int items, qsizetype bytes) = 0;

    /// The next mail after `position`: calls, then ordinary, then status, each ascending; not expired at `now`; at
    /// least one when there is any. Sees all that waited at the outlet before the call.
    virtual Task<Result<std::vector<wire::Envelope>>> readMail(DeviceKey device, QueuePosition position,
                                                               int maxEnvelopes, qsizetype maxBytes, Timestamp now) = 0;
    /// The first of `keys` that is known.
    virtual Task<Result<std::optional<RepeatRow>>> findRepeat(std::vector<RepeatKey> keys) = 0;
    /// Deletes at most `limit` rows that are expired at `now`; what they were.
    virtual Task<Result<std::vector<FreedMail>>> expireMail(Timestamp now, int limit) = 0;
    /// Deletes at most `limit` idempotency rows made before `day`; how many.
    virtual Task<Result<int>> expireRepeats(std::int64_t day, int limit) = 0;
    /// Overwrites what deleted rows left in the write-ahead log (S16). Busy when somebody reads.
    virtual Task<Result<Done>> scrub() = 0;
};

} // namespace sotto::relay
