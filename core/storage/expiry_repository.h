#pragma once
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/model/message.h"
#include "core/storage/read_repository.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// When messages disappear. A row of a TimerChanged message holds the timer that it set and never ends. Times are those
/// of CredibleClock. On the thread of the database, in a transaction.
class ExpiryRepository {
public:
    explicit ExpiryRepository(Database &database) : m_database(database) { }

    /// A message was written with a timer; `end` is nothing as long as its time does not run.
    Result<Done> add(std::int64_t message, std::uint32_t timerSeconds, std::optional<Timestamp> end);
    /// Its time runs from now on; nothing for a message without a timer.
    Result<Done> start(std::int64_t message, Timestamp now);
    /// The time of everything that others wrote in a conversation runs from now on at the latest.
    Result<Done> startAll(const ConversationId &conversation, Timestamp now);
    /// The time of what `mark` covers of a device's messages runs from `at` on at the latest; that counts as not after
    /// now and not before the message was written.
    Result<Done> startRead(const ConversationId &conversation, const DeviceAddress &author, const ReadMark &mark,
                           Timestamp at, Timestamp now);
    /// Every time that runs begins again now: own messages and what counts as read with their timer, the rest with
    /// `unread` or its timer, whichever is longer.
    Result<Done> restartAll(Timestamp now, Milliseconds unread);
    /// Its time is over at `end` instead.
    Result<Done> putOff(std::int64_t message, Timestamp end);
    /// Whether a message is our own, or counts as read in its chat.
    Result<bool> isSeen(std::int64_t message);

    struct Over {
        std::int64_t row = 0;
        ConversationId conversation;
        MessageReference message;
    };
    /// Up to `limit` messages whose time is over.
    Result<std::vector<Over>> overAt(Timestamp now, int limit);
    /// When the next one's time is over; nothing when no time runs.
    Result<std::optional<Timestamp>> nextEnd();

private:
    Database &m_database;
};

} // namespace sotto
