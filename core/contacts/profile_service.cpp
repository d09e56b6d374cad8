#include "core/contacts/profile_service.h"

#include "core/account/profile_keys.h"
#include "core/base/logging.h"
#include "core/model/names.h"
#include "core/net/relay_client.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"

#include <algorithm>

namespace sotto {

ProfileService::ProfileService(Storage &storage, RelayClient &relay, Clock &clock, const AccountId &self)
    : m_storage(storage), m_relay(relay), m_self(self), m_retry(clock, [this] { wake(); })
{
    const QString kept = Settings(storage.settings).get(kProfilesWanted).valueOr(QString());
    for (const QString &hex : kept.split(u',', Qt::SkipEmptyParts)) {
        if (const auto person = AccountId::fromHex(hex))
            m_wanted.push_back(*person);
    }
}

void ProfileService::want(const std::vector<AccountId> &people)
{
    if (people.empty())
        return;
    for (const AccountId &person : people) {
        if (std::ranges::find(m_wanted, person) == m_wanted.end())
            m_wanted.push_back(person);
    }
    remember();
    wake();
}

void ProfileService::wake()
{
    if (!m_draining && !m_wanted.empty() && m_relay.connection().isOnline())
        detach(drain());
}

Task<Done> ProfileService::drain()
{
    m_draining = true;
    while (!m_wanted.empty()) {
        const AccountId person = m_wanted.front();
        const Outcome outcome = co_await fetch(person);
        if (outcome == Outcome::Later) {
            m_retry.start(kRetryAfter);
            break;
        }
        std::erase(m_wanted, person);
        remember();
        if (outcome == Outcome::Changed)
            Q_EMIT profileChanged(person);
    }
    m_draining = false;
    co_return Done{};
}

Result<SecretBytes> ProfileService::keyOf(const AccountId &person)
{
    if (person == m_self)
        return m_storage.ownAccount.profileKey();
    const auto contact = m_storage.contacts.find(person);
    auto key = m_storage.contacts.profileKey(person);
    if (!contact || !key)
        return ErrorCode::InputOutput;
    if (!*contact || (*contact)->state != ContactState::Accepted || !*key)
        return ErrorCode::NotFound;
    return std::move(**key);
}

Task<ProfileService::Outcome> ProfileService::fetch(AccountId person)
{
    const auto key = keyOf(person);
    if (!key)
        co_return key.error().code == ErrorCode::NotFound ? Outcome::Nothing : Outcome::Later;
    wire::FetchProfile request{person, std::nullopt};
    if (person != m_self)
        request.token = deliveryTokenOf(key->view());
    const auto answer = co_await m_relay.fetchProfile(request);
    if (!answer)
        co_return answer.error().isRefusal(wire::RelayErrorCode::NotFound) ? Outcome::Nothing : Outcome::Later;
    co_return keep(person, answer->sealedProfile);
}

ProfileService::Outcome ProfileService::keep(const AccountId &person, const Bytes &sealed)
{
    const auto key = keyOf(person); // as it is by now
    if (!key)
        return Outcome::Nothing;
    const auto profile = openProfile(sealed, key->view(), person);
    if (!profile) {
        qCInfo(lcContacts, "a profile cannot be opened: %s", name(profile.error().code));
        return Outcome::Nothing;
    }
    const QString shown = cleanName(profile->name);
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return Outcome::Later;
    if (person == m_self) {
        // A change of our own that the relay does not have yet is newer than what it has.
        if (!Settings(m_storage.settings).get(kProfilePublished).valueOr(false) || shown.isEmpty())
            return Outcome::Nothing;
        const bool kept =
            m_storage.ownAccount.setProfile(shown, profile->about, profile->picture) && transaction->commit();
        return kept ? Outcome::Changed : Outcome::Later;
    }
    const auto before = m_storage.contacts.find(person);
    const QString lastName = before && *before ? (*before)->name : QString();
    const bool kept =
        m_storage.contacts.setProfile(person, {shown.isEmpty() ? lastName : shown, profile->about, profile->picture})
        && transaction->commit();
    return kept ? Outcome::Changed : Outcome::Later;
}

void ProfileService::remember()
{
    QStringList list;
    for (const AccountId &person : m_wanted)
        list.append(person.toHex());
    auto transaction = Transaction::begin(m_storage.database);
    const bool kept =
        transaction && Settings(m_storage.settings).set(kProfilesWanted, list.join(u',')) && transaction->commit();
    if (!kept)
        qCWarning(lcContacts, "whose profile is to be fetched could not be noted");
}

} // namespace sotto
