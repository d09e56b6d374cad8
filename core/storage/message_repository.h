#pragma once
#include "core/base/result.h"
#include "core/model/message.h"
#include "core/storage/message_text_index.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// Sort time of own messages that the relay has not accepted yet: they stay last. Show their clientTime instead.
inline constexpr Timestamp kQueuedSortTime{std::int64_t(1) << 52};

/// Whether a new message of somebody else raises the chat's unread number.
enum class Unread { No, Yes };

/// Messages of all conversations. Every change keeps the chat list's row and the full-text index in step, so call them
/// in a transaction. The index has every message but own ones that were never encrypted: Queued, without counter
/// (decision 0106). On the thread of the database.
class MessageRepository {
public:
    /// How far back recentOfStream() looks.
    static constexpr int kRecentRows = 256;
    static constexpr std::uint64_t kMaxMissing = std::uint64_t(1) << 54;
    /// How long after its place in the conversation something can still come that refers to a message.
    static constexpr Milliseconds kLateAtMost = std::chrono::hours(72 * 24);

    /// `index` may be null (no search); both outlive the repository.
    MessageRepository(Database &database, MessageTextIndex *index) : m_database(database), m_index(index) { }

    /// Stores a new message (`message.row` is ignored) of a conversation that exists; its row number. AlreadyExists
    /// when the conversation has one of this sender with this id: nothing was changed then.
    Result<std::int64_t> insert(const Message &message, Unread unread = Unread::No);
    /// Keeps the bytes of content that this version cannot show beside its UpdateNeeded row.
    Result<Done> keepSealed(std::int64_t row, ByteView content);

    /// The message with this row number.
    Result<std::optional<Message>> byRow(std::int64_t row);
    Result<std::optional<Message>> find(const ConversationId &conversation, const AccountId &sender,
                                        const MessageId &id);
    /// The newest `limit` messages before `before` (or of all), oldest first. Pages do not overlap and miss nothing as
    /// long as the cursor's own message exists.
    Result<std::vector<Message>> page(const ConversationId &conversation, std::optional<MessageCursor> before,
                                      int limit);
    /// Ids of the device's messages with counters after `after` up to `upTo`, newest first, looked for among the newest
    /// kRecentRows of the conversation.
    Result<std::vector<MessageId>> recentOfStream(const ConversationId &conversation, const DeviceAddress &sender,
                                                  std::uint64_t after, std::uint64_t upTo);
    /// Texts with a star, newest first.
    Result<std::vector<Message>> starred(int limit);
    Result<std::int64_t> count();
    /// Reads all rows: for `status`, not for each message.
    Result<std::int64_t> countOfKind(MessageKind kind);

    /// An own message was first encrypted: its place in this device's stream; from now on the index has it.
    Result<Done> setCounter(std::int64_t row, std::uint64_t counter);
    /// The relay took an own message, or there is nobody to send it to: it is Sent and has its place.
    Result<Done> setAccepted(std::int64_t row, Timestamp sortTime);
    /// Queued or Failed for an own message; what receipts say is derived when reading.
    Result<Done> setDelivery(std::int64_t row, Delivery delivery);
    /// The placeholder becomes the message, in its place.
    Result<Done> fill(std::int64_t row, MessageKind kind, const QString &text);
    /// The words a message shows from now on; `isEdited`: they are not what was written first.
    Result<Done> showVersion(std::int64_t row, const QString &text, bool isEdited);
    /// Whether a message of somebody else is among the unread ones of its chat: one that came just now is, even below a
    /// read mark.
    enum class Counted { IfNotRead, Surely };
    /// The words go, and everything that hangs on them: index, versions, reactions, what it answers, sealed content,
    /// what could be sent again. The row stays as Deleted. Old pages of the file keep them until the next checkpoint.
    Result<Done> wipe(std::int64_t row, Counted counted = Counted::IfNotRead);
    /// The placeholder of `row` becomes a message, in its place: takes kind, text, counter, times of `message`.
    Result<Done> repair(std::int64_t row, const Message &message);
    /// How many messages a Lost row stands for, up to kMaxMissing. NotFound for rows that are not Lost.
    Result<Done> setMissing(std::int64_t row, std::uint64_t missing);
    /// Forgets a placeholder, and that it was unread.
    Result<Done> removePlaceholder(std::int64_t row);
    /// The text as it was first written; nothing when the row is no text any more.
    Result<std::optional<QString>> originalText(std::int64_t row);
    /// Greatest sort time among the sender device's messages with smaller counters; 0 when there are none. Reads the
    /// conversation: for repaired messages only, newer ones are served by StreamRepository.
    Result<Timestamp> greatestSortTimeBefore(const ConversationId &conversation, const DeviceAddress &sender,
                                             std::uint64_t counter);

    /// Forgets a message, its index terms and its resend text.
    Result<Done> remove(std::int64_t row);
    /// Forgets all messages of a conversation, which stays with its counters; the ids of newer ones are noted as wiped.
    /// How many there were.
    Result<std::int64_t> removeAll(const ConversationId &conversation, Timestamp now);

    /// For the full-text index: the text of a row that may be found; nothing when it is gone.
    Result<std::optional<QString>> text(std::int64_t row);
    struct RowText {
        std::int64_t row;
        QString text;
    };
    /// For the full-text index: up to `count` texts of rows below `row` that it should have, largest row first.
    Result<std::vector<RowText>> textsBefore(std::int64_t row, int count);
    /// For search: the own messages in the outbox that the index does not have yet, largest row first.
    Result<std::vector<RowText>> textsNotIndexed();

private:
    Result<Done> indexIfWaiting(std::int64_t row);
    Result<Done> changeText(std::int64_t row, const QString &newText);
    Result<Done> storeReply(std::int64_t row, const MessageReference &target);
    Result<Done> touchConversation(std::int64_t conversation, std::int64_t row, const Message &message, Unread unread);

    Database &m_database;
    MessageTextIndex *m_index;
};

} // namespace sotto
