#pragma once
#include "core/base/random.h"
#include "core/primitives/ed25519.h"

#include <QLockFile>
#include <QString>

#include <memory>

namespace sotto::relay {

/// Where the relay of a folder listens to its operator.
inline QString controlSocketIn(const QString &folder) { return folder + QStringLiteral("/control.socket"); }

/// The relay's folder: its key, its certificate, its database. Only one relay at a time uses it, and nobody but its
/// owner may enter.
class DataDirectory {
public:
    /// Makes the folder when it is missing (0700) and takes it over. NotPermitted when others may enter it, Busy when
    /// another relay has it, InputOutput when it cannot be made or written to.
    static Result<std::unique_ptr<DataDirectory>> open(const QString &path);

    /// Path of a file in it.
    QString file(const QString &name) const;
    QString certificateFile() const { return file(QStringLiteral("certificate.pem")); }
    QString certificateKeyFile() const { return file(QStringLiteral("certificate-key.pem")); }
    QString databaseFile() const { return file(QStringLiteral("relay.db")); }
    QString controlSocket() const { return controlSocketIn(m_path); }

    /// The relay's own key; made at the first call ever. It never changes: every invite and every client knows it.
    /// Corrupt when the file is not what was written or missing beside a database, RandomFailed, InputOutput.
    Result<Ed25519KeyPair> relayKey(Random &random) const;

private:
    DataDirectory(QString path, std::unique_ptr<QLockFile> lock) : m_path(std::move(path)), m_lock(std::move(lock)) { }
    const QString m_path;
    const std::unique_ptr<QLockFile> m_lock;
};

} // namespace sotto::relay
