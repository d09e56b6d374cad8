#include "core/storage/own_account_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

namespace sotto {

Result<Done> OwnAccountRepository::create(const OwnAccount &account, const OwnSecrets &secrets)
{
    const auto row = accountRow(m_database, account.address.account);
    if (!row)
        return row.error();
    const auto kit = secrets.kitSecret.isEmpty() ? std::nullopt : std::optional(secrets.kitSecret.view());
    return exactlyOne(m_database
                          .prepare("INSERT INTO own_account (single, account, device, name, about, picture, handle,"
                                   " profile_key, profile_key_ms, device_keys, backup_root, kit_secret, registered_ms)"
                                   " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?8)")
                          .with(*row, account.address.device, account.name, account.about, account.picture,
                                account.handle, secrets.profileKey.view(), account.registeredAt,
                                secrets.deviceKeys.view(), secrets.backupRoot.view(), kit)
                          .run());
}

Result<std::optional<OwnAccount>> OwnAccountRepository::load()
{
    return m_database
        .prepare("SELECT a.account_id, o.device, o.name, o.about, o.picture, o.handle, o.registered_ms"
                 " FROM own_account AS o JOIN account AS a ON a.id = o.account")
        .first([](Row &row) {
            return OwnAccount{
                .address = {row.id<AccountId>(0), row.device(1)},
                .name = row.text(2),
                .about = row.text(3),
                .picture = row.bytes(4),
                .handle = row.text(5),
                .registeredAt = row.time(6),
            };
        });
}

Result<Done> OwnAccountRepository::setProfile(const QString &name, const QString &about, ByteView picture)
{
    return exactlyOne(
        m_database.prepare("UPDATE own_account SET name = ?, about = ?, picture = ?").with(name, about, picture).run());
}

Result<Done> OwnAccountRepository::setHandle(const QString &handle)
{
    return exactlyOne(m_database.prepare("UPDATE own_account SET handle = ?").with(handle).run());
}

Result<Done> OwnAccountRepository::setRegistered(Timestamp now)
{
    return exactlyOne(m_database.prepare("UPDATE own_account SET registered_ms = ?").with(now).run());
}

Result<SecretBytes> OwnAccountRepository::deviceKeys() { return presentSecret("SELECT device_keys FROM own_account"); }

Result<SecretBytes> OwnAccountRepository::profileKey() { return presentSecret("SELECT profile_key FROM own_account"); }

Result<Timestamp> OwnAccountRepository::profileKeySince()
{
    return present(
        m_database.prepare("SELECT profile_key_ms FROM own_account").first([](Row &row) { return row.time(0); }));
}

Result<std::optional<SecretBytes>> OwnAccountRepository::previousProfileKey()
{
    return secret("SELECT previous_profile_key FROM own_account WHERE previous_profile_key IS NOT NULL");
}

Result<Done> OwnAccountRepository::replaceProfileKey(ByteView key, Timestamp now)
{
    return exactlyOne(m_database
                          .prepare("UPDATE own_account SET previous_profile_key = profile_key, profile_key = ?,"
                                   " profile_key_ms = ?")
                          .with(key, now)
                          .run());
}

Result<Done> OwnAccountRepository::forgetPreviousProfileKey()
{
    return exactlyOne(m_database.prepare("UPDATE own_account SET previous_profile_key = NULL").run());
}

Result<SecretBytes> OwnAccountRepository::backupRoot() { return presentSecret("SELECT backup_root FROM own_account"); }

Result<std::optional<SecretBytes>> OwnAccountRepository::kitSecret()
{
    return secret("SELECT kit_secret FROM own_account WHERE kit_secret IS NOT NULL");
}

Result<Done> OwnAccountRepository::confirmKit()
{
    return exactlyOne(m_database.prepare("UPDATE own_account SET kit_secret = NULL").run());
}

Result<std::optional<SecretBytes>> OwnAccountRepository::secret(std::string_view sql)
{
    return m_database.prepare(sql).first([](Row &row) { return SecretBytes::copyOf(row.view(0)); });
}

Result<SecretBytes> OwnAccountRepository::presentSecret(std::string_view sql) { return present(secret(sql)); }

} // namespace sotto
