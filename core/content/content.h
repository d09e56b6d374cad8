#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/model/contact.h"
#include "core/wire/proto_scan.h"

#include <QString>
#include <optional>
#include <variant>
#include <vector>

// What is inside the encryption, as values; content.proto has the fields, core/docs/protocol.md the rules.
namespace sotto::content {

using wire::WireError;

/// A device log's head as a message carries it.
struct LogHead {
    std::uint64_t epoch = 0;
    std::uint64_t version = 0;
    Hash256 hash;
    friend bool operator==(const LogHead &, const LogHead &) = default;
};

/// Who says what where; checked against session, device log and conversation before the body is looked at.
struct Header {
    ConversationId conversation;
    AccountId senderAccount;
    DeviceId senderDevice;
    MessageId messageId;
    LogHead ownHead;
    LogHead peerHead;
    std::uint64_t counter = 0;           ///< 0: content without a counter
    std::optional<Hash256> previousHash; ///< none at the start of a stream
    std::uint64_t streamStart = 0;
    Timestamp clientTime;
    std::optional<AccountId> peerAccount; ///< in copies to own devices
    /// When it is sent again: the first acceptance, as the sender knows it.
    std::optional<Timestamp> accepted = std::nullopt;
    /// In uncounted content: the highest counter of the sender's stream here that the relay has taken for this device.
    std::uint64_t lastCounter = 0;
    friend bool operator==(const Header &, const Header &) = default;
};

/// Key and digest of a payload that carries the body.
struct PayloadRef {
    Bytes key; ///< 32 bytes
    Hash256 sha256;
    friend bool operator==(const PayloadRef &, const PayloadRef &) = default;
};

/// The plaintext of one pairwise ciphertext.
struct Inner {
    Header header;
    std::variant<Bytes, PayloadRef> place; ///< the encoded Body itself, or where it is
    std::optional<Bytes> ephemeralSecret;
    friend bool operator==(const Inner &, const Inner &) = default;
};

/// A message of the header's conversation.
struct Reference {
    AccountId author;
    MessageId message;
    friend bool operator==(const Reference &, const Reference &) = default;
};

/// Whether messages can be made to disappear after this long: 0 (never), or 5 seconds to a year of 365 days. The
/// decoders take any number, so that the counter of content with another one is known.
constexpr bool isTimer(std::uint32_t seconds) { return seconds == 0 || (seconds >= 5 && seconds <= 31'536'000); }

/// A message a person wrote, at most 64 KiB of UTF-8; the inbox ignores an empty one.
struct Text {
    QString text;
    std::uint32_t timerSeconds = 0;  ///< the timer in force when it was written; see isTimer()
    std::uint64_t timerRevision = 0; ///< of that timer
    std::optional<Reference> replyTo = std::nullopt;
    bool forwarded = false; ///< a copy of the words of somebody
    friend bool operator==(const Text &, const Text &) = default;
};

/// What of one author device's stream has arrived and been read.
struct StreamReceipt {
    DeviceId authorDevice;
    std::uint64_t deliveredUpTo = 0;
    std::uint64_t readUpTo = 0;
    std::vector<std::uint64_t> notDelivered;
    friend bool operator==(const StreamReceipt &, const StreamReceipt &) = default;
};

/// What of the author's streams has arrived at its sender and been read; cumulative, so the next makes good a lost one.
struct Receipt {
    std::vector<StreamReceipt> streams;
    friend bool operator==(const Receipt &, const Receipt &) = default;
};

/// Asks somebody to be a contact, with what they need to see our profile; with the secret of their invite they accept
/// at once.
struct ContactRequest {
    QString name;
    QString handle;
    Bytes profileKey; ///< 32 bytes
    std::optional<InviteSecret> inviteSecret;
    std::optional<Bytes> linkSecret = std::nullopt; ///< 16 bytes, of the contact link by which the sender came
    Timestamp profileKeyMade = {};                  ///< 0: not said
    friend bool operator==(const ContactRequest &, const ContactRequest &) = default;
};

/// The answer to a ContactRequest: contacts from now on.
struct ContactAccept {
    QString name;
    Bytes profileKey;              ///< 32 bytes
    Timestamp profileKeyMade = {}; ///< 0: not said
    friend bool operator==(const ContactAccept &, const ContactAccept &) = default;
};

/// To own devices only: what a contact is to us now. The newer `changed` wins.
struct ContactSync {
    AccountId account;
    ContactState state = ContactState::Stranger;
    QString name;
    QString handle;
    std::optional<Bytes> profileKey;
    Timestamp changed;
    friend bool operator==(const ContactSync &, const ContactSync &) = default;
};

/// Our profile is another; with a new key after a block or removal, for those who stay contacts.
struct ProfileKey {
    Bytes profileKey; ///< 32 bytes
    Timestamp made;   ///< among own devices the later key stands
    friend bool operator==(const ProfileKey &, const ProfileKey &) = default;
};

/// Why there is a Void. What a newer version adds is read as Gone.
enum class VoidReason {
    NeverSent,
    Gone, ///< deleted, expired or not to be had
};

/// Takes the place of a counted message that will never be sent, or not again, so that the count has no hole.
struct Void {
    VoidReason reason = VoidReason::NeverSent;
    friend bool operator==(const Void &, const Void &) = default;
};

/// New words for an own text.
struct Edit {
    MessageId message;          ///< of the text; its author is the header's sender
    QString text;               ///< as in Text, not empty
    std::uint32_t revision = 0; ///< from 1; over 10 is ignored
    friend bool operator==(const Edit &, const Edit &) = default;
};

/// Takes an own message back for everyone.
struct Delete {
    Reference target;
    friend bool operator==(const Delete &, const Delete &) = default;
};

/// What somebody feels about a message.
struct Reaction {
    Reference target;
    QString emoji;              ///< at most 64 bytes of UTF-8; empty takes it back
    std::uint32_t revision = 0; ///< from 1
    friend bool operator==(const Reaction &, const Reaction &) = default;
};

/// How long messages of this chat stay from now on.
struct TimerChange {
    std::uint32_t timerSeconds = 0; ///< see isTimer()
    std::uint64_t revision = 0;     ///< from 1
    friend bool operator==(const TimerChange &, const TimerChange &) = default;
};

/// Messages that the person deleted on one desktop, for all of them.
struct SyncDelete {
    ConversationId conversation;
    std::vector<Reference> targets; ///< at most 100
    friend bool operator==(const SyncDelete &, const SyncDelete &) = default;
};

/// A message is starred, or no longer.
struct SyncStar {
    ConversationId conversation;
    Reference target;
    bool on = false;
    friend bool operator==(const SyncStar &, const SyncStar &) = default;
};

/// A chat is marked as unread, or no longer.
struct SyncUnread {
    ConversationId conversation;
    bool on = false;
    friend bool operator==(const SyncUnread &, const SyncUnread &) = default;
};

/// What of one device's stream has been seen.
struct ReadStream {
    DeviceId authorDevice;
    std::uint64_t upTo = 0;
    std::vector<std::uint64_t> missing; ///< rising, not over `upTo`, at most 64: not seen
    friend bool operator==(const ReadStream &, const ReadStream &) = default;
};

/// What of the peer's messages the person has seen.
struct SyncRead {
    ConversationId conversation;
    std::vector<ReadStream> streams; ///< at most 20
    friend bool operator==(const SyncRead &, const SyncRead &) = default;
};

/// A setting that all desktops share; unknown names are ignored. In a JoinAnswer with the change that stands, in an
/// OwnSync without: the SyncOp says it.
struct SyncSetting {
    QString name;
    QString value;
    Timestamp changed = {};
    std::optional<DeviceId> device = std::nullopt;
    friend bool operator==(const SyncSetting &, const SyncSetting &) = default;
};

/// One thing the person did.
struct SyncOp {
    Timestamp changed;
    std::variant<SyncDelete, SyncStar, SyncUnread, SyncRead, SyncSetting> what;
    friend bool operator==(const SyncOp &, const SyncOp &) = default;
};

/// To own devices only, in Note to self: what one desktop did that concerns the others.
struct OwnSync {
    std::vector<SyncOp> ops; ///< at most 100
    friend bool operator==(const OwnSync &, const OwnSync &) = default;
};

using Body = std::variant<Text, Receipt, ContactRequest, ContactAccept, ContactSync, ProfileKey, Void, Edit, Delete,
                          Reaction, TimerChange, OwnSync>;

/// Whether a body takes a counter of its conversation: all but a Receipt, of which the next one covers a lost one.
inline bool isCounted(const Body &body) { return !std::holds_alternative<Receipt>(body); }

/// Asks for a frame that did not open.
struct Wanted {
    MessageId message;
    Bytes ratchetKey; ///< 33 bytes, in that frame; empty: it could not be read
    friend bool operator==(const Wanted &, const Wanted &) = default;
};

/// Counters of the asked device's stream that never came; 1 <= first <= last.
struct GapRange {
    ConversationId conversation;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    friend bool operator==(const GapRange &, const GapRange &) = default;
};

/// Asks one device for what did not open or did not come.
struct Retry {
    std::vector<Wanted> wanted; ///< at most 20
    std::vector<GapRange> gaps; ///< at most 10; of any width: whoever answers judges that
    friend bool operator==(const Retry &, const Retry &) = default;
};

/// Content that needs no session: what a sealed copy holds in a SignedEntry. Says nothing about who signed it.
struct SealedContent {
    DeviceAddress from;
    DeviceAddress to;
    Retry retry;
    friend bool operator==(const SealedContent &, const SealedContent &) = default;
};

/// What contacts see of a person; at the relay it lies sealed under the profile key.
struct Profile {
    QString name;
    QString about;
    Bytes picture; ///< JPEG; empty: none
    friend bool operator==(const Profile &, const Profile &) = default;
};

/// What an ephemeral frame says; sealed by EphemeralCipher, which adds the time stamp.
struct EphemeralContent {
    ConversationId conversation;
    bool typing = false;
    friend bool operator==(const EphemeralContent &, const EphemeralContent &) = default;
};

/// From a trusted desktop to a new one: which account, where its log stands and where its relay is. Not secret, but
/// only as good as the way it was carried.
struct JoinOffer {
    AccountId account;
    Hash256 logHead;
    RelayKey relayKey;
    std::vector<QString> addresses;
    friend bool operator==(const JoinOffer &, const JoinOffer &) = default;
};

/// From the new desktop: its claim for the account's log (core/ledger), and what others need to write to it.
struct JoinRequest {
    Bytes claim;
    std::vector<Bytes> proofs;
    Bytes bundle;               ///< an encoded SignedEntry
    std::vector<Bytes> preKeys; ///< encoded SignedEntry each
    friend bool operator==(const JoinRequest &, const JoinRequest &) = default;
};

/// One person as the trusted desktop knows them, with the device log it has pinned.
struct JoinContact {
    ContactSync contact;
    std::vector<Bytes> log;
    bool verified = false;
    std::uint32_t timerSeconds = 0; ///< of the chat; see isTimer()
    std::uint64_t timerRevision = 0;
    friend bool operator==(const JoinContact &, const JoinContact &) = default;
};

/// What the trusted desktop hands over once the device is in the log. Holds keys: for a secret channel only.
struct JoinAnswer {
    std::vector<Bytes> log;
    Bytes profileKey; ///< 32 bytes
    Bytes backupRoot; ///< 32 bytes
    QString name;
    QString handle;
    std::vector<JoinContact> contacts;
    std::vector<SyncSetting> settings = {};
    friend bool operator==(const JoinAnswer &, const JoinAnswer &) = default;
};

/// The three packages of joining. Decoding checks sizes and fields only; whoever takes one verifies what is inside.
/// Any thread.
Bytes encode(const JoinOffer &offer);
Result<JoinOffer, WireError> decodeJoinOffer(ByteView bytes);
Bytes encode(const JoinRequest &request);
Result<JoinRequest, WireError> decodeJoinRequest(ByteView bytes);
Bytes encode(const JoinAnswer &answer);
Result<JoinAnswer, WireError> decodeJoinAnswer(ByteView bytes);

/// The plaintext before padding.
Bytes encode(const Inner &inner);
/// Reads a decrypted plaintext after its padding is gone. UnknownCritical means that the writer is newer. Any thread.
Result<Inner, WireError> decodeInner(ByteView bytes);
Bytes encode(const Body &body);
Result<Body, WireError> decodeBody(ByteView bytes);
Bytes encode(const SealedContent &content);
Result<SealedContent, WireError> decodeSealedContent(ByteView bytes);
Bytes encode(const Profile &profile);
Result<Profile, WireError> decodeProfile(ByteView bytes);
Bytes encode(const EphemeralContent &content);
Result<EphemeralContent, WireError> decodeEphemeral(ByteView bytes);

/// An Inner of at most this many bytes carries its body itself; a larger body goes into the payload (protocol 3).
inline constexpr qsizetype kMaxInlineBodyBytes = 1024;

} // namespace sotto::content
