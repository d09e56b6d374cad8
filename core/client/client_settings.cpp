// What a person sets for an account: profile, proxy, addresses, what contacts may know.
#include "core/client/client_parts.h"
#include "core/model/names.h"
#include "core/sqlite/transaction.h"
#include "core/wire/limits.h"
#include "core/wire/links.h"

namespace sotto {

namespace {

constexpr qsizetype kMaxAboutBytes = 512;
constexpr qsizetype kMaxPictureBytes = 24 * 1024;

} // namespace

Task<Result<Done>> Client::setProfile(ProfileSnapshot profile)
{
    const QString clean = cleanName(profile.name);
    if (clean.isEmpty())
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("a name is needed"));
    if (profile.about.toUtf8().size() > kMaxAboutBytes)
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("the text about you has at most 512 bytes"));
    const bool isPicture = profile.picture.startsWith("\xff\xd8\xff") && profile.picture.size() <= kMaxPictureBytes;
    if (!profile.picture.isEmpty() && !isPicture)
        co_return Error(ErrorCode::InvalidArgument, QStringLiteral("a picture is a JPEG of at most 24 KiB"));
    auto transaction = Transaction::begin(m_parts->storage.database);
    const bool kept = transaction && m_parts->storage.ownAccount.setProfile(clean, profile.about, profile.picture)
        && Settings(m_parts->storage.settings).set(kProfilePublished, false) && transaction->commit();
    if (!kept)
        co_return Error(ErrorCode::InputOutput, QStringLiteral("the profile could not be stored"));
    if (m_parts->account && m_parts->caughtUp)
        co_await publishProfile();
    co_return Done{};
}

Result<ProfileSnapshot> Client::profile(AccountId person) const
{
    const auto own = m_parts->storage.ownAccount.load();
    if (!own)
        return own.error();
    if (*own && (*own)->address.account == person)
        return ProfileSnapshot{(*own)->name, (*own)->about, (*own)->picture};
    const auto contact = m_parts->storage.contacts.find(person);
    if (!contact)
        return contact.error();
    if (!*contact || (*contact)->state != ContactState::Accepted)
        return Error(ErrorCode::NotFound, QStringLiteral("this person is no contact"));
    const auto known = m_parts->storage.contacts.profile(person);
    if (!known)
        return known.error();
    return ProfileSnapshot{known->name, known->about, known->picture};
}

void Client::applySettings()
{
    AccountParts &account = *m_parts->account;
    const PrivacySettings now = privacy();
    account.receipts.setTellsRead(now.readReceipts);
    account.ephemeral.setTellsTyping(now.typing);
    account.presence.setShared(now.presence);
    account.connection.setProxy(proxy());
}

Result<Done> Client::setProxy(const ProxySettings &proxy)
{
    const QString text = proxy.toText();
    if (ProxySettings::fromText(text) != proxy)
        return Error(ErrorCode::InvalidArgument, QStringLiteral("a proxy has a host and a port"));
    auto transaction = Transaction::begin(m_parts->storage.database);
    if (!transaction)
        return transaction.error();
    if (const auto set = Settings(m_parts->storage.settings).set(kProxy, text); !set)
        return set.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    if (m_parts->account)
        applySettings();
    return Done{};
}

ProxySettings Client::proxy() const
{
    const QString text = Settings(m_parts->storage.settings).get(kProxy).valueOr(QString());
    return ProxySettings::fromText(text).value_or(m_parts->environment.proxy);
}

Result<Done> Client::setRelayAddresses(const QStringList &addresses)
{
    const auto account = parts();
    if (!account)
        return account.error();
    std::vector<RelayAddress> parsed;
    for (const QString &text : addresses) {
        const auto address = RelayAddress::parse(text);
        if (!address)
            return Error(ErrorCode::InvalidArgument, QStringLiteral("an address is host:port or [v6]:port"));
        parsed.push_back(*address);
    }
    if (parsed.empty() || parsed.size() > std::size_t(wire::kMaxLinkAddresses))
        return Error(ErrorCode::InvalidArgument, QStringLiteral("one to four addresses are needed"));
    (*account)->connection.setAddresses(std::move(parsed)); // stored by pinsChanged()
    return Done{};
}

PrivacySettings Client::privacy() const
{
    Settings settings(m_parts->storage.settings);
    return {settings.get(kSendReadReceipts).valueOr(false), settings.get(kSendTyping).valueOr(false),
            settings.get(kSharePresence).valueOr(false)};
}

Result<Done> Client::setPrivacy(const PrivacySettings &privacy)
{
    const auto account = parts();
    if (!account)
        return account.error();
    const auto setting = [](const BoolSetting &which, bool value) {
        return content::SyncSetting{QString::fromLatin1(which.name), boolValue(value)};
    };
    const PrivacySettings before = this->privacy();
    std::vector<content::SyncSetting> changed;
    if (privacy.readReceipts != before.readReceipts)
        changed.push_back(setting(kSendReadReceipts, privacy.readReceipts));
    if (privacy.typing != before.typing)
        changed.push_back(setting(kSendTyping, privacy.typing));
    if (privacy.presence != before.presence)
        changed.push_back(setting(kSharePresence, privacy.presence));
    const auto set = (*account)->registers.setSettings(changed);
    if (!set)
        return set.error();
    settingsChanged(*set);
    return afterWriting(set);
}

/// Settings that all our desktops share may be others now.
void Client::settingsChanged(const InboxNews &news)
{
    if (!news.isSettingChanged)
        return;
    applySettings();
    m_parts->account->presence.refresh();
    Q_EMIT privacyChanged();
}

} // namespace sotto
