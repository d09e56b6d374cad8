#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <functional>
#include <optional>
#include <vector>

namespace sotto {

class Database;

/// What an entry is. The numbers are stored.
enum class OutboxPurpose : std::uint8_t {
    Content = 0,      ///< to every device of both accounts
    Resend = 1,       ///< a counted message once more, for one device; its body is made when it is sealed
    Retry = 2,        ///< asks one device to send again; a sealed copy, without a session
    Introduction = 3, ///< a contact request: before the relay has it nothing else goes to that person
};

/// Whether an entry is for one device, and nobody gets a transcript of it.
constexpr bool isRepair(OutboxPurpose purpose)
{
    return purpose == OutboxPurpose::Resend || purpose == OutboxPurpose::Retry;
}

/// Something to submit. What is not known at first is filled in by `setEncrypted`.
struct OutboxEntry {
    std::int64_t id = 0;                                       ///< grows; ignored by `add`
    std::optional<ConversationId> conversation = std::nullopt; ///< keeps this conversation's order; none: keeps none
    AccountId recipient;
    std::optional<std::int64_t> message = std::nullopt; ///< its message row
    std::uint32_t mailClass = 0;                        ///< wire::MailClass
    SubmitId submitId;
    MessageId innerId;
    Bytes content; ///< encoded body; once encrypted the encoded message as sealed, for devices that join later
    Timestamp createdAt;
    int attempts = 0;
    Timestamp nextAttempt;
    std::optional<std::uint64_t> submitSeq = std::nullopt;
    std::optional<Bytes> submit = std::nullopt; ///< the bytes to send, once encrypted
    OutboxPurpose purpose = OutboxPurpose::Content;
    std::optional<DeviceId> onlyDevice = std::nullopt; ///< the one device it is for; none: all
    friend bool operator==(const OutboxEntry &, const OutboxEntry &) = default;
};

/// A counted message that may be asked for again: who may ask, and all that a second sealing needs.
struct ResendRecord {
    MessageId innerId;
    ConversationId conversation;
    std::uint64_t counter = 0;                          ///< in our stream, one message each
    std::optional<std::int64_t> message = std::nullopt; ///< its row, of an Edit its target's; none: deleted
    bool isText = false;                                ///< `body` is without its text: that is in the row
    std::optional<Bytes> body = std::nullopt;           ///< encoded; none: gone
    Hash256 hash;                                       ///< contentHash of what was sent
    std::optional<Hash256> previousHash = std::nullopt; ///< as first sent
    Timestamp clientTime;                               ///< as first sent
    std::vector<DeviceAddress> devices;
    Timestamp sentAt;
    std::optional<Timestamp> acceptedAt = std::nullopt; ///< relay time of the first acceptance; ignored by `addResend`
    std::optional<Timestamp> keptUntil = std::nullopt;  ///< as that acceptance said; ignored by `addResend`
    bool failed = false;                                ///< refused for good; ignored by `addResend`
    friend bool operator==(const ResendRecord &, const ResendRecord &) = default;
};

/// What waits to be submitted and, for 37 days, who got what was. On the thread of the database; an entry is added in
/// the transaction of its message, `setEncrypted` in that of the ratchet steps.
class OutboxRepository {
public:
    explicit OutboxRepository(Database &database) : m_database(database) { }

    /// Adds an entry; its id. AlreadyExists for a submit id that is there.
    Result<std::int64_t> add(const OutboxEntry &entry);
    Result<std::optional<OutboxEntry>> byId(std::int64_t id);
    Result<std::optional<OutboxEntry>> bySubmitId(const SubmitId &submitId);
    /// Up to `limit` entries after entry `after` to try now, oldest first. An entry whose conversation has an older one
    /// that must still wait is not due, nor is one behind an Introduction to the same person, nor one whose recipient
    /// is on hold (PinRepository::isHeld).
    Result<std::vector<OutboxEntry>> dueAfter(std::int64_t after, Timestamp now, int limit);
    /// When, after `now`, the next entry's wait ends; nothing when none waits: what is on hold does not count.
    Result<std::optional<Timestamp>> nextAttempt(Timestamp now);
    Result<std::int64_t> count();
    /// Without requests for repair and answers to them, which are no mail of the person's.
    Result<std::int64_t> countContent();
    /// Whether there is anything that waits for no hold to end; of repair only what is due `now`.
    Result<bool> isAnyUnderWay(Timestamp now);

    /// The ratchet steps are made: from now on exactly these bytes are sent. Again when devices are added.
    Result<Done> setEncrypted(std::int64_t id, ByteView content, std::uint64_t submitSeq, ByteView submit);
    /// Counted before trying.
    Result<Done> countAttempt(std::int64_t id);
    Result<Done> postpone(std::int64_t id, Timestamp nextAttempt);
    /// All entries become due now: the connection is back. Those for repair keep their times.
    Result<Done> makeAllDue(Timestamp now);
    /// What is sent no longer stands for a message row: that one was given up.
    Result<Done> detachMessage(std::int64_t id);
    /// Accepted, or given up.
    Result<Done> remove(std::int64_t id);
    Result<bool> isThere(std::int64_t id);
    /// Whether content with this id waits. Reads the outbox.
    Result<bool> holds(const MessageId &innerId);
    /// Entries of a conversation that stand for no message row, oldest first: what refers to messages is among them.
    Result<std::vector<OutboxEntry>> withoutMessage(const ConversationId &conversation);
    /// Entries of a message that has not left yet.
    Result<std::vector<std::int64_t>> entriesOf(std::int64_t message);

    /// Remembers a message of a conversation that exists and who got it; of one that is there only devices are added.
    Result<Done> addResend(const ResendRecord &record);
    Result<std::optional<ResendRecord>> findResend(const MessageId &innerId);
    Result<std::int64_t> pruneResendBefore(Timestamp limit);
    /// The relay has taken it; only the first time counts. Nothing happens when there is no such record, as below.
    Result<Done> setResendAccepted(const MessageId &innerId, Timestamp acceptedAt, Timestamp keptUntil);
    /// It was refused for good: who asks for it is told that it was never sent.
    Result<Done> setResendFailed(const MessageId &innerId);
    /// Forgets what messages of a conversation that are not Texts said, where `isToGo` is true of the encoded body: who
    /// asks for them is told that they are gone.
    Result<Done> forgetResendBodies(const ConversationId &conversation, const std::function<bool(ByteView)> &isToGo);
    /// Forgets all bodies of a conversation.
    Result<Done> forgetResendBodies(const ConversationId &conversation);
    /// What has these counters in our stream, by counter.
    Result<std::vector<MessageId>> resendsIn(const ConversationId &conversation, std::uint64_t first,
                                             std::uint64_t last);
    /// Answers are counted for so long after the first of them; then they begin anew.
    static constexpr Milliseconds kResendWindow = std::chrono::hours(6);
    /// How often a device was answered with a message lately.
    Result<int> resendCount(const MessageId &innerId, const DeviceAddress &device, Timestamp now);
    Result<Done> countResend(const MessageId &innerId, const DeviceAddress &device, Timestamp now);
    /// One of those answers will not be read.
    Result<Done> uncountResend(const MessageId &innerId, const DeviceAddress &device);
    /// The highest counter of our stream, among its newest, that the relay has taken and a device was sent; 0: none.
    Result<std::uint64_t> lastAcceptedFor(const ConversationId &conversation, const DeviceAddress &device);
    /// When something counted of ours was sealed last, in each conversation.
    struct LastSent {
        ConversationId conversation;
        AccountId peer;
        MessageId innerId;
        Timestamp sentAt;
    };
    Result<std::vector<LastSent>> lastSentAfter(Timestamp limit);
    /// Repair's entries of a purpose for one device, oldest first.
    Result<std::vector<OutboxEntry>> forDevice(OutboxPurpose purpose, const DeviceAddress &device);
    /// Whether one of those has this id.
    Result<bool> isRepairUnderWay(OutboxPurpose purpose, const DeviceAddress &device, const MessageId &innerId);
    /// Nothing is asked of this account, or answered, any more.
    Result<Done> removeRepairsFor(const AccountId &account);
    /// Forgets what no device of this account has a copy of yet.
    Result<Done> removeNotEncryptedFor(const AccountId &account);
    /// Forgets repair's entries of a purpose that were made before `limit` and not accepted.
    Result<Done> removeMadeBefore(OutboxPurpose purpose, Timestamp limit);

private:
    Database &m_database;
};

} // namespace sotto
