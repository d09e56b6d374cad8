#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <optional>
#include <vector>

/// SQL that is true of a row `m` of message, with its row `s` of stream or without, that nobody of us has seen; not for
/// rows without a counter. For this folder only.
#define SOTTO_NOT_READ                                                                                                 \
    "(m.counter > coalesce(s.read_counter, 0)"                                                                         \
    " OR instr(coalesce(s.read_missing, ''), ',' || m.counter || ',') > 0)"

namespace sotto {

class Database;

/// What of one device's numbered messages has been seen: everything up to a counter, but for some.
struct ReadMark {
    std::uint64_t upTo = 0;
    std::vector<std::uint64_t> missing = {}; ///< rising, not over `upTo`

    /// Whether the message with this counter was seen.
    bool covers(std::uint64_t counter) const;
    friend bool operator==(const ReadMark &, const ReadMark &) = default;
};

/// What was seen by either; in any order, and again, it comes to the same. Not longer than the longer list of the two.
ReadMark united(const ReadMark &one, const ReadMark &other);

/// How far one device's messages in a conversation have been read by us, on any own desktop.
struct StreamReading {
    DeviceAddress author;
    ReadMark mark;
    std::uint64_t told = 0; ///< up to here receipts may say that we have read
    Timestamp at;           ///< when the mark was last raised
    friend bool operator==(const StreamReading &, const StreamReading &) = default;
};

/// A look at a chat that our other desktops have not been told of yet.
struct DueRead {
    ConversationId conversation;
    Timestamp readAt;
    friend bool operator==(const DueRead &, const DueRead &) = default;
};

/// What we have read. On the thread of the database, in a transaction. Conversations must exist (NotFound).
class ReadRepository {
public:
    explicit ReadRepository(Database &database) : m_database(database) { }

    /// Nothing read: an empty mark. Of messages that are not here yet, too.
    Result<StreamReading> find(const ConversationId &conversation, const DeviceAddress &author);
    /// Of every device whose mark is not empty, by account and device.
    Result<std::vector<StreamReading>> all(const ConversationId &conversation);
    /// Replaces what stands; which of two marks stands is core/messaging/sync.
    Result<Done> store(const ConversationId &conversation, const StreamReading &reading);
    /// When the message with this counter was seen, at the latest; nothing when it was not.
    Result<std::optional<Timestamp>> readAt(const ConversationId &conversation, const DeviceAddress &author,
                                            std::uint64_t counter);

    /// Counts the unread messages of a conversation anew; how many they are. A row without a counter is unread when it
    /// came after the last look. Reads all rows, unless none was unread.
    Result<std::int64_t> recount(const ConversationId &conversation);
    /// At least one is unread: a placeholder, whether it was seen or not, has become words.
    Result<Done> ensureUnread(const ConversationId &conversation);
    /// Nothing in it is unread; how many were.
    Result<std::int64_t> clearUnread(const ConversationId &conversation);
    /// The latest look at a chat that is known, on any own desktop.
    Result<Timestamp> lookedAt(const ConversationId &conversation);
    /// A look; an earlier one changes nothing.
    Result<Done> setLookedAt(const ConversationId &conversation, Timestamp at);

    /// Own desktops are to be told of a look; of two the later one is told, when the first was to be.
    Result<Done> setDue(const DueRead &read, Timestamp due);
    /// To tell now, longest due first.
    Result<std::vector<DueRead>> dueBefore(Timestamp now, int count);
    /// When the next one is due.
    Result<std::optional<Timestamp>> nextDue();
    /// It was told.
    Result<Done> clearDue(const ConversationId &conversation);

private:
    Database &m_database;
};

} // namespace sotto
