#pragma once
#include "core/base/clock.h"
#include "core/base/task.h"
#include "core/crypto/session_cipher.h"
#include "core/wire/frame.h"

#include <QObject>
#include <functional>
#include <map>

namespace sotto {

class Database;
class DeviceDirectory;
class RelayClient;

/// Why there is no session with every device of an account.
enum class SessionMakerError {
    Offline,
    UnknownAccount,
    Later,     ///< the relay does not say now
    BadBundle, ///< a device has one that does not verify: nothing is encrypted to its account
    StoreFailed,
};

/// Makes sure that there is a pairwise session with every active device of an account: fetches bundles, verifies them
/// against the pinned log, builds the sessions. Core thread.
class SessionMaker : public QObject {
    Q_OBJECT
public:
    /// `token` gives the delivery token of an account, if we have one; all outlive the object.
    SessionMaker(Database &database, SessionCipher &sessions, DeviceDirectory &directory, RelayClient &relay,
                 Clock &clock, std::function<std::optional<Bytes>(const AccountId &)> token);

    /// A device without a usable bundle is not asked for again so soon: the relay hands out few bundles an hour.
    static constexpr Milliseconds kAskAgainAfter = std::chrono::hours(1);

    /// Every active device of `account` but `except` has a session afterwards, save those whose bundle has run out or
    /// is gone (decision 0126).
    Task<Result<Done, SessionMakerError>> ensure(AccountId account, std::optional<DeviceId> except);
    /// There is reason to believe that devices of the account have bundles again: the next ensure() asks for all.
    void askAgain(const AccountId &account);

private:
    Result<bool, SessionMakerError> hasSession(const DeviceAddress &device);
    Result<std::vector<DeviceId>, SessionMakerError> missing(const AccountId &account, std::optional<DeviceId> except);
    Result<Done, SessionMakerError> build(const AccountId &account, const std::vector<DeviceId> &wanted,
                                          const wire::Bundles &bundles);

    Database &m_database;
    SessionCipher &m_sessions;
    DeviceDirectory &m_directory;
    RelayClient &m_relay;
    Clock &m_clock;
    std::function<std::optional<Bytes>(const AccountId &)> m_token;
    std::map<DeviceAddress, Milliseconds> m_askedInVain; ///< monotonic
};

} // namespace sotto
