#include "core/storage/contact_repository.h"

#include "core/sqlite/database.h"
#include "core/storage/account_rows.h"
#include "core/storage/row_changes.h"

namespace sotto {

namespace {

#define SOTTO_CONTACT_COLUMNS                                                                                          \
    "SELECT a.account_id, c.name, c.handle, c.state, coalesce(p.verified, 0) FROM contact AS c"                        \
    " JOIN account AS a ON a.id = c.account LEFT JOIN log_pin AS p ON p.account = c.account"
#define SOTTO_CONTACT_IS " WHERE account = (SELECT id FROM account WHERE account_id = ?)"

Contact readContact(Row &row)
{
    return Contact{
        .account = row.id<AccountId>(0),
        .name = row.text(1),
        .handle = row.text(2),
        .state = row.enumeration<ContactState>(3, ContactState::Blocked),
        .verified = row.boolean(4),
    };
}

} // namespace

Result<std::optional<Contact>> ContactRepository::find(const AccountId &account)
{
    return m_database.prepare(SOTTO_CONTACT_COLUMNS " WHERE a.account_id = ?").with(account).first(readContact);
}

Result<std::optional<Contact>> ContactRepository::findByHandle(const QString &handle)
{
    return m_database.prepare(SOTTO_CONTACT_COLUMNS " WHERE c.handle = ? AND c.handle != ''")
        .with(handle)
        .first(readContact);
}

Result<std::vector<Contact>> ContactRepository::inState(ContactState state)
{
    return m_database.prepare(SOTTO_CONTACT_COLUMNS " WHERE c.state = ? ORDER BY c.name, a.account_id")
        .with(state)
        .collect(readContact);
}

Result<std::vector<Contact>> ContactRepository::all()
{
    return m_database.prepare(SOTTO_CONTACT_COLUMNS " WHERE c.state != ? ORDER BY c.name, a.account_id")
        .with(ContactState::Stranger)
        .collect(readContact);
}

Result<Done> ContactRepository::ensure(const AccountId &account, Timestamp since)
{
    const auto row = accountRow(m_database, account);
    if (!row)
        return row.error();
    const auto added = m_database
                           .prepare("INSERT OR IGNORE INTO contact (account, state, state_ms, handle, name, about,"
                                    " picture, stranger_messages) VALUES (?, ?, ?, '', '', '', x'', 0)")
                           .with(*row, ContactState::Stranger, since)
                           .run();
    if (!added)
        return added.error();
    return Done{};
}

Result<Done> ContactRepository::setState(const AccountId &account, ContactState state, Timestamp since)
{
    return exactlyOne(m_database.prepare("UPDATE contact SET state = ?, state_ms = ?" SOTTO_CONTACT_IS)
                          .with(state, since, account)
                          .run());
}

Result<Done> ContactRepository::moveState(const AccountId &account, ContactState state)
{
    return exactlyOne(m_database.prepare("UPDATE contact SET state = ?" SOTTO_CONTACT_IS).with(state, account).run());
}

Result<Timestamp> ContactRepository::stateSince(const AccountId &account)
{
    return present(
        m_database.prepare("SELECT state_ms FROM contact" SOTTO_CONTACT_IS).with(account).first([](Row &row) {
            return row.time(0);
        }));
}

Result<Done> ContactRepository::setHandle(const AccountId &account, const QString &handle)
{
    const auto taken = m_database.prepare("UPDATE contact SET handle = '' WHERE handle = ?").with(handle).run();
    if (!taken)
        return taken.error();
    return exactlyOne(m_database.prepare("UPDATE contact SET handle = ?" SOTTO_CONTACT_IS).with(handle, account).run());
}

Result<Done> ContactRepository::setName(const AccountId &account, const QString &name)
{
    return exactlyOne(m_database.prepare("UPDATE contact SET name = ?" SOTTO_CONTACT_IS).with(name, account).run());
}

Result<Done> ContactRepository::setProfile(const AccountId &account, const ContactProfile &profile)
{
    return exactlyOne(m_database.prepare("UPDATE contact SET name = ?, about = ?, picture = ?" SOTTO_CONTACT_IS)
                          .with(profile.name, profile.about, profile.picture, account)
                          .run());
}

Result<ContactProfile> ContactRepository::profile(const AccountId &account)
{
    return present(m_database.prepare("SELECT name, about, picture FROM contact" SOTTO_CONTACT_IS)
                       .with(account)
                       .first([](Row &row) {
                           return ContactProfile{row.text(0), row.text(1), row.bytes(2)};
                       }));
}

Result<Done> ContactRepository::setProfileKey(const AccountId &account, ByteView key, Timestamp made)
{
    return exactlyOne(m_database.prepare("UPDATE contact SET profile_key = ?, profile_key_ms = ?" SOTTO_CONTACT_IS)
                          .with(key, made, account)
                          .run());
}

Result<Timestamp> ContactRepository::profileKeySince(const AccountId &account)
{
    return present(
        m_database.prepare("SELECT profile_key_ms FROM contact" SOTTO_CONTACT_IS).with(account).first([](Row &row) {
            return row.time(0);
        }));
}

Result<std::optional<SecretBytes>> ContactRepository::profileKey(const AccountId &account)
{
    return m_database.prepare("SELECT profile_key FROM contact" SOTTO_CONTACT_IS " AND profile_key IS NOT NULL")
        .with(account)
        .first([](Row &row) { return SecretBytes::copyOf(row.view(0)); });
}

Result<int> ContactRepository::countStrangerMessage(const AccountId &account)
{
    return present(m_database
                       .prepare("UPDATE contact SET stranger_messages = stranger_messages + 1" SOTTO_CONTACT_IS
                                " RETURNING stranger_messages")
                       .with(account)
                       .first([](Row &row) { return int(row.integer(0)); }));
}

Result<Done> ContactRepository::forget(const AccountId &account, Timestamp since)
{
    return exactlyOne(m_database
                          .prepare("UPDATE contact SET state = ?, state_ms = ?, handle = '', name = '', about = '',"
                                   " picture = x'', profile_key = NULL" SOTTO_CONTACT_IS)
                          .with(ContactState::Stranger, since, account)
                          .run());
}

} // namespace sotto
