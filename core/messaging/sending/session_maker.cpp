#include "core/messaging/sending/session_maker.h"

#include "core/account/device_directory.h"
#include "core/base/logging.h"
#include "core/ledger/bundle.h"
#include "core/net/relay_client.h"
#include "core/sqlite/transaction.h"

#include <algorithm>

namespace sotto {

namespace {

RemoteBundle remoteBundle(const wire::PreKeyBundle &bundle, const std::optional<wire::OneTimePreKey> &oneTime)
{
    RemoteBundle remote;
    remote.registrationId = bundle.registrationId;
    remote.identityKey = bundle.identityKey.toBytes();
    remote.signedPreKeyId = bundle.signedPreKeyId;
    remote.signedPreKey = bundle.signedPreKey.toBytes();
    remote.signedPreKeySignature = bundle.signedPreKeySignature;
    if (oneTime)
        remote.oneTime = RemoteBundle::OneTime{oneTime->id, oneTime->key.toBytes()};
    return remote;
}

SessionMakerError sessionMakerError(DirectoryError error)
{
    switch (error) {
    case DirectoryError::Offline: return SessionMakerError::Offline;
    case DirectoryError::Later: return SessionMakerError::Later;
    case DirectoryError::NotFound:
    case DirectoryError::NotGenuine: return SessionMakerError::UnknownAccount;
    case DirectoryError::StoreFailed: break;
    }
    return SessionMakerError::StoreFailed;
}

SessionMakerError sessionMakerError(const RequestError &error)
{
    if (error.kind == RequestError::Kind::Offline)
        return SessionMakerError::Offline;
    return error.isRefusal(wire::RelayErrorCode::NotFound) ? SessionMakerError::UnknownAccount
                                                           : SessionMakerError::Later;
}

} // namespace

SessionMaker::SessionMaker(Database &database, SessionCipher &sessions, DeviceDirectory &directory, RelayClient &relay,
                           Clock &clock, std::function<std::optional<Bytes>(const AccountId &)> token)
    : m_database(database),
      m_sessions(sessions),
      m_directory(directory),
      m_relay(relay),
      m_clock(clock),
      m_token(std::move(token))
{ }

Task<Result<Done, SessionMakerError>> SessionMaker::ensure(AccountId account, std::optional<DeviceId> except)
{
    const auto pinned = co_await m_directory.ensure(account);
    if (!pinned)
        co_return sessionMakerError(pinned.error());
    const auto wanted = missing(account, except);
    if (!wanted)
        co_return wanted.error();
    if (wanted->empty())
        co_return Done{};
    const wire::FetchBundles request{account, *wanted, m_token(account)};
    const auto bundles = co_await m_relay.fetchBundles(request);
    if (!bundles)
        co_return sessionMakerError(bundles.error());
    co_return build(account, *wanted, *bundles);
}

void SessionMaker::askAgain(const AccountId &account)
{
    std::erase_if(m_askedInVain, [&account](const auto &asked) { return asked.first.account == account; });
}

Result<bool, SessionMakerError> SessionMaker::hasSession(const DeviceAddress &device)
{
    const auto has = m_sessions.hasSession(device);
    if (has)
        return *has;
    if (has.error() != CryptoError::CorruptRecord)
        return SessionMakerError::StoreFailed;
    // That session is lost; a new one takes its place.
    qCWarning(lcMessaging, "a stored session is broken and is removed");
    auto transaction = Transaction::begin(m_database);
    if (!transaction || !m_sessions.remove(device) || !transaction->commit())
        return SessionMakerError::StoreFailed;
    return false;
}

Result<std::vector<DeviceId>, SessionMakerError> SessionMaker::missing(const AccountId &account,
                                                                       std::optional<DeviceId> except)
{
    const auto log = m_directory.find(account);
    if (!log || !*log)
        return SessionMakerError::StoreFailed;
    std::vector<DeviceId> wanted;
    for (const wire::DeviceKeys &device : (*log)->state().devices) {
        if (device.device == except)
            continue;
        const auto has = hasSession({account, device.device});
        if (!has)
            return has.error();
        const auto vain = m_askedInVain.find({account, device.device});
        const bool isVain = vain != m_askedInVain.end() && m_clock.monotonic() - vain->second < kAskAgainAfter;
        if (!*has && !isVain)
            wanted.push_back(device.device);
    }
    return wanted;
}

Result<Done, SessionMakerError> SessionMaker::build(const AccountId &account, const std::vector<DeviceId> &wanted,
                                                    const wire::Bundles &bundles)
{
    auto transaction = Transaction::begin(m_database);
    if (!transaction)
        return SessionMakerError::StoreFailed;
    bool areGenuine = true;
    for (const DeviceId device : wanted) {
        const auto served = std::ranges::find(bundles.bundles, device, &wire::DeviceBundle::device);
        const auto keys = m_directory.findDevice({account, device});
        if (!keys)
            return SessionMakerError::StoreFailed;
        if (served == bundles.bundles.end())
            m_askedInVain[{account, device}] = m_clock.monotonic();
        if (served == bundles.bundles.end() || !*keys)
            continue;
        const auto bundle = verifyBundle(served->bundle, account, **keys, m_clock.now());
        if (!bundle) {
            qCWarning(lcMessaging, "a bundle is refused: %s", name(bundle.error()));
            if (bundle.error() == LedgerError::Expired)
                m_askedInVain[{account, device}] = m_clock.monotonic();
            else
                areGenuine = false;
            continue;
        }
        std::optional<wire::OneTimePreKey> oneTime;
        if (served->oneTimePreKey) {
            auto verified = verifyOneTimePreKey(*served->oneTimePreKey, **keys);
            if (!verified) {
                qCWarning(lcMessaging, "a one-time prekey is refused: %s", name(verified.error()));
                areGenuine = false;
                continue;
            }
            oneTime = *verified;
        }
        const auto built = m_sessions.processBundle({account, device}, remoteBundle(*bundle, oneTime));
        if (!built)
            return built.error() == CryptoError::StoreFailed ? SessionMakerError::StoreFailed
                                                             : SessionMakerError::BadBundle;
    }
    if (!transaction->commit())
        return SessionMakerError::StoreFailed;
    if (!areGenuine)
        return SessionMakerError::BadBundle;
    return Done{};
}

} // namespace sotto
