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

/// A message a person wrote, at most 64 KiB of UTF-8; the inbox refuses an empty one. The one content with a counter.
struct Text {
    QString text;
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
    friend bool operator==(const ContactRequest &, const ContactRequest &) = default;
};

/// The answer to a ContactRequest: contacts from now on.
struct ContactAccept {
    QString name;
    Bytes profileKey; ///< 32 bytes
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

/// Takes the place of a counted message that will never be sent, so that the count has no hole.
struct Void {
    friend bool operator==(const Void &, const Void &) = default;
};

using Body = std::variant<Text, Receipt, ContactRequest, ContactAccept, ContactSync, ProfileKey, Void>;

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
Bytes encode(const Profile &profile);
Result<Profile, WireError> decodeProfile(ByteView bytes);
Bytes encode(const EphemeralContent &content);
Result<EphemeralContent, WireError> decodeEphemeral(ByteView bytes);

/// An Inner of at most this many bytes carries its body itself; a larger body goes into the payload (protocol 3).
inline constexpr qsizetype kMaxInlineBodyBytes = 1024;

} // namespace sotto::content
