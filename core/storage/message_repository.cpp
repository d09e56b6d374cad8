#include "core/storage/message_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/counter_list.h"
#include "core/storage/read_repository.h"
#include "core/storage/row_changes.h"

#include <algorithm>

namespace sotto {

namespace {

// What a Message is made of; the receipts of a one-to-one chat's peer decide how far an own message has travelled.
#define SOTTO_MESSAGE_COLUMNS                                                                                          \
    "SELECT m.id, m.inner_id, c.conversation_id, a.account_id, m.device, m.counter, m.client_ms, m.sort_ms, m.kind,"   \
    " m.text, m.state, d.delivered_up_to, d.read_up_to, d.not_delivered, m.flags, ra.account_id, re.inner_id,"         \
    " coalesce(st.is_on, 0), coalesce(ex.timer_s, 0), ex.expires_ms FROM message AS m"                                 \
    " JOIN conversation AS c ON c.id = m.conversation"                                                                 \
    " JOIN account AS a ON a.id = m.sender"                                                                            \
    " LEFT JOIN expiry AS ex ON ex.message = m.id"                                                                     \
    " LEFT JOIN star AS st ON st.conversation = m.conversation AND st.author = m.sender"                               \
    " AND st.inner_id = m.inner_id"                                                                                    \
    " LEFT JOIN reply AS re ON re.message = m.id LEFT JOIN account AS ra ON ra.id = re.author"                         \
    " LEFT JOIN delivery AS d ON d.conversation = m.conversation AND d.reader = c.peer AND d.author_device = m.device" \
    " AND m.sender = (SELECT account FROM own_account)"

/// The one condition for a message that the full-text index does not have (decision 0106).
#define SOTTO_WAITS_FOR_INDEX "(state = 0 AND counter = 0)"
static_assert(int(Delivery::Queued) == 0);

// Of message.flags.
constexpr int kForwarded = 1;
constexpr int kEdited = 2;

int flagsOf(const Message &message) { return (message.forwarded ? kForwarded : 0) | (message.edited ? kEdited : 0); }
/// Of a Lost row how many messages it stands for, above these bits.
constexpr int kFlagBits = 8;

bool waitsForIndex(const Message &message) { return message.delivery == Delivery::Queued && message.counter == 0; }

Delivery deliveryOf(Row &row, std::uint64_t counter)
{
    const Delivery stored = row.enumeration<Delivery>(10, Delivery::Failed);
    const bool travelled = counter > 0 && (stored == Delivery::Queued || stored == Delivery::Sent) && !row.isNull(11);
    if (!travelled || counter > std::uint64_t(row.integer(11)))
        return stored;
    const auto missing = decodeCounters(row.view(13));
    if (!missing) {
        row.markCorrupt();
        return stored;
    }
    if (std::binary_search(missing->begin(), missing->end(), counter))
        return stored;
    return counter <= std::uint64_t(row.integer(12)) ? Delivery::Read : Delivery::Delivered;
}

Message readMessage(Row &row)
{
    const auto counter = std::uint64_t(row.integerBetween(5, 0, std::numeric_limits<std::int64_t>::max()));
    const std::int64_t flags = row.integerBetween(14, 0, std::numeric_limits<std::int64_t>::max());
    return Message{
        .row = row.integer(0),
        .id = row.id<MessageId>(1),
        .conversation = row.id<ConversationId>(2),
        .sender = row.id<AccountId>(3),
        .senderDevice = row.device(4),
        .counter = counter,
        .clientTime = row.time(6),
        .sortTime = row.time(7),
        .kind = row.enumeration<MessageKind>(8, MessageKind::TimerChanged),
        .text = row.text(9),
        .delivery = deliveryOf(row, counter),
        .forwarded = (flags & kForwarded) != 0,
        .edited = (flags & kEdited) != 0,
        .replyTo = row.isNull(15) ? std::nullopt
                                  : std::optional(MessageReference{row.id<AccountId>(15), row.id<MessageId>(16)}),
        .starred = row.boolean(17),
        .missing = std::uint64_t(flags) >> kFlagBits,
        .timerSeconds = std::uint32_t(row.integerBetween(18, 0, std::numeric_limits<std::uint32_t>::max())),
        .expiresAt = row.optionalTime(19),
    };
}

} // namespace

Result<std::int64_t> MessageRepository::insert(const Message &message, Unread unread)
{
    const auto conversation = conversationRow(m_database, message.conversation);
    if (!conversation)
        return conversation.error();
    const auto sender = accountRow(m_database, message.sender);
    if (!sender)
        return sender.error();
    const auto inserted =
        m_database
            .prepare("INSERT INTO message (conversation, sender, device, inner_id, counter,"
                     " client_ms, sort_ms, kind, state, text, flags)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .with(*conversation, *sender, message.senderDevice, message.id, message.counter, message.clientTime,
                  message.sortTime, message.kind, message.delivery, message.text, flagsOf(message))
            .run();
    if (!inserted)
        return inserted.error();
    const std::int64_t row = m_database.lastInsertId();
    if (m_index && !message.text.isEmpty() && !waitsForIndex(message)) {
        if (const auto indexed = m_index->add(row, message.text); !indexed)
            return indexed.error();
    }
    if (message.replyTo) {
        if (const auto answered = storeReply(row, *message.replyTo); !answered)
            return answered.error();
    }
    if (const auto touched = touchConversation(*conversation, row, message, unread); !touched)
        return touched.error();
    return row;
}

Result<Done> MessageRepository::storeReply(std::int64_t row, const MessageReference &target)
{
    const auto author = accountRow(m_database, target.author);
    if (!author)
        return author.error();
    return anyNumber(m_database.prepare("INSERT INTO reply (message, author, inner_id) VALUES (?, ?, ?)")
                         .with(row, *author, target.message)
                         .run());
}

Result<Done> MessageRepository::setMissing(std::int64_t row, std::uint64_t missing)
{
    if (missing > kMaxMissing)
        return ErrorCode::InvalidArgument;
    return exactlyOne(m_database.prepare("UPDATE message SET flags = ? WHERE id = ? AND kind = ?")
                          .with(missing << kFlagBits, row, MessageKind::Lost)
                          .run());
}

Result<Done> MessageRepository::touchConversation(std::int64_t conversation, std::int64_t row, const Message &message,
                                                  Unread unread)
{
    // Queued messages count as written now, not as written in the far future.
    const Timestamp activity = message.sortTime == kQueuedSortTime ? message.clientTime : message.sortTime;
    const auto touched =
        m_database
            .prepare("UPDATE conversation SET unread = unread + :unread,"
                     " last_message = CASE WHEN :activity >= last_activity_ms OR last_message IS NULL THEN :row"
                     " ELSE last_message END,"
                     " last_activity_ms = max(last_activity_ms, :activity) WHERE id = :id")
            .with(unread == Unread::Yes ? 1 : 0, activity, row, conversation)
            .run();
    return exactlyOne(touched);
}

Result<Done> MessageRepository::keepSealed(std::int64_t row, ByteView content)
{
    return exactlyOne(
        m_database.prepare("INSERT INTO sealed_content (message, content) VALUES (?, ?)").with(row, content).run());
}

Result<std::optional<Message>> MessageRepository::byRow(std::int64_t row)
{
    return m_database.prepare(SOTTO_MESSAGE_COLUMNS " WHERE m.id = ?").with(row).first(readMessage);
}

Result<std::optional<Message>> MessageRepository::find(const ConversationId &conversation, const AccountId &sender,
                                                       const MessageId &id)
{
    return m_database
        .prepare(SOTTO_MESSAGE_COLUMNS " WHERE m.conversation = (SELECT id FROM conversation WHERE conversation_id = ?)"
                                       " AND m.sender = (SELECT id FROM account WHERE account_id = ?)"
                                       " AND m.inner_id = ?")
        .with(conversation, sender, id)
        .first(readMessage);
}

Result<std::vector<Message>> MessageRepository::page(const ConversationId &conversation,
                                                     std::optional<MessageCursor> before, int limit)
{
    const auto inside = conversationRow(m_database, conversation);
    if (!inside)
        return inside.error();
    // The index message_order gives the sort times; equal ones are sorted in small groups.
    const MessageCursor cursor = before.value_or(MessageCursor{Timestamp{std::numeric_limits<std::int64_t>::max()}, 0});
    auto messages =
        m_database
            .prepare(SOTTO_MESSAGE_COLUMNS
                     " WHERE m.conversation = ?1 AND m.sort_ms <= ?2 AND (m.sort_ms < ?2"
                     " OR (a.account_id, m.device, m.counter, m.id) < (SELECT ca.account_id, cm.device, cm.counter,"
                     " cm.id FROM message AS cm JOIN account AS ca ON ca.id = cm.sender WHERE cm.id = ?3))"
                     " ORDER BY m.sort_ms DESC, a.account_id DESC, m.device DESC, m.counter DESC, m.id DESC LIMIT ?4")
            .with(*inside, cursor.sortTime, cursor.row, limit)
            .collect(readMessage);
    if (messages)
        std::reverse(messages->begin(), messages->end());
    return messages;
}

Result<std::vector<MessageId>> MessageRepository::recentOfStream(const ConversationId &conversation,
                                                                 const DeviceAddress &sender, std::uint64_t after,
                                                                 std::uint64_t upTo)
{
    return m_database
        .prepare("SELECT inner_id FROM (SELECT inner_id, sender, device, counter FROM message WHERE conversation ="
                 " (SELECT id FROM conversation WHERE conversation_id = ?) ORDER BY sort_ms DESC LIMIT ?)"
                 " WHERE sender = (SELECT id FROM account WHERE account_id = ?) AND device = ?"
                 " AND counter > ? AND counter <= ?")
        .with(conversation, kRecentRows, sender.account, sender.device, after, upTo)
        .collect([](Row &row) { return row.id<MessageId>(0); });
}

Result<std::vector<Message>> MessageRepository::starred(int limit)
{
    return m_database
        .prepare(SOTTO_MESSAGE_COLUMNS
                 " WHERE m.id IN (SELECT sm.id FROM star AS s JOIN message AS sm ON sm.conversation = s.conversation"
                 " AND sm.sender = s.author AND sm.inner_id = s.inner_id WHERE s.is_on = 1 AND sm.kind = ?)"
                 " ORDER BY m.sort_ms DESC, m.id DESC LIMIT ?")
        .with(MessageKind::Text, limit)
        .collect(readMessage);
}

Result<std::int64_t> MessageRepository::count() { return m_database.prepare("SELECT count(*) FROM message").number(); }

Result<std::int64_t> MessageRepository::countOfKind(MessageKind kind)
{
    return m_database.prepare("SELECT count(*) FROM message WHERE kind = ?").with(kind).number();
}

/// For changes after which a row is not waiting any more.
Result<Done> MessageRepository::indexIfWaiting(std::int64_t row)
{
    if (!m_index)
        return Done{};
    const auto waiting = m_database.prepare("SELECT text FROM message WHERE id = ? AND " SOTTO_WAITS_FOR_INDEX)
                             .with(row)
                             .first([](Row &found) { return found.text(0); });
    if (!waiting)
        return waiting.error();
    if (!*waiting || (*waiting)->isEmpty())
        return Done{};
    return m_index->add(row, **waiting);
}

Result<Done> MessageRepository::setCounter(std::int64_t row, std::uint64_t counter)
{
    if (const auto indexed = indexIfWaiting(row); !indexed)
        return indexed.error();
    return exactlyOne(m_database.prepare("UPDATE message SET counter = ? WHERE id = ?").with(counter, row).run());
}

Result<Done> MessageRepository::setAccepted(std::int64_t row, Timestamp sortTime)
{
    if (const auto indexed = indexIfWaiting(row); !indexed)
        return indexed.error();
    const auto changed = exactlyOne(m_database.prepare("UPDATE message SET state = ?, sort_ms = ? WHERE id = ?")
                                        .with(Delivery::Sent, sortTime, row)
                                        .run());
    if (!changed)
        return changed.error();
    const auto touched = m_database
                             .prepare("UPDATE conversation SET last_activity_ms = max(last_activity_ms, ?)"
                                      " WHERE last_message = ?")
                             .with(sortTime, row)
                             .run();
    if (!touched)
        return touched.error();
    return Done{};
}

Result<Done> MessageRepository::setDelivery(std::int64_t row, Delivery delivery)
{
    if (const auto indexed = indexIfWaiting(row); !indexed)
        return indexed.error();
    return exactlyOne(m_database.prepare("UPDATE message SET state = ? WHERE id = ?").with(delivery, row).run());
}

Result<Done> MessageRepository::fill(std::int64_t row, MessageKind kind, const QString &newText)
{
    if (const auto changed = changeText(row, newText); !changed)
        return changed;
    return exactlyOne(m_database.prepare("UPDATE message SET kind = ? WHERE id = ?").with(kind, row).run());
}

Result<Done> MessageRepository::showVersion(std::int64_t row, const QString &newText, bool isEdited)
{
    if (const auto changed = changeText(row, newText); !changed)
        return changed;
    return exactlyOne(m_database.prepare("UPDATE message SET flags = (flags & ~?1) | ?2 WHERE id = ?3")
                          .with(kEdited, isEdited ? kEdited : 0, row)
                          .run());
}

/// The text of a row and of its place in the index, which a row that waits for it does not have.
Result<Done> MessageRepository::changeText(std::int64_t row, const QString &newText)
{
    struct Old {
        QString text;
        bool isWaiting;
    };
    const auto old = present(m_database.prepare("SELECT text, " SOTTO_WAITS_FOR_INDEX " FROM message WHERE id = ?")
                                 .with(row)
                                 .first([](Row &found) {
                                     return Old{found.text(0), found.boolean(1)};
                                 }));
    if (!old)
        return old.error();
    const bool isIndexed = m_index && !old->isWaiting;
    if (isIndexed && !old->text.isEmpty()) {
        if (const auto removed = m_index->remove(row, old->text); !removed)
            return removed.error();
    }
    const auto changed =
        exactlyOne(m_database.prepare("UPDATE message SET text = ? WHERE id = ?").with(newText, row).run());
    if (!changed || !isIndexed || newText.isEmpty())
        return changed;
    return m_index->add(row, newText);
}

Result<Done> MessageRepository::wipe(std::int64_t row, Counted counted)
{
    if (const auto emptied = changeText(row, QString()); !emptied)
        return emptied;
    const char *const forgotten[] = {
        "DELETE FROM message_version WHERE message = ?", "DELETE FROM reaction WHERE message = ?",
        "DELETE FROM reply WHERE message = ?",           "DELETE FROM sealed_content WHERE message = ?",
        "DELETE FROM expiry WHERE message = ?",          "UPDATE resend SET body = NULL WHERE message = ?",
    };
    for (const char *const command : forgotten) {
        if (const auto done = m_database.prepare(command).with(row).run(); !done)
            return done.error();
    }
    const auto unread = m_database
                            .prepare("UPDATE conversation SET unread = max(unread - 1, 0) WHERE id ="
                                     " (SELECT m.conversation FROM message AS m LEFT JOIN stream AS s"
                                     " ON s.conversation = m.conversation AND s.account = m.sender"
                                     " AND s.device = m.device WHERE m.id = ? AND m.kind != ?"
                                     " AND (? OR " SOTTO_NOT_READ ")"
                                     " AND m.sender IS NOT (SELECT account FROM own_account))")
                            .with(row, MessageKind::Deleted, counted == Counted::Surely)
                            .run();
    if (!unread)
        return unread.error();
    return exactlyOne(m_database.prepare("UPDATE message SET kind = ?, flags = 0 WHERE id = ?")
                          .with(MessageKind::Deleted, row)
                          .run());
}

Result<Done> MessageRepository::repair(std::int64_t row, const Message &message)
{
    const auto placed = exactlyOne(
        m_database.prepare("UPDATE message SET counter = ?, client_ms = ?, sort_ms = ?, flags = ? WHERE id = ?")
            .with(message.counter, message.clientTime, message.sortTime, flagsOf(message), row)
            .run());
    if (!placed)
        return placed;
    if (message.replyTo) {
        if (const auto answered = storeReply(row, *message.replyTo); !answered)
            return answered;
    }
    return fill(row, message.kind, message.text);
}

Result<Done> MessageRepository::removePlaceholder(std::int64_t row)
{
    const auto inside =
        m_database.prepare("SELECT conversation FROM message WHERE id = ?").with(row).first([](Row &found) {
            return found.integer(0);
        });
    const auto conversation = present(inside);
    if (!conversation)
        return conversation.error();
    if (const auto removed = remove(row); !removed)
        return removed;
    // It has no counter that would say whether it was read: at most what can be unread is.
    return exactlyOne(m_database
                          .prepare("UPDATE conversation SET unread = min(unread, (SELECT count(*) FROM message AS m"
                                   " LEFT JOIN stream AS s ON s.conversation = m.conversation"
                                   " AND s.account = m.sender AND s.device = m.device"
                                   " WHERE m.conversation = ?1 AND m.sender IS NOT (SELECT account FROM own_account)"
                                   " AND (m.counter = 0 OR " SOTTO_NOT_READ "))) WHERE id = ?1")
                          .with(*conversation)
                          .run());
}

Result<std::optional<QString>> MessageRepository::originalText(std::int64_t row)
{
    return m_database
        .prepare("SELECT coalesce((SELECT v.text FROM message_version AS v WHERE v.message = m.id AND v.revision = 0),"
                 " m.text) FROM message AS m WHERE m.id = ? AND m.kind = ?")
        .with(row, MessageKind::Text)
        .first([](Row &found) { return found.text(0); });
}

Result<Timestamp> MessageRepository::greatestSortTimeBefore(const ConversationId &conversation,
                                                            const DeviceAddress &sender, std::uint64_t counter)
{
    const auto greatest = m_database
                              .prepare("SELECT coalesce(max(m.sort_ms), 0) FROM message AS m"
                                       " JOIN conversation AS c ON c.id = m.conversation"
                                       " JOIN account AS a ON a.id = m.sender"
                                       " WHERE c.conversation_id = ? AND a.account_id = ? AND m.device = ?"
                                       " AND m.counter BETWEEN 1 AND ? - 1 AND m.sort_ms < ?")
                              .with(conversation, sender.account, sender.device, counter, kQueuedSortTime)
                              .number();
    if (!greatest)
        return greatest.error();
    return Timestamp{*greatest};
}

Result<Done> MessageRepository::remove(std::int64_t row)
{
    struct Place {
        std::int64_t conversation;
        bool unread;
        QString text;
        bool isIndexed;
        std::int64_t unreadInAll;
    };
    const auto place =
        m_database
            .prepare("SELECT m.conversation, " SOTTO_NOT_READ " AND m.kind != ?"
                     " AND m.sender IS NOT (SELECT account FROM own_account), m.text,"
                     " NOT (m.state = 0 AND m.counter = 0), c.unread FROM message AS m"
                     " JOIN conversation AS c ON c.id = m.conversation"
                     " LEFT JOIN stream AS s ON s.conversation = m.conversation"
                     " AND s.account = m.sender AND s.device = m.device WHERE m.id = ?")
            .with(MessageKind::Deleted, row)
            .first([](Row &found) {
                return Place{found.integer(0), found.boolean(1), found.text(2), found.boolean(3), found.integer(4)};
            });
    if (!place)
        return place.error();
    if (!*place)
        return ErrorCode::NotFound;
    if (m_index && (*place)->isIndexed && !(*place)->text.isEmpty()) {
        if (const auto removed = m_index->remove(row, (*place)->text); !removed)
            return removed.error();
    }
    const auto forgotten = m_database.prepare("UPDATE resend SET body = NULL WHERE message = ?").with(row).run();
    if (!forgotten)
        return forgotten.error();
    const auto removed = m_database.prepare("DELETE FROM message WHERE id = ?").with(row).run();
    if (!removed)
        return removed.error();
    // What has no counter, or filled a gap under the mark, is unread and does not say so: no more are than there are.
    const std::int64_t before = (*place)->unreadInAll - ((*place)->unread ? 1 : 0);
    const auto left = m_database
                          .prepare("SELECT count(*) FROM (SELECT 1 FROM message WHERE conversation = ? AND kind != ?"
                                   " AND sender IS NOT (SELECT account FROM own_account) LIMIT ?)")
                          .with((*place)->conversation, MessageKind::Deleted, std::max(before, std::int64_t(0)))
                          .number();
    if (!left)
        return left.error();
    return exactlyOne(m_database
                          .prepare("UPDATE conversation SET last_message = (SELECT id FROM message WHERE conversation ="
                                   " ?1 ORDER BY sort_ms DESC LIMIT 1), unread = ?2 WHERE id = ?1")
                          .with((*place)->conversation, *left)
                          .run());
}

Result<std::int64_t> MessageRepository::removeAll(const ConversationId &conversation, Timestamp now)
{
    const auto inside = conversationRow(m_database, conversation);
    if (!inside)
        return inside.error();
    if (m_index) {
        auto texts = m_database.prepare("SELECT id, text FROM message WHERE conversation = ? AND text != ''"
                                        " AND NOT " SOTTO_WAITS_FOR_INDEX);
        texts.bind(1, *inside);
        for (;;) {
            const auto stepped = texts.step();
            if (!stepped)
                return stepped.error();
            if (*stepped == Statement::Step::Finished)
                break;
            Row row = texts.row();
            if (const auto removed = m_index->remove(row.integer(0), row.text(1)); !removed)
                return removed.error();
        }
    }
    const auto unsent = m_database
                            .prepare("UPDATE resend SET body = NULL WHERE message IN"
                                     " (SELECT id FROM message WHERE conversation = ?)")
                            .with(*inside)
                            .run();
    if (!unsent)
        return unsent.error();
    // What comes late for them is to be known.
    const auto noted = m_database
                           .prepare("INSERT OR REPLACE INTO wiped (conversation, author, inner_id, wiped_ms)"
                                    " SELECT conversation, sender, inner_id, ?2 FROM message"
                                    " WHERE conversation = ?1 AND sort_ms > ?3")
                           .with(*inside, now, now - kLateAtMost)
                           .run();
    if (!noted)
        return noted.error();
    const auto removed = m_database.prepare("DELETE FROM message WHERE conversation = ?").with(*inside).run();
    if (!removed)
        return removed.error();
    const auto forgotten =
        m_database.prepare("DELETE FROM pending_reference WHERE conversation = ?").with(*inside).run();
    if (!forgotten)
        return forgotten.error();
    const auto unstarred = m_database.prepare("DELETE FROM star WHERE conversation = ?").with(*inside).run();
    if (!unstarred)
        return unstarred.error();
    const auto emptied =
        m_database
            .prepare("UPDATE conversation SET unread = 0, marked_unread = 0, last_message = NULL, draft = ''"
                     " WHERE id = ?")
            .with(*inside)
            .run();
    if (!emptied)
        return emptied.error();
    return *removed;
}

Result<std::optional<QString>> MessageRepository::text(std::int64_t row)
{
    return m_database.prepare("SELECT text FROM message WHERE id = ?").with(row).first([](Row &found) {
        return found.text(0);
    });
}

Result<std::vector<MessageRepository::RowText>> MessageRepository::textsBefore(std::int64_t row, int count)
{
    return m_database
        .prepare("SELECT id, text FROM message WHERE id < ? AND NOT " SOTTO_WAITS_FOR_INDEX " ORDER BY id DESC LIMIT ?")
        .with(row, count)
        .collect([](Row &found) {
            return RowText{found.integer(0), found.text(1)};
        });
}

Result<std::vector<MessageRepository::RowText>> MessageRepository::textsNotIndexed()
{
    return m_database
        .prepare("SELECT id, text FROM message WHERE id IN (SELECT message FROM outbox WHERE message IS NOT NULL)"
                 " AND " SOTTO_WAITS_FOR_INDEX " ORDER BY id DESC")
        .collect([](Row &found) {
            return RowText{found.integer(0), found.text(1)};
        });
}

} // namespace sotto
