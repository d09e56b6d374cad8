#include "core/storage/relay_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/row_changes.h"

namespace sotto {

Result<std::optional<RelayRecord>> RelayRepository::load()
{
    auto relay =
        m_database.prepare("SELECT relay_key, next_relay_key, name, info_version FROM relay").first([](Row &row) {
            return RelayRecord{
                row.id<RelayKey>(0), row.optionalId<RelayKey>(1), row.text(2), std::uint64_t(row.integer(3)), {}};
        });
    if (!relay || !*relay)
        return relay;
    const auto addresses =
        m_database.prepare("SELECT address FROM relay_address ORDER BY position").collect([](Row &row) {
            return row.text(0);
        });
    if (!addresses)
        return addresses.error();
    (*relay)->addresses = QStringList(addresses->begin(), addresses->end());
    return relay;
}

Result<Done> RelayRepository::store(const RelayRecord &relay)
{
    const auto stored = m_database
                            .prepare("INSERT INTO relay (single, relay_key, next_relay_key, name, info_version,"
                                     " last_acked_seq, last_submit_seq) VALUES (1, ?, ?, ?, ?, 0, 0)"
                                     " ON CONFLICT DO UPDATE SET relay_key = excluded.relay_key,"
                                     " next_relay_key = excluded.next_relay_key, name = excluded.name,"
                                     " info_version = excluded.info_version")
                            .with(relay.key, relay.nextKey, relay.name, relay.infoVersion)
                            .run();
    if (!stored)
        return stored.error();
    const auto removed = m_database.prepare("DELETE FROM relay_address").run();
    if (!removed)
        return removed.error();
    for (qsizetype i = 0; i < relay.addresses.size(); ++i) {
        const auto added = m_database.prepare("INSERT INTO relay_address (position, address) VALUES (?, ?)")
                               .with(i, relay.addresses[i])
                               .run();
        if (!added)
            return added.error();
    }
    return Done{};
}

Result<std::uint64_t> RelayRepository::nextSubmitSeq()
{
    // Not by RETURNING, for which SQLite makes a temporary table each time.
    const auto counted = m_database.prepare("UPDATE relay SET last_submit_seq = last_submit_seq + 1").run();
    if (!counted)
        return counted.error();
    return lastSubmitSeq();
}

Result<std::uint64_t> RelayRepository::lastSubmitSeq() { return number("SELECT last_submit_seq FROM relay"); }

Result<Done> RelayRepository::noteCommitted(std::uint64_t relaySeq)
{
    return anyNumber(
        m_database.prepare("UPDATE relay SET last_acked_seq = max(last_acked_seq, ?)").with(relaySeq).run());
}

Result<std::uint64_t> RelayRepository::lastAckedSeq() { return number("SELECT last_acked_seq FROM relay"); }

Result<Timestamp> RelayRepository::credibleTime()
{
    return present(m_database.prepare("SELECT credible_ms FROM relay").first([](Row &row) { return row.time(0); }));
}

Result<Done> RelayRepository::setCredibleTime(Timestamp time)
{
    return anyNumber(m_database.prepare("UPDATE relay SET credible_ms = ?").with(time).run());
}

Result<std::uint64_t> RelayRepository::number(std::string_view sql)
{
    return present(m_database.prepare(sql).first([](Row &row) { return std::uint64_t(row.integer(0)); }));
}

} // namespace sotto
