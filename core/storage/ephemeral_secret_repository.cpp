#include "core/storage/ephemeral_secret_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

namespace sotto {

Result<std::optional<OwnEphemeralSecret>> EphemeralSecretRepository::current()
{
    return m_database.prepare("SELECT id, secret, made_ms FROM own_ephemeral_secret ORDER BY id DESC LIMIT 1")
        .first([](Row &row) {
            return OwnEphemeralSecret{row.integer(0), SecretBytes::copyOf(row.view(1)), row.time(2)};
        });
}

Result<Done> EphemeralSecretRepository::renew(ByteView secret, Timestamp now)
{
    const auto removed = m_database.prepare("DELETE FROM own_ephemeral_secret").run();
    if (!removed)
        return removed.error();
    return anyNumber(
        m_database.prepare("INSERT INTO own_ephemeral_secret (secret, made_ms) VALUES (?, ?)").with(secret, now).run());
}

Result<bool> EphemeralSecretRepository::hasCurrent(const DeviceAddress &peer)
{
    const auto found =
        m_database
            .prepare("SELECT count(*) FROM peer_ephemeral_secret AS p JOIN account AS a ON a.id = p.account"
                     " WHERE a.account_id = ? AND p.device = ?"
                     " AND p.given = (SELECT max(id) FROM own_ephemeral_secret)")
            .with(peer.account, peer.device)
            .number();
    if (!found)
        return found.error();
    return *found > 0;
}

Result<Done> EphemeralSecretRepository::setGiven(const DeviceAddress &peer, std::int64_t id)
{
    const auto account = accountRow(m_database, peer.account);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO peer_ephemeral_secret (account, device, given, received_ms)"
                                  " VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET given = excluded.given")
                         .with(*account, peer.device, id)
                         .run());
}

Result<Done> EphemeralSecretRepository::storePeer(const DeviceAddress &peer, ByteView secret, Timestamp now)
{
    const auto account = accountRow(m_database, peer.account);
    if (!account)
        return account.error();
    return anyNumber(m_database
                         .prepare("INSERT INTO peer_ephemeral_secret (account, device, given, secret, received_ms)"
                                  " VALUES (?, ?, 0, ?, ?) ON CONFLICT DO UPDATE SET secret = excluded.secret,"
                                  " received_ms = excluded.received_ms")
                         .with(*account, peer.device, secret, now)
                         .run());
}

Result<std::optional<SecretBytes>> EphemeralSecretRepository::peer(const DeviceAddress &peer)
{
    return m_database
        .prepare("SELECT p.secret FROM peer_ephemeral_secret AS p JOIN account AS a ON a.id = p.account"
                 " WHERE a.account_id = ? AND p.device = ? AND p.secret IS NOT NULL")
        .with(peer.account, peer.device)
        .first([](Row &row) { return SecretBytes::copyOf(row.view(0)); });
}

Result<std::vector<EphemeralSecretRepository::PeerSecret>> EphemeralSecretRepository::peers()
{
    return m_database
        .prepare("SELECT a.account_id, p.device, p.secret FROM peer_ephemeral_secret AS p"
                 " JOIN account AS a ON a.id = p.account WHERE p.secret IS NOT NULL")
        .collect([](Row &row) {
            return PeerSecret{{row.id<AccountId>(0), row.device(1)}, SecretBytes::copyOf(row.view(2))};
        });
}

Result<Done> EphemeralSecretRepository::removePeer(const DeviceAddress &peer)
{
    return anyNumber(m_database
                         .prepare("DELETE FROM peer_ephemeral_secret WHERE account ="
                                  " (SELECT id FROM account WHERE account_id = ?) AND device = ?")
                         .with(peer.account, peer.device)
                         .run());
}

} // namespace sotto
