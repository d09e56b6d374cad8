#include "core/storage/alarm_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

namespace sotto {

namespace {

#define SOTTO_ALARM_COLUMNS                                                                                            \
    "SELECT a.account_id, m.kind, m.version, m.count, m.first_ms, m.last_ms, m.acknowledged FROM alarm AS m"           \
    " JOIN account AS a ON a.id = m.account"

Alarm readAlarm(Row &row)
{
    return Alarm{
        .account = row.id<AccountId>(0),
        .kind = AlarmKind(row.integer(1)),
        .version = std::uint64_t(row.integer(2)),
        .count = row.integer(3),
        .firstAt = row.time(4),
        .lastAt = row.time(5),
        .acknowledged = row.boolean(6),
    };
}

} // namespace

Result<Done> AlarmRepository::raise(const AccountId &about, AlarmKind kind, std::uint64_t version, Timestamp now)
{
    const auto account = accountRow(m_database, about);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO alarm (account, kind, version, count, first_ms, last_ms, acknowledged)"
                                  " VALUES (?1, ?2, ?3, 1, ?4, ?4, 0) ON CONFLICT DO UPDATE SET"
                                  " acknowledged = acknowledged AND excluded.version <= version,"
                                  " version = max(version, excluded.version), count = count + 1,"
                                  " last_ms = excluded.last_ms"
                                  " WHERE excluded.version > version OR excluded.last_ms - last_ms >= ?5")
                         .with(*account, std::int64_t(kind), version, now, kCountEvery.count())
                         .run());
}

Result<Done> AlarmRepository::remove(const AccountId &about, AlarmKind kind)
{
    return anyNumber(m_database
                         .prepare("DELETE FROM alarm WHERE kind = ? AND account ="
                                  " (SELECT id FROM account WHERE account_id = ?)")
                         .with(std::int64_t(kind), about)
                         .run());
}

Result<std::vector<Alarm>> AlarmRepository::open()
{
    return m_database
        .prepare(SOTTO_ALARM_COLUMNS " WHERE m.acknowledged = 0 ORDER BY m.last_ms DESC, m.account, m.kind")
        .collect(readAlarm);
}

Result<std::vector<Alarm>> AlarmRepository::about(const AccountId &account)
{
    return m_database.prepare(SOTTO_ALARM_COLUMNS " WHERE a.account_id = ? ORDER BY m.kind")
        .with(account)
        .collect(readAlarm);
}

Result<std::int64_t> AlarmRepository::acknowledge(const AccountId &account)
{
    return m_database
        .prepare("UPDATE alarm SET acknowledged = 1 WHERE acknowledged = 0 AND account ="
                 " (SELECT id FROM account WHERE account_id = ?)")
        .with(account)
        .run();
}

} // namespace sotto
