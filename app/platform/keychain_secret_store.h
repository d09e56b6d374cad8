#pragma once
#include "core/base/clock.h"
#include "core/storage/secret_store.h"

#include <QObject>

namespace QKeychain {
class Job;
}

namespace sotto {

/// The system's keychain through QtKeychain: Secret Service or KWallet, the macOS keychain, Windows' credentials. Its
/// plain-text fallback stays off. A keychain that is slow or hiccups is asked again, three times in all, and given 30 s
/// each time to show its unlock dialog; an item is written only after it could be read or is known not to exist, so
/// that a failed read never replaces a secret. Lives on one thread with Qt's own event loop.
class KeychainSecretStore final : public QObject, public SecretStore {
    Q_OBJECT
public:
    static constexpr std::chrono::seconds kPatience{30};
    static constexpr std::chrono::seconds kPause{1};
    static constexpr int kAttempts = 3;

    /// `service` is the name that people see in their keychain. `clock` outlives the store.
    explicit KeychainSecretStore(Clock &clock, QString service = QStringLiteral("Sotto"), QObject *parent = nullptr);

    /// Whether anything on this system could answer: on Linux, whether there is a session bus. Without one no keychain
    /// is asked, and a passphrase is needed.
    static bool isAvailable();

    QString backend() const override;
    Task<Result<SecretBytes>> read(QString account) override;
    Task<Result<Done>> write(QString account, SecretBytes secret) override;
    Task<Result<Done>> remove(QString account) override;

private:
    /// What one job said.
    struct Answer {
        Result<Done> result;
        Bytes data; ///< of a reading job
    };
    Task<Answer> run(QKeychain::Job *job);
    Task<Done> pause();
    Task<Result<SecretBytes>> readOnce(QString account);
    Task<Result<Done>> writeOnce(QString account, Bytes data);

    Clock &m_clock;
    QString m_service;
};

} // namespace sotto
