#pragma once
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/base/task.h"
#include "core/primitives/secret_bytes.h"

#include <QObject>
#include <vector>

namespace sotto {

class RelayClient;
struct Storage;

/// Brings here what contacts show of themselves (name, text, picture), and our own profile when another desktop of ours
/// changed it: fetched from the relay one at a time, opened with the person's profile key. What is wanted survives a
/// restart. Core thread.
class ProfileService : public QObject {
    Q_OBJECT
public:
    /// How long a fetch that failed for the moment waits.
    static constexpr Milliseconds kRetryAfter = std::chrono::minutes(1);

    /// All outlive the service.
    ProfileService(Storage &storage, RelayClient &relay, Clock &clock, const AccountId &self);

    /// These people's profiles may be others now. Not in a transaction.
    void want(const std::vector<AccountId> &people);
    /// The line is there: fetches what is wanted.
    void wake();

Q_SIGNALS:
    /// What we know of this person is other than before.
    void profileChanged(const sotto::AccountId &person);

private:
    enum class Outcome {
        Changed,
        Nothing, ///< no profile, none for us, or none that the key opens: the next announcement brings it
        Later,
    };
    Task<Done> drain();
    Task<Outcome> fetch(AccountId person);
    Outcome keep(const AccountId &person, const Bytes &sealed);
    Result<SecretBytes> keyOf(const AccountId &person);
    void remember();

    Storage &m_storage;
    RelayClient &m_relay;
    AccountId m_self;
    Timer m_retry;
    std::vector<AccountId> m_wanted;
    bool m_draining = false;
};

} // namespace sotto
