#include "core/storage/stream_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

#include <algorithm>

namespace sotto {

namespace {

#define SOTTO_STREAM_COLUMNS                                                                                           \
    "SELECT s.first_counter, s.last_counter, s.last_hash, s.last_sort_ms, s.read_told, a.account_id, s.device"         \
    " FROM stream AS s JOIN conversation AS c ON c.id = s.conversation JOIN account AS a ON a.id = s.account"
#define SOTTO_GAP_COLUMNS                                                                                              \
    "SELECT c.conversation_id, a.account_id, g.device, g.first, g.last, g.noticed_ms, g.asked_ms, g.tries, g.lost"     \
    " FROM gap AS g JOIN conversation AS c ON c.id = g.conversation JOIN account AS a ON a.id = g.account"

StreamState readStream(Row &row)
{
    return StreamState{
        .firstCounter = std::uint64_t(row.integer(0)),
        .lastCounter = std::uint64_t(row.integer(1)),
        .lastHash = row.optionalId<Hash256>(2),
        .lastSortTime = row.time(3),
        .readTold = std::uint64_t(row.integer(4)),
    };
}

Gap readGap(Row &row)
{
    return Gap{
        .conversation = row.id<ConversationId>(0),
        .sender = {row.id<AccountId>(1), row.device(2)},
        .first = std::uint64_t(row.integer(3)),
        .last = std::uint64_t(row.integer(4)),
        .noticedAt = row.time(5),
        .askedAt = row.optionalTime(6),
        .tries = int(row.integer(7)),
        .lost = row.optionalInteger(8),
    };
}

/// The numbers under which a device's rows of a conversation stand.
struct StreamKey {
    std::int64_t conversation;
    std::int64_t account;
};

Result<StreamKey> keyOf(Database &database, const ConversationId &conversation, const AccountId &account)
{
    const auto inside = conversationRow(database, conversation);
    if (!inside)
        return inside.error();
    const auto sender = accountRow(database, account);
    if (!sender)
        return sender.error();
    return StreamKey{*inside, *sender};
}

/// Stores `first` to `last` of `gap` as a range of its own.
Result<Done> insertGap(Database &database, const Gap &gap, std::uint64_t first, std::uint64_t last)
{
    const auto key = keyOf(database, gap.conversation, gap.sender.account);
    if (!key)
        return key.error();
    return anyNumber(database
                         .prepare("INSERT OR IGNORE INTO gap (conversation, account, device, first, last, noticed_ms,"
                                  " asked_ms, tries, lost) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                         .with(key->conversation, key->account, gap.sender.device, first, last, gap.noticedAt,
                               gap.askedAt, gap.tries, gap.lost)
                         .run());
}

} // namespace

Result<std::optional<StreamState>> StreamRepository::find(const ConversationId &conversation,
                                                          const DeviceAddress &sender)
{
    return m_database
        .prepare(SOTTO_STREAM_COLUMNS
                 " WHERE c.conversation_id = ? AND a.account_id = ? AND s.device = ? AND s.first_counter > 0")
        .with(conversation, sender.account, sender.device)
        .first(readStream);
}

Result<Done> StreamRepository::store(const ConversationId &conversation, const DeviceAddress &sender,
                                     const StreamState &state)
{
    const auto key = keyOf(m_database, conversation, sender.account);
    if (!key)
        return key.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO stream (conversation, account, device, first_counter, last_counter,"
                                  " last_hash, last_sort_ms, read_counter) VALUES (?, ?, ?, ?, ?, ?, ?, 0)"
                                  " ON CONFLICT DO UPDATE SET first_counter = excluded.first_counter,"
                                  " last_counter = excluded.last_counter, last_hash = excluded.last_hash,"
                                  " last_sort_ms = excluded.last_sort_ms")
                         .with(key->conversation, key->account, sender.device, state.firstCounter, state.lastCounter,
                               state.lastHash, state.lastSortTime)
                         .run());
}

Result<std::vector<StreamRepository::DeviceStream>> StreamRepository::streamsOf(const ConversationId &conversation)
{
    return m_database
        .prepare(SOTTO_STREAM_COLUMNS
                 " WHERE c.conversation_id = ? AND s.first_counter > 0 ORDER BY a.account_id, s.device")
        .with(conversation)
        .collect([](Row &row) {
            return DeviceStream{{row.id<AccountId>(5), row.device(6)}, readStream(row)};
        });
}

Result<std::uint64_t> StreamRepository::startFor(const ConversationId &conversation, const DeviceAddress &recipient,
                                                 std::uint64_t counter)
{
    const auto key = keyOf(m_database, conversation, recipient.account);
    if (!key)
        return key.error();
    const auto known =
        m_database
            .prepare("SELECT first_counter FROM stream_start WHERE conversation = ? AND account = ? AND device = ?")
            .with(key->conversation, key->account, recipient.device)
            .first([](Row &row) { return std::uint64_t(row.integer(0)); });
    if (!known)
        return known.error();
    if (*known && **known <= counter)
        return **known;
    const auto stored = m_database
                            .prepare("INSERT INTO stream_start (conversation, account, device, first_counter)"
                                     " VALUES (?, ?, ?, ?)"
                                     " ON CONFLICT DO UPDATE SET first_counter = excluded.first_counter")
                            .with(key->conversation, key->account, recipient.device, counter)
                            .run();
    if (!stored)
        return stored.error();
    return counter;
}

Result<Done> StreamRepository::addGap(const ConversationId &conversation, const DeviceAddress &sender,
                                      std::uint64_t first, std::uint64_t last, Timestamp noticedAt)
{
    if (first > last)
        return ErrorCode::InvalidArgument;
    return insertGap(m_database, Gap{conversation, sender, first, last, noticedAt}, first, last);
}

Result<bool> StreamRepository::closeGap(const ConversationId &conversation, const DeviceAddress &sender,
                                        std::uint64_t counter)
{
    const auto range = gapAt(conversation, sender, counter);
    if (!range)
        return range.error();
    if (!*range)
        return false;
    const Gap &gap = **range;
    if (const auto dropped = dropGap(gap); !dropped)
        return dropped.error();
    if (gap.first < counter) {
        if (const auto kept = insertGap(m_database, gap, gap.first, counter - 1); !kept)
            return kept.error();
    }
    if (counter < gap.last) {
        if (const auto kept = insertGap(m_database, gap, counter + 1, gap.last); !kept)
            return kept.error();
    }
    return true;
}

Result<Done> StreamRepository::dropGap(const Gap &gap)
{
    const auto key = keyOf(m_database, gap.conversation, gap.sender.account);
    if (!key)
        return key.error();
    return anyNumber(
        m_database.prepare("DELETE FROM gap WHERE conversation = ? AND account = ? AND device = ? AND first = ?")
            .with(key->conversation, key->account, gap.sender.device, gap.first)
            .run());
}

Result<Done> StreamRepository::setAsked(const Gap &gap, Timestamp askedAt)
{
    const auto key = keyOf(m_database, gap.conversation, gap.sender.account);
    if (!key)
        return key.error();
    return anyNumber(
        m_database
            .prepare(
                "UPDATE gap SET asked_ms = ?, tries = tries + 1 WHERE conversation = ? AND account = ? AND device = ?"
                " AND first = ?")
            .with(askedAt, key->conversation, key->account, gap.sender.device, gap.first)
            .run());
}

Result<Done> StreamRepository::setPartAsked(const Gap &gap, std::uint64_t first, std::uint64_t last, Timestamp askedAt)
{
    if (first < gap.first || last > gap.last || first > last)
        return ErrorCode::InvalidArgument;
    if (const auto dropped = dropGap(gap); !dropped)
        return dropped;
    if (gap.first < first) {
        if (const auto kept = insertGap(m_database, gap, gap.first, first - 1); !kept)
            return kept;
    }
    if (last < gap.last) {
        if (const auto kept = insertGap(m_database, gap, last + 1, gap.last); !kept)
            return kept;
    }
    Gap asked = gap;
    asked.askedAt = askedAt;
    ++asked.tries;
    return insertGap(m_database, asked, first, last);
}

Result<Done> StreamRepository::setLost(const Gap &gap, std::int64_t message)
{
    const auto key = keyOf(m_database, gap.conversation, gap.sender.account);
    if (!key)
        return key.error();
    return anyNumber(
        m_database
            .prepare("UPDATE gap SET lost = ? WHERE conversation = ? AND account = ? AND device = ? AND first = ?")
            .with(message, key->conversation, key->account, gap.sender.device, gap.first)
            .run());
}

Result<std::optional<Gap>> StreamRepository::gapAt(const ConversationId &conversation, const DeviceAddress &sender,
                                                   std::uint64_t counter)
{
    const auto range =
        m_database
            .prepare(SOTTO_GAP_COLUMNS " WHERE c.conversation_id = ? AND a.account_id = ? AND g.device = ?"
                                       " AND g.first <= ? ORDER BY g.first DESC LIMIT 1")
            .with(conversation, sender.account, sender.device, counter)
            .first(readGap);
    if (!range)
        return range.error();
    if (!*range || (*range)->last < counter)
        return std::optional<Gap>();
    return range;
}

Result<std::int64_t> StreamRepository::countGaps(const ConversationId &conversation, const DeviceAddress &sender)
{
    return m_database
        .prepare("SELECT count(*) FROM gap WHERE conversation = (SELECT id FROM conversation WHERE conversation_id = ?)"
                 " AND account = (SELECT id FROM account WHERE account_id = ?) AND device = ?")
        .with(conversation, sender.account, sender.device)
        .number();
}

Result<bool> StreamRepository::hasGap(const DeviceAddress &sender)
{
    const auto found = m_database
                           .prepare("SELECT EXISTS (SELECT 1 FROM gap WHERE account ="
                                    " (SELECT id FROM account WHERE account_id = ?) AND device = ?)")
                           .with(sender.account, sender.device)
                           .number();
    return found ? Result<bool>(*found != 0) : found.error();
}

Result<Done> StreamRepository::dropGaps(const ConversationId &conversation)
{
    return anyNumber(
        m_database
            .prepare("DELETE FROM gap WHERE conversation = (SELECT id FROM conversation WHERE conversation_id = ?)")
            .with(conversation)
            .run());
}

Result<std::vector<Gap>> StreamRepository::gapsWithin(const ConversationId &conversation, const DeviceAddress &sender,
                                                      std::uint64_t first, std::uint64_t last)
{
    auto gaps = m_database
                    .prepare(SOTTO_GAP_COLUMNS " WHERE c.conversation_id = ? AND a.account_id = ? AND g.device = ?"
                                               " AND g.first <= ? AND g.last >= ? ORDER BY g.first")
                    .with(conversation, sender.account, sender.device, last, first)
                    .collect(readGap);
    if (!gaps)
        return gaps;
    for (Gap &gap : *gaps) {
        gap.first = std::max(gap.first, first);
        gap.last = std::min(gap.last, last);
    }
    return gaps;
}

Result<std::int64_t> StreamRepository::missingUnder(std::int64_t lost)
{
    return m_database.prepare("SELECT coalesce(sum(last - first + 1), 0) FROM gap WHERE lost = ?").with(lost).number();
}

Result<std::int64_t> StreamRepository::countMissing()
{
    return m_database.prepare("SELECT coalesce(sum(last - first + 1), 0) FROM gap").number();
}

Result<std::vector<DeviceAddress>> StreamRepository::sendersWithGaps()
{
    return m_database
        .prepare("SELECT a.account_id, g.device FROM (SELECT DISTINCT account, device FROM gap) AS g"
                 " JOIN account AS a ON a.id = g.account")
        .collect([](Row &row) {
            return DeviceAddress{row.id<AccountId>(0), row.device(1)};
        });
}

Result<std::vector<Gap>> StreamRepository::gapsOf(const DeviceAddress &sender, int count)
{
    return m_database
        .prepare(SOTTO_GAP_COLUMNS " WHERE a.account_id = ? AND g.device = ? ORDER BY c.id, g.first LIMIT ?")
        .with(sender.account, sender.device, count)
        .collect(readGap);
}

Result<std::vector<Gap>> StreamRepository::gapsNoticedBefore(Timestamp limit, int count)
{
    return m_database
        .prepare(SOTTO_GAP_COLUMNS
                 " WHERE g.noticed_ms <= ? ORDER BY g.noticed_ms, c.id, a.id, g.device, g.first LIMIT ?")
        .with(limit, count)
        .collect(readGap);
}

Result<std::vector<Gap>> StreamRepository::untoldGaps(Timestamp after, Timestamp limit, int count)
{
    return m_database
        .prepare(SOTTO_GAP_COLUMNS " WHERE g.noticed_ms > ? AND g.noticed_ms <= ? AND g.lost IS NULL"
                                   " ORDER BY g.noticed_ms, c.id, a.id, g.device, g.first LIMIT ?")
        .with(after, limit, count)
        .collect(readGap);
}

Result<std::int64_t> StreamRepository::untoldBefore(const Gap &gap)
{
    const auto key = keyOf(m_database, gap.conversation, gap.sender.account);
    if (!key)
        return key.error();
    return m_database
        .prepare("SELECT coalesce(sum(last - first + 1), 0) FROM gap WHERE conversation = ? AND account = ?"
                 " AND device = ? AND lost IS NULL AND (noticed_ms, first) < (?, ?)")
        .with(key->conversation, key->account, gap.sender.device, gap.noticedAt, gap.first)
        .number();
}

Result<std::vector<Gap>> StreamRepository::gapsToAskFor(int ofDevice)
{
    return m_database
        .prepare(SOTTO_GAP_COLUMNS
                 " JOIN (SELECT conversation, account, device, first, row_number() OVER (PARTITION BY account, device"
                 " ORDER BY tries, asked_ms, noticed_ms, conversation, first) AS place FROM gap) AS n"
                 " ON n.conversation = g.conversation AND n.account = g.account AND n.device = g.device"
                 " AND n.first = g.first WHERE n.place <= ? ORDER BY g.tries, g.noticed_ms, c.id, a.id, g.device,"
                 " g.first")
        .with(ofDevice)
        .collect(readGap);
}

Result<std::vector<Gap>> StreamRepository::gapsOf(const ConversationId &conversation, const DeviceAddress &sender,
                                                  int count)
{
    return m_database
        .prepare(SOTTO_GAP_COLUMNS " WHERE c.conversation_id = ? AND a.account_id = ? AND g.device = ?"
                                   " ORDER BY g.first LIMIT ?")
        .with(conversation, sender.account, sender.device, count)
        .collect(readGap);
}

Result<Done> StreamRepository::addGapMark(Timestamp from, Timestamp until)
{
    return anyNumber(
        m_database.prepare("INSERT INTO gap_mark (from_ms, until_ms) VALUES (?, ?)").with(from, until).run());
}

Result<std::vector<GapMark>> StreamRepository::gapMarks()
{
    return m_database.prepare("SELECT id, from_ms, until_ms FROM gap_mark ORDER BY id").collect([](Row &row) {
        return GapMark{row.integer(0), row.time(1), row.time(2)};
    });
}

Result<Done> StreamRepository::removeGapMark(std::int64_t id)
{
    return anyNumber(m_database.prepare("DELETE FROM gap_mark WHERE id = ?").with(id).run());
}

} // namespace sotto
