#include "core/storage/durable_file.h"

#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <cerrno>
#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace sotto {

namespace {
#ifdef Q_OS_UNIX
ErrorCode codeOf(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT: return ErrorCode::DiskFull;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorCode::NotPermitted;
    case ENOENT: return ErrorCode::NotFound;
    default: return ErrorCode::InputOutput;
    }
}

/// A file descriptor that is closed with its scope.
class Descriptor {
public:
    explicit Descriptor(int descriptor) : m_descriptor(descriptor) { }
    ~Descriptor()
    {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    int get() const { return m_descriptor; }
    bool isOpen() const { return m_descriptor >= 0; }

private:
    int m_descriptor;
};

/// Writes everything and waits until the disk has it.
Result<Done> writeAndSync(int descriptor, ByteView content)
{
    while (!content.isEmpty()) {
        const ssize_t written = ::write(descriptor, content.data(), std::size_t(content.size()));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return codeOf(errno);
        content = content.sliced(written);
    }
    if (::fsync(descriptor) != 0)
        return codeOf(errno);
    return Done{};
}
#endif
} // namespace

Result<Done> writeDurably(const QString &path, ByteView content)
{
#ifdef Q_OS_UNIX
    const QByteArray target = QFile::encodeName(path);
    const QByteArray temporary = target + ".new";
    {
        // What a crash left is removed first: opened anew it could keep wider permissions.
        ::unlink(temporary.constData());
        const Descriptor file(
            ::open(temporary.constData(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
        if (!file.isOpen())
            return codeOf(errno);
        const auto written = writeAndSync(file.get(), content);
        if (!written) {
            ::unlink(temporary.constData());
            return written.error();
        }
    }
    if (::rename(temporary.constData(), target.constData()) != 0) {
        const int error = errno;
        ::unlink(temporary.constData());
        return codeOf(error);
    }
    const Descriptor folder(
        ::open(QFile::encodeName(QFileInfo(path).absolutePath()).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.isOpen() || ::fsync(folder.get()) != 0)
        return codeOf(errno);
    return Done{};
#else
    QSaveFile file(path); // flushes to the disk before it renames
    if (!file.open(QIODevice::WriteOnly))
        return ErrorCode::InputOutput;
    file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    if (file.write(content.data(), content.size()) != content.size() || !file.commit())
        return ErrorCode::InputOutput;
    return Done{};
#endif
}

Result<Bytes> readSmallFile(const QString &path, qsizetype maxBytes)
{
    QFile file(path);
    if (!file.exists())
        return ErrorCode::NotFound;
    if (!file.open(QIODevice::ReadOnly))
        return file.error() == QFileDevice::PermissionsError ? ErrorCode::NotPermitted : ErrorCode::InputOutput;
    const Bytes content = file.read(maxBytes + 1);
    if (file.error() != QFileDevice::NoError)
        return ErrorCode::InputOutput;
    if (content.size() > maxBytes)
        return ErrorCode::TooLarge;
    return content;
}

} // namespace sotto
