#include "server/ops/data_directory.h"

#include "core/primitives/secret_bytes.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>

namespace sotto::relay {

namespace {
constexpr QFileDevice::Permissions kOthers = QFileDevice::ReadGroup | QFileDevice::WriteGroup | QFileDevice::ExeGroup
    | QFileDevice::ReadOther | QFileDevice::WriteOther | QFileDevice::ExeOther;
constexpr QFileDevice::Permissions kOwnerFile = QFileDevice::ReadOwner | QFileDevice::WriteOwner;
constexpr QFileDevice::Permissions kOwnerFolder = kOwnerFile | QFileDevice::ExeOwner;

Error inputOutput(const QString &path, const QString &why)
{
    return Error(ErrorCode::InputOutput, QStringLiteral("%1: %2").arg(path, why));
}

/// " (process 123)", as far as the lock tells.
QString holderOf(const QLockFile &lock)
{
    qint64 process = 0;
    QString host;
    QString program;
    return lock.getLockInfo(&process, &host, &program) ? QStringLiteral(" (process %1)").arg(process) : QString();
}
} // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const QString &path)
{
    const QString absolute = QFileInfo(path).absoluteFilePath();
    if (!QFileInfo::exists(absolute)) {
        const QString parent = QFileInfo(absolute).path();
        if (!QDir().mkpath(parent) || !QDir().mkdir(absolute, kOwnerFolder))
            return inputOutput(absolute, QStringLiteral("the folder cannot be made; choose another with --data"));
    }
    if (!QFileInfo(absolute).isDir())
        return inputOutput(absolute, QStringLiteral("is no folder; choose another with --data"));
    if (QFileInfo(absolute).permissions() & kOthers)
        return Error(ErrorCode::NotPermitted,
                     QStringLiteral("%1: others may enter it; close it with chmod 700").arg(absolute));
    auto lock = std::make_unique<QLockFile>(absolute + QStringLiteral("/relay.lock"));
    lock->setStaleLockTime(0); // a lock of a process that is gone is taken over, a living one never
    if (!lock->tryLock()) {
        if (lock->error() != QLockFile::LockFailedError)
            return inputOutput(absolute, QStringLiteral("nothing can be written there; see to its owner and its disk"));
        return Error(ErrorCode::Busy, QStringLiteral("%1: another relay uses it%2").arg(absolute, holderOf(*lock)));
    }
    return std::unique_ptr<DataDirectory>(new DataDirectory(absolute, std::move(lock)));
}

QString DataDirectory::file(const QString &name) const { return m_path + u'/' + name; }

Result<Ed25519KeyPair> DataDirectory::relayKey(Random &random) const
{
    const QString path = file(QStringLiteral("relay.key"));
    if (QFileInfo::exists(path)) {
        QFile stored(path);
        if (!stored.open(QIODevice::ReadOnly))
            return inputOutput(path, stored.errorString());
        Bytes seed = stored.readAll();
        if (seed.size() != kEd25519SeedBytes)
            return Error(ErrorCode::Corrupt,
                         QStringLiteral("%1: is not a relay's key; put back the one of your backup").arg(path));
        auto pair = ed25519FromSeed(seed);
        wipe(seed);
        return pair;
    }
    // A second key would lock out everybody who knows the first, and nobody would know why.
    if (QFileInfo::exists(databaseFile())) {
        return Error(ErrorCode::Corrupt,
                     QStringLiteral("%1: is missing beside the relay's database; put back the one of your backup, "
                                    "clients know this relay by it")
                         .arg(path));
    }
    auto pair = makeEd25519KeyPair(random);
    if (!pair)
        return pair.error();
    QSaveFile file(path);
    Bytes seed = pair->seed().toByteArray();
    const bool written = file.open(QIODevice::WriteOnly) && file.setPermissions(kOwnerFile)
        && file.write(seed) == seed.size() && file.commit();
    wipe(seed);
    if (!written)
        return inputOutput(path, file.errorString());
    return pair;
}

} // namespace sotto::relay
