#pragma once
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// A frame that was a sender's and did not open: its device is asked to send the message again.
struct Repair {
    std::int64_t id = 0; ///< grows; ignored by `add`
    DeviceAddress sender;
    MessageId message;
    std::optional<std::int64_t> placeholder = std::nullopt; ///< its row in a chat
    Bytes ratchetKey;                                       ///< of the frame, 33 bytes; empty: it could not be read
    Timestamp noticedAt;
    std::optional<Timestamp> askedAt = std::nullopt;
    int tries = 0; ///< requests so far
    friend bool operator==(const Repair &, const Repair &) = default;
};

/// What is counted over the life of a profile. The names are stored.
enum class Tally {
    Frames,        ///< frames judged
    Undecryptable, ///< of those, frames that did not open although they were their sender's
    Repaired,      ///< messages that came after all
    Lost,          ///< messages given up
};

/// What has to be asked for again, and what repair remembers. On the thread of the database; changes belong in the
/// transaction of what causes them.
class RepairRepository {
public:
    explicit RepairRepository(Database &database) : m_database(database) { }

    /// Notes a frame. Of a message that is noted already only the ratchet key is replaced and a placeholder added.
    Result<Done> add(const Repair &repair);
    Result<std::optional<Repair>> find(const DeviceAddress &sender, const MessageId &message);
    /// Open ones of a device.
    Result<std::int64_t> countOf(const DeviceAddress &sender);
    /// Open ones, longest standing first.
    Result<std::vector<Repair>> all(int limit);
    /// Of every device the `ofDevice` that were asked for least, so that no one's frames hide those of others.
    Result<std::vector<Repair>> toAskFor(int ofDevice);
    /// The open one of a device that was noted last.
    Result<std::optional<Repair>> newestOf(const DeviceAddress &sender);
    /// Open ones of a device with a placeholder in this chat.
    Result<std::int64_t> countPlaceholders(const ConversationId &conversation, const DeviceAddress &sender);
    Result<std::int64_t> count();
    /// Open ones of a device that were asked for `tries` times or more, the last time before `limit`.
    Result<std::vector<Repair>> askedInVain(const DeviceAddress &sender, int tries, Timestamp limit);
    /// What was noticed, as a clock that was wrong said, before `earliest` or after `now`, was noticed now.
    Result<Done> mendTimes(Timestamp earliest, Timestamp now);
    /// Messages that are asked for of own desktops, contacts and people we asked: of each device its frames or its
    /// missing counters, whichever are more, because a frame that did not open is missing in its stream, too, once the
    /// next one came.
    Result<std::int64_t> countUnrepaired();
    /// Asked once more.
    Result<Done> setAsked(std::int64_t id, Timestamp askedAt);
    /// Repaired, or given up.
    Result<Done> remove(std::int64_t id);
    /// Of this account nothing is asked for any more.
    Result<Done> forget(const AccountId &account);

    /// When the session with a device was last built anew because it asked; 0: never.
    Result<Timestamp> rebuiltAt(const DeviceAddress &device);
    Result<Done> setRebuilt(const DeviceAddress &device, Timestamp at);

    /// Whether the person deleted a message here, or it disappeared: it is not shown again.
    Result<bool> isWiped(const ConversationId &conversation, const AccountId &author, const MessageId &message);

    /// `more` of something have happened; what is counted stops at 2^52.
    Result<Done> count(Tally what, std::int64_t more);
    /// How many have in the life of the profile.
    Result<std::int64_t> counted(Tally what);

private:
    Database &m_database;
};

} // namespace sotto
