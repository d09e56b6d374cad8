#include "core/sqlite/private_directory.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#ifdef Q_OS_UNIX
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace sotto {

#ifdef Q_OS_UNIX
Result<Done> ensurePrivateDirectory(const QString &path)
{
    const QFileInfo info(path);
    const QByteArray native = QFile::encodeName(path);
    if (!info.exists()) {
        if (!QDir().mkpath(QFileInfo(info.absoluteFilePath()).absolutePath()))
            return Error(ErrorCode::InputOutput, QStringLiteral("cannot create the parent directory"));
        if (::mkdir(native.constData(), S_IRWXU) != 0 && errno != EEXIST)
            return Error(ErrorCode::InputOutput, QStringLiteral("cannot create the directory"));
    }
    struct stat status;
    if (::stat(native.constData(), &status) != 0 || !S_ISDIR(status.st_mode))
        return Error(ErrorCode::InputOutput, QStringLiteral("not a directory"));
    if ((status.st_mode & 07777) == S_IRWXU && status.st_uid == ::geteuid())
        return Done{};
    if (status.st_uid != ::geteuid() || (status.st_mode & S_ISVTX))
        return Error(ErrorCode::NotPermitted, QStringLiteral("the directory is shared or another user's"));
    if (::chmod(native.constData(), S_IRWXU) != 0)
        return Error(ErrorCode::NotPermitted, QStringLiteral("cannot make the directory private"));
    return Done{};
}
#else
Result<Done> ensurePrivateDirectory(const QString &path)
{
    if (!QDir().mkpath(path))
        return Error(ErrorCode::InputOutput, QStringLiteral("cannot create the directory"));
    return Done{};
}
#endif

} // namespace sotto
