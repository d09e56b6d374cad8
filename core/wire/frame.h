#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/wire/proto_scan.h"
#include "core/wire/signed_entry.h"

#include <QString>
#include <optional>
#include <variant>
#include <vector>

// Everything client and relay say to each other, as values; relay.proto has the fields, core/docs/protocol.md
// the rules.
namespace sotto::wire {

// ---- Connection --------------------------------------------------------------------------------------------------

/// What a well-behaved client stays under, as the relay states it.
struct Limits {
    std::uint32_t frameBytes = 0;
    std::uint32_t windowFrames = 0;
    std::uint32_t windowBytes = 0;
    std::uint32_t queueDays = 0;
    bool membersInvite = false;
    friend bool operator==(const Limits &, const Limits &) = default;
};

/// Hello::features: the relay knows partial targets.
inline constexpr std::uint64_t kFeaturePartialTargets = 1;

/// Body of the relay's first frame; signed under Purpose::RelayHello.
struct Hello {
    RelayKey relayKey;
    QString name;
    Bytes nonce;                  ///< kNonceBytes
    Timestamp time;               ///< the relay's clock
    std::vector<Hash256> tlsSpki; ///< SHA-256 of each certificate's SubjectPublicKeyInfo, 1 to 4
    Limits limits;
    std::uint32_t protocolMajor = 0;
    std::uint32_t protocolMinor = 0;
    std::uint64_t features = 0; ///< kFeature… bits
    std::optional<SignedEntry> relayInfo;
    friend bool operator==(const Hello &, const Hello &) = default;
};

/// Where the relay can be reached; signed under Purpose::RelayInfo.
struct RelayInfo {
    std::vector<QString> addresses; ///< "host:port", 1 to 4
    std::optional<RelayKey> nextRelayKey;
    std::uint64_t version = 0;
    friend bool operator==(const RelayInfo &, const RelayInfo &) = default;
};

/// The client's answer to a Hello: which device it is, proved with that device's key. Good for that Hello only.
struct Authenticate {
    AccountId account;
    DeviceId device;
    Bytes signature; ///< by the DSK under Purpose::RelayAuth, SHA-256(Hello body) || account || device (big endian)
    friend bool operator==(const Authenticate &, const Authenticate &) = default;
};

/// The relay has let the device in; from here on it is a chat session.
struct Welcome {
    std::uint64_t lastAckedSeq = 0;  ///< newest mail this device acknowledged
    std::uint64_t lastSubmitSeq = 0; ///< newest submit_seq accepted from this device
    std::vector<DeviceId> ownDevicesConnected;
    std::uint64_t queued = 0;
    std::uint32_t oneTimePreKeys = 0;
    std::uint64_t gapBeforeSeq = 0; ///< not 0: the device was dormant and mail before this is missing
    std::uint64_t logVersion = 0;
    friend bool operator==(const Welcome &, const Welcome &) = default;
};

/// Why the relay refuses; the numbers of relay.proto's ErrorCode.
enum class RelayErrorCode : std::uint32_t {
    Unspecified = 0,
    Malformed = 1,
    NotAuthenticated = 2,
    BadSignature = 3,
    NotFound = 4,
    Conflict = 5,
    RateLimited = 6,
    QueueFull = 7,
    RecipientAway = 8,
    TooLarge = 9,
    UnknownRecipient = 10,
    InviteInvalid = 11,
    HandleTaken = 12,
    Unavailable = 13,
    NotPermitted = 14,
    Unsupported = 15,
    TimedOut = 16,
    Replaced = 17,
    Revoked = 18,
    GoingDown = 19,
    HelloExpired = 20,
};
/// Stable lower-case name, for JSON and logs.
const char *name(RelayErrorCode code);

/// A refusal, as data. `detail` is never shown to people as it is: it is the relay's text, not ours.
struct RelayError {
    RelayErrorCode code = RelayErrorCode::Unspecified;
    QString detail;                 ///< for a log, at most 200 bytes
    std::uint64_t retryAfterMs = 0; ///< 0: not said
    friend bool operator==(const RelayError &, const RelayError &) = default;
};

/// The relay's last frame: why it closes.
struct Goodbye {
    RelayError error;
    friend bool operator==(const Goodbye &, const Goodbye &) = default;
};

// ---- Mail --------------------------------------------------------------------------------------------------------

/// What kind of mail it is: decides ttl, caps and what is shed first. Numbers of relay.proto.
enum class MailClass : std::uint32_t { Message = 1, Receipt = 2, Call = 3, Sync = 4, Keys = 5, Status = 6 };

/// What a copy's ciphertext is. Numbers of relay.proto.
enum class CopyKind : std::uint32_t { PreKey = 1, Signal = 2, SenderKey = 3, Sealed = 4 };

/// One device's own ciphertext of a submit.
struct Copy {
    DeviceId device;
    CopyKind kind = CopyKind::Signal;
    Bytes sealedSender;
    Bytes ciphertext;
    friend bool operator==(const Copy &, const Copy &) = default;
};

/// One account a submit goes to: the recipient, or oneself for transcripts.
struct Target {
    AccountId account;
    std::uint64_t logVersion = 0;
    std::optional<Bytes> token; ///< delivery token, kDeliveryTokenBytes; without it the stranger lane
    std::vector<Copy> copies;
    bool partial = false; ///< its one copy is for its device alone: nothing missing is reported, no device is skipped
    friend bool operator==(const Target &, const Target &) = default;
};

/// Mail on its way in: every copy is queued, or none. Its repeat under the same `submitId` is answered like the first
/// and queues nothing, for 48 hours or until the relay restarts (decision 0071).
struct Submit {
    std::uint64_t submitSeq = 0; ///< grows by every new submit of this device
    SubmitId submitId;
    MailClass mailClass = MailClass::Message;
    std::uint32_t ttlSeconds = 0; ///< 0: the relay's longest
    Bytes payload;                ///< empty: none
    std::vector<Target> targets;  ///< 1 or 2
    friend bool operator==(const Submit &, const Submit &) = default;
};

/// Up to 64 submits in one request, each judged alone.
struct SubmitBatch {
    std::vector<Submit> submits;
    friend bool operator==(const SubmitBatch &, const SubmitBatch &) = default;
};

/// Every copy is durable at the relay or acknowledged by its device.
struct Accepted {
    Timestamp relayTime;
    std::vector<DeviceAddress> dormant; ///< devices that got no copy because they are dormant
    Timestamp keptUntil;
    friend bool operator==(const Accepted &, const Accepted &) = default;
};

/// How the copies for one account differ from its active devices; `logVersion` is the relay's. Only a hint: the client
/// fetches the log and believes that.
struct StaleAccount {
    AccountId account;
    std::uint64_t logVersion = 0;
    std::vector<DeviceId> missing;
    std::vector<DeviceId> extra;
    friend bool operator==(const StaleAccount &, const StaleAccount &) = default;
};

/// The copies do not fit the accounts' active devices; nothing was queued.
struct StaleDevices {
    std::vector<StaleAccount> accounts;
    friend bool operator==(const StaleDevices &, const StaleDevices &) = default;
};

using SubmitReply = std::variant<RelayError, Accepted, StaleDevices>;

/// One reply a submit, in the order of the batch.
struct SubmitBatchReply {
    std::vector<SubmitReply> replies;
    friend bool operator==(const SubmitBatchReply &, const SubmitBatchReply &) = default;
};

/// Mail as it reaches a device.
struct Envelope {
    std::uint64_t seq = 0; ///< the device's own queue sequence, from 1
    Timestamp relayTime;
    MailClass mailClass = MailClass::Message;
    CopyKind kind = CopyKind::Signal;
    Bytes sealedSender;
    Bytes ciphertext;
    Bytes payload;
    friend bool operator==(const Envelope &, const Envelope &) = default;
};

/// These have been committed at this device, so the relay may delete them; unknown numbers are ignored.
struct Acknowledge {
    std::vector<std::uint64_t> seqs;
    friend bool operator==(const Acknowledge &, const Acknowledge &) = default;
};

/// Typing and the like, to the devices of an account that are connected now: neither queued nor answered.
struct Ephemeral {
    AccountId account;
    std::optional<Bytes> token;
    Bytes sealed;
    friend bool operator==(const Ephemeral &, const Ephemeral &) = default;
};

// ---- Requests ----------------------------------------------------------------------------------------------------

/// Opens an account with an invite: its log's first entry, its first device's bundle and one-time prekeys.
/// HandleTaken leaves the invite unused. A repeat after a lost answer is InviteInvalid so far (protocol.md 2).
struct Register {
    InviteSecret inviteSecret;
    SignedEntry genesis;
    SignedEntry bundle;
    std::vector<SignedEntry> preKeys;
    QString handle; ///< empty: none
    Hash256 deliveryTokenHash;
    friend bool operator==(const Register &, const Register &) = default;
};

/// Asks for an account's device log from `fromVersion` on (1 is the first entry), answered with a Log.
struct FetchLog {
    AccountId account;
    std::uint64_t fromVersion = 0;
    friend bool operator==(const FetchLog &, const FetchLog &) = default;
};

/// The next entry of one's own device log. Answered with Ok; Conflict when another entry came first: fetch the log.
struct AppendLog {
    SignedEntry entry;
    std::optional<SignedEntry> bundle; ///< of the added device
    std::vector<SignedEntry> preKeys;
    friend bool operator==(const AppendLog &, const AppendLog &) = default;
};

/// Asks for what starting sessions with an account takes, answered with Bundles. No `devices`: all active ones. Anybody
/// may ask; with the account's delivery token one-time prekeys are left for the asker that strangers do not get.
struct FetchBundles {
    AccountId account;
    std::vector<DeviceId> devices;
    std::optional<Bytes> token;
    friend bool operator==(const FetchBundles &, const FetchBundles &) = default;
};

/// Replaces this device's signed prekey bundle. Answered with Ok.
struct PublishBundle {
    SignedEntry bundle;
    friend bool operator==(const PublishBundle &, const PublishBundle &) = default;
};

/// Adds one-time prekeys of this device, at most 200 at once. Answered with a PreKeyCount.
struct PublishPreKeys {
    std::vector<SignedEntry> preKeys;
    friend bool operator==(const PublishPreKeys &, const PublishPreKeys &) = default;
};

/// Asks who has a handle, answered with HandleFound; limited by the hour, so that handles cannot be listed.
struct LookupHandle {
    QString handle;
    friend bool operator==(const LookupHandle &, const LookupHandle &) = default;
};

/// Replaces what the relay compares this account's delivery tokens with: the hash, never the token. The
/// token before stays good for 7 days. Answered with Ok.
struct SetTokens {
    Hash256 deliveryTokenHash;
    bool endPrevious = false; ///< after a block: the token before is worth nothing from now on
    friend bool operator==(const SetTokens &, const SetTokens &) = default;
};

/// Replaces the account's profile, sealed so that the relay cannot read it. Answered with Ok.
struct PutProfile {
    Bytes sealedProfile;
    friend bool operator==(const PutProfile &, const PutProfile &) = default;
};

/// Asks for a sealed profile. NotFound without the delivery token of another's account, as if there were none.
struct FetchProfile {
    AccountId account;
    std::optional<Bytes> token;
    friend bool operator==(const FetchProfile &, const FetchProfile &) = default;
};

/// Opens an invite whose secret only the maker knows. NotPermitted when members may not, or have too many open ones.
struct CreateInvite {
    Hash256 secretHash; ///< SHA-256 of the invite secret
    friend bool operator==(const CreateInvite &, const CreateInvite &) = default;
};

/// The topic under which contacts find this account online; the relay does not know whose contacts they are.
struct PublishPresence {
    std::optional<Bytes> topic; ///< none: be invisible
    friend bool operator==(const PublishPresence &, const PublishPresence &) = default;
};

/// Replaces the topics that this device hears Presence pushes of, at most 1024.
struct WatchPresence {
    std::vector<Bytes> topics;
    friend bool operator==(const WatchPresence &, const WatchPresence &) = default;
};

using RequestBody =
    std::variant<Register, Submit, SubmitBatch, FetchLog, AppendLog, FetchBundles, PublishBundle, PublishPreKeys,
                 LookupHandle, SetTokens, PutProfile, FetchProfile, CreateInvite, PublishPresence, WatchPresence>;

/// Something asked of the relay. `id` is the client's choice and comes back in the Response.
struct Request {
    std::uint32_t id = 0;
    RequestBody body;
    friend bool operator==(const Request &, const Request &) = default;
};

// ---- Responses ---------------------------------------------------------------------------------------------------

/// Done, and there is nothing to tell.
struct Ok {
    friend bool operator==(const Ok &, const Ok &) = default;
};

/// A piece of a device log: at most 64 entries and one frame. There is more while the last one's version is below
/// `headVersion`.
struct Log {
    std::vector<SignedEntry> entries;
    std::uint64_t headVersion = 0;
    friend bool operator==(const Log &, const Log &) = default;
};

/// What a session with one device starts from; without `oneTimePreKey` when it has none left or too many were taken.
struct DeviceBundle {
    DeviceId device;
    SignedEntry bundle;
    std::optional<SignedEntry> oneTimePreKey;
    friend bool operator==(const DeviceBundle &, const DeviceBundle &) = default;
};

/// Of the active ones among the devices asked for; none of them is believed before the ledger's rules agree.
struct Bundles {
    std::vector<DeviceBundle> bundles;
    friend bool operator==(const Bundles &, const Bundles &) = default;
};

/// How many one-time prekeys the relay now holds of the asking device.
struct PreKeyCount {
    std::uint32_t oneTimePreKeys = 0;
    friend bool operator==(const PreKeyCount &, const PreKeyCount &) = default;
};

/// Nobody, or whose handle it is by the relay's word.
struct HandleFound {
    std::optional<AccountId> account;
    friend bool operator==(const HandleFound &, const HandleFound &) = default;
};

/// A profile as its owner sealed it (PayloadCipher and the profile key open it).
struct Profile {
    Bytes sealedProfile;
    friend bool operator==(const Profile &, const Profile &) = default;
};

/// The account is open; `account` follows from the genesis and must equal the client's own reckoning.
struct Registered {
    AccountId account;
    friend bool operator==(const Registered &, const Registered &) = default;
};

/// The invite is open until `expires`, by the relay's clock.
struct InviteCreated {
    Timestamp expires;
    friend bool operator==(const InviteCreated &, const InviteCreated &) = default;
};

using ResponseBody = std::variant<RelayError, Ok, Accepted, StaleDevices, SubmitBatchReply, Log, Bundles, PreKeyCount,
                                  HandleFound, Profile, Registered, InviteCreated>;

/// The one answer to the Request of this `id`.
struct Response {
    std::uint32_t id = 0;
    ResponseBody body;
    friend bool operator==(const Response &, const Response &) = default;
};

// ---- Pushes ------------------------------------------------------------------------------------------------------

/// Mail for this device, up to 64 envelopes: calls first, status last, else ascending by `seq`. What is not
/// acknowledged comes again after a reconnect.
struct Deliver {
    std::vector<Envelope> envelopes;
    friend bool operator==(const Deliver &, const Deliver &) = default;
};

/// Everything queued before now has been delivered; `seq` is the newest.
struct QueueDrained {
    std::uint64_t seq = 0;
    friend bool operator==(const QueueDrained &, const QueueDrained &) = default;
};

/// Somebody behind a watched topic came or went.
struct Presence {
    Bytes topic;
    bool online = false;
    Timestamp lastSeen; ///< to the minute; 0: not known
    friend bool operator==(const Presence &, const Presence &) = default;
};

/// An account's device log has grown to `version`: fetch it. The relay tells the account's own devices; others learn
/// it from StaleDevices and message headers.
struct LogChanged {
    AccountId account;
    std::uint64_t version = 0;
    friend bool operator==(const LogChanged &, const LogChanged &) = default;
};

/// A word of the operator to everybody.
struct Notice {
    QString text;
    friend bool operator==(const Notice &, const Notice &) = default;
};

/// Somebody's Ephemeral, without a word of the relay on who sent it.
struct EphemeralArrived {
    Bytes sealed;
    friend bool operator==(const EphemeralArrived &, const EphemeralArrived &) = default;
};

/// Which devices of this account have a chat session now.
struct OwnDevices {
    std::vector<DeviceId> connected;
    friend bool operator==(const OwnDevices &, const OwnDevices &) = default;
};

using Push = std::variant<Deliver, QueueDrained, Presence, LogChanged, Notice, EphemeralArrived, OwnDevices>;

// ---- Frames ------------------------------------------------------------------------------------------------------

/// The relay's first frame; `body` decodes with decodeHello.
struct HelloFrame {
    SignedEntry hello;
    friend bool operator==(const HelloFrame &, const HelloFrame &) = default;
};

using Frame = std::variant<HelloFrame, Authenticate, Welcome, Request, Response, Acknowledge, Push, Ephemeral, Goodbye>;

/// The bytes of one WebSocket message.
Bytes encode(const Frame &frame);
/// Reads a frame that came from the network: limits and critical fields are checked on the raw bytes first. Any thread.
Result<Frame, WireError> decodeFrame(ByteView bytes);

/// The body that the relay signs, and its reader; signature and certificate are checked by core/net. Any thread.
Bytes encode(const Hello &hello);
Result<Hello, WireError> decodeHello(ByteView body);
/// The body that the relay signs, and its reader. Any thread.
Bytes encode(const RelayInfo &info);
Result<RelayInfo, WireError> decodeRelayInfo(ByteView body);
/// A submit alone, as the outbox keeps it.
Bytes encode(const Submit &submit);
Result<Submit, WireError> decodeSubmit(ByteView bytes);

} // namespace sotto::wire
