#include "core/storage/repair_repository.h"

#include "core/model/contact.h"
#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

namespace sotto {

namespace {

#define SOTTO_REPAIR_COLUMNS                                                                                           \
    "SELECT r.id, a.account_id, r.device, r.inner_id, r.message, r.ratchet_key, r.noticed_ms, r.asked_ms, r.tries"     \
    " FROM repair AS r JOIN account AS a ON a.id = r.account"

Repair readRepair(Row &row)
{
    return Repair{
        .id = row.integer(0),
        .sender = {row.id<AccountId>(1), row.device(2)},
        .message = row.id<MessageId>(3),
        .placeholder = row.optionalInteger(4),
        .ratchetKey = row.bytes(5),
        .noticedAt = row.time(6),
        .askedAt = row.optionalTime(7),
        .tries = int(row.integer(8)),
    };
}

QString nameOf(Tally what)
{
    switch (what) {
    case Tally::Frames: return QStringLiteral("frames");
    case Tally::Undecryptable: return QStringLiteral("undecryptable");
    case Tally::Repaired: return QStringLiteral("repaired");
    case Tally::Lost: break;
    }
    return QStringLiteral("lost");
}

} // namespace

Result<Done> RepairRepository::add(const Repair &repair)
{
    const auto account = accountRow(m_database, repair.sender.account);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO repair (account, device, inner_id, message, ratchet_key, noticed_ms,"
                                  " asked_ms, tries) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                                  " ratchet_key = excluded.ratchet_key, message = coalesce(message, excluded.message)")
                         .with(*account, repair.sender.device, repair.message, repair.placeholder, repair.ratchetKey,
                               repair.noticedAt, repair.askedAt, repair.tries)
                         .run());
}

Result<std::optional<Repair>> RepairRepository::find(const DeviceAddress &sender, const MessageId &message)
{
    return m_database.prepare(SOTTO_REPAIR_COLUMNS " WHERE a.account_id = ? AND r.device = ? AND r.inner_id = ?")
        .with(sender.account, sender.device, message)
        .first(readRepair);
}

Result<std::int64_t> RepairRepository::countOf(const DeviceAddress &sender)
{
    return m_database
        .prepare("SELECT count(*) FROM repair WHERE account = (SELECT id FROM account WHERE account_id = ?)"
                 " AND device = ?")
        .with(sender.account, sender.device)
        .number();
}

Result<std::vector<Repair>> RepairRepository::all(int limit)
{
    return m_database.prepare(SOTTO_REPAIR_COLUMNS " ORDER BY r.id LIMIT ?").with(limit).collect(readRepair);
}

Result<Done> RepairRepository::mendTimes(Timestamp earliest, Timestamp now)
{
    for (const char *const command : {"UPDATE repair SET noticed_ms = ?2 WHERE noticed_ms < ?1 OR noticed_ms > ?2",
                                      "UPDATE gap SET noticed_ms = ?2 WHERE noticed_ms < ?1 OR noticed_ms > ?2"}) {
        if (const auto mended = m_database.prepare(command).with(earliest, now).run(); !mended)
            return mended.error();
    }
    return Done{};
}

Result<std::vector<Repair>> RepairRepository::toAskFor(int ofDevice)
{
    return m_database
        .prepare(SOTTO_REPAIR_COLUMNS " JOIN (SELECT id, row_number() OVER (PARTITION BY account, device"
                                      " ORDER BY tries, asked_ms, id) AS place FROM repair) AS n ON n.id = r.id"
                                      " WHERE n.place <= ? ORDER BY r.tries, r.id")
        .with(ofDevice)
        .collect(readRepair);
}

Result<std::optional<Repair>> RepairRepository::newestOf(const DeviceAddress &sender)
{
    return m_database
        .prepare(SOTTO_REPAIR_COLUMNS " WHERE a.account_id = ? AND r.device = ? ORDER BY r.id DESC LIMIT 1")
        .with(sender.account, sender.device)
        .first(readRepair);
}

Result<std::vector<Repair>> RepairRepository::askedInVain(const DeviceAddress &sender, int tries, Timestamp limit)
{
    return m_database
        .prepare(SOTTO_REPAIR_COLUMNS " WHERE a.account_id = ? AND r.device = ? AND r.tries >= ? AND r.asked_ms < ?")
        .with(sender.account, sender.device, tries, limit)
        .collect(readRepair);
}

Result<std::int64_t> RepairRepository::countPlaceholders(const ConversationId &conversation,
                                                         const DeviceAddress &sender)
{
    return m_database
        .prepare("SELECT count(*) FROM repair AS r JOIN message AS m ON m.id = r.message WHERE r.account ="
                 " (SELECT id FROM account WHERE account_id = ?) AND r.device = ? AND m.conversation ="
                 " (SELECT id FROM conversation WHERE conversation_id = ?)")
        .with(sender.account, sender.device, conversation)
        .number();
}

Result<std::int64_t> RepairRepository::count() { return m_database.prepare("SELECT count(*) FROM repair").number(); }

Result<std::int64_t> RepairRepository::countUnrepaired()
{
    return m_database
        .prepare("SELECT coalesce(sum(max(missing, frames)), 0) FROM (SELECT sum(missing) AS missing,"
                 " sum(frames) AS frames FROM (SELECT account, device, last - first + 1 AS missing, 0 AS frames"
                 " FROM gap UNION ALL SELECT account, device, 0, 1 FROM repair) WHERE account IN"
                 " (SELECT account FROM own_account UNION ALL SELECT account FROM contact WHERE state IN (?, ?))"
                 " GROUP BY account, device)")
        .with(ContactState::Asked, ContactState::Accepted)
        .number();
}

Result<Done> RepairRepository::setAsked(std::int64_t id, Timestamp askedAt)
{
    return exactlyOne(
        m_database.prepare("UPDATE repair SET asked_ms = ?, tries = tries + 1 WHERE id = ?").with(askedAt, id).run());
}

Result<Done> RepairRepository::remove(std::int64_t id)
{
    return exactlyOne(m_database.prepare("DELETE FROM repair WHERE id = ?").with(id).run());
}

Result<Done> RepairRepository::forget(const AccountId &account)
{
    return anyNumber(
        m_database.prepare("DELETE FROM repair WHERE account = (SELECT id FROM account WHERE account_id = ?)")
            .with(account)
            .run());
}

Result<Timestamp> RepairRepository::rebuiltAt(const DeviceAddress &device)
{
    const auto at = m_database
                        .prepare("SELECT coalesce(max(rebuilt_ms), 0) FROM peer_device WHERE account ="
                                 " (SELECT id FROM account WHERE account_id = ?) AND device = ?")
                        .with(device.account, device.device)
                        .number();
    if (!at)
        return at.error();
    return Timestamp{*at};
}

Result<Done> RepairRepository::setRebuilt(const DeviceAddress &device, Timestamp at)
{
    const auto account = accountRow(m_database, device.account);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO peer_device (account, device, rebuilt_ms) VALUES (?, ?, ?)"
                                  " ON CONFLICT DO UPDATE SET rebuilt_ms = excluded.rebuilt_ms")
                         .with(*account, device.device, at)
                         .run());
}

Result<bool> RepairRepository::isWiped(const ConversationId &conversation, const AccountId &author,
                                       const MessageId &message)
{
    const auto found = m_database
                           .prepare("SELECT count(*) FROM wiped WHERE conversation ="
                                    " (SELECT id FROM conversation WHERE conversation_id = ?) AND author ="
                                    " (SELECT id FROM account WHERE account_id = ?) AND inner_id = ?")
                           .with(conversation, author, message)
                           .number();
    if (!found)
        return found.error();
    return *found > 0;
}

Result<Done> RepairRepository::count(Tally what, std::int64_t more)
{
    return anyNumber(m_database
                         // 2^52 at most: others have a say in these numbers, and no sum may run over.
                         .prepare("INSERT INTO tally (name, value) VALUES (?, min(?, 4503599627370496))"
                                  " ON CONFLICT DO UPDATE SET value = min(value + excluded.value, 4503599627370496)")
                         .with(nameOf(what), more)
                         .run());
}

Result<std::int64_t> RepairRepository::counted(Tally what)
{
    return m_database.prepare("SELECT coalesce(max(value), 0) FROM tally WHERE name = ?").with(nameOf(what)).number();
}

} // namespace sotto
