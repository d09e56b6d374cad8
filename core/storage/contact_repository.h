#pragma once
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/model/contact.h"
#include "core/primitives/secret_bytes.h"

#include <optional>
#include <vector>

namespace sotto {

class Database;

/// What a person shows of themselves beside the name.
struct ContactProfile {
    QString name;
    QString about;
    Bytes picture; ///< JPEG; empty: none
    friend bool operator==(const ContactProfile &, const ContactProfile &) = default;
};

/// People. Accounts without a row are strangers. On the thread of the database; changes belong in a transaction.
class ContactRepository {
public:
    explicit ContactRepository(Database &database) : m_database(database) { }

    /// Nothing for somebody we have never heard of.
    Result<std::optional<Contact>> find(const AccountId &account);
    /// `handle` without @.
    Result<std::optional<Contact>> findByHandle(const QString &handle);
    /// In one state, by name.
    Result<std::vector<Contact>> inState(ContactState state);
    /// All that are not strangers, by name.
    Result<std::vector<Contact>> all();

    /// A row for somebody new (a stranger); nothing happens when there is one.
    Result<Done> ensure(const AccountId &account, Timestamp since);
    /// NotFound without a row, as all below.
    Result<Done> setState(const AccountId &account, ContactState state, Timestamp since);
    /// What mail does, not the person: when they last decided stays.
    Result<Done> moveState(const AccountId &account, ContactState state);
    /// When the person last decided about the state, here or on another desktop.
    Result<Timestamp> stateSince(const AccountId &account);
    /// Another contact that had the handle loses it.
    Result<Done> setHandle(const AccountId &account, const QString &handle);
    Result<Done> setName(const AccountId &account, const QString &name);
    Result<Done> setProfile(const AccountId &account, const ContactProfile &profile);
    Result<ContactProfile> profile(const AccountId &account);
    /// `made`: when, as they say; 0: not said.
    Result<Done> setProfileKey(const AccountId &account, ByteView key, Timestamp made);
    /// Nothing until they have sent it.
    Result<std::optional<SecretBytes>> profileKey(const AccountId &account);
    /// When it was made, as they said. NotFound for people who are unknown.
    Result<Timestamp> profileKeySince(const AccountId &account);
    /// One more message taken from a stranger; how many there are now.
    Result<int> countStrangerMessage(const AccountId &account);
    /// Makes somebody a stranger of whom nothing is known. What protects a later meeting stays: the pinned log, how
    /// many messages were taken while they asked, and since when the person wants nothing of them.
    Result<Done> forget(const AccountId &account, Timestamp since);

private:
    Database &m_database;
};

} // namespace sotto
