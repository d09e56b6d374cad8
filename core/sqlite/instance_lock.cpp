#include "core/sqlite/instance_lock.h"

#include "core/sqlite/private_directory.h"

#include <QFile>

#ifdef Q_OS_UNIX
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#else
#include <QLockFile>
#endif

namespace sotto {

namespace {
constexpr char kRunning[] = "running\n";
const auto kLockFileName = QStringLiteral("/sotto.lock");
} // namespace

#ifdef Q_OS_UNIX

class InstanceLock::File {
public:
    explicit File(int descriptor) : m_descriptor(descriptor) { }
    ~File() { ::close(m_descriptor); }
    bool isEmpty() const { return ::lseek(m_descriptor, 0, SEEK_END) == 0; }
    bool mark() { return ::pwrite(m_descriptor, kRunning, sizeof kRunning - 1, 0) == ssize_t(sizeof kRunning - 1); }
    bool unmark() { return ::ftruncate(m_descriptor, 0) == 0; }

private:
    int m_descriptor;
};

Result<std::unique_ptr<InstanceLock>> InstanceLock::acquire(const QString &directory)
{
    const auto prepared = ensurePrivateDirectory(directory);
    if (!prepared)
        return prepared.error();
    const QByteArray path = QFile::encodeName(directory + kLockFileName);
    const int descriptor = ::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (descriptor < 0)
        return Error(errno == ENOSPC ? ErrorCode::DiskFull : ErrorCode::InputOutput,
                     QStringLiteral("cannot open the lock file"));
    auto file = std::make_unique<File>(descriptor);
    // flock and not fcntl: it belongs to the open file, so closing another descriptor of it does not drop it.
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        return Error(errno == EWOULDBLOCK ? ErrorCode::Busy : ErrorCode::InputOutput,
                     QStringLiteral("another process uses this directory"));
    const bool unclean = !file->isEmpty();
    if (!file->mark())
        return Error(ErrorCode::DiskFull, QStringLiteral("cannot write the lock file"));
    return std::unique_ptr<InstanceLock>(new InstanceLock(std::move(file), unclean));
}

#else

class InstanceLock::File {
public:
    explicit File(const QString &path) : m_lock(path), m_mark(path + QStringLiteral(".running"))
    {
        m_lock.setStaleLockTime(0);
    }
    bool tryLock() { return m_lock.tryLock(0); }
    bool isEmpty() const { return !m_mark.exists(); }
    bool mark() { return m_mark.open(QIODevice::WriteOnly) && m_mark.write(kRunning) > 0; }
    bool unmark() { return m_mark.remove(); }

private:
    QLockFile m_lock;
    QFile m_mark;
};

Result<std::unique_ptr<InstanceLock>> InstanceLock::acquire(const QString &directory)
{
    const auto prepared = ensurePrivateDirectory(directory);
    if (!prepared)
        return prepared.error();
    auto file = std::make_unique<File>(directory + kLockFileName);
    if (!file->tryLock())
        return Error(ErrorCode::Busy, QStringLiteral("another process uses this directory"));
    const bool unclean = !file->isEmpty();
    if (!file->mark())
        return Error(ErrorCode::DiskFull, QStringLiteral("cannot write the lock file"));
    return std::unique_ptr<InstanceLock>(new InstanceLock(std::move(file), unclean));
}

#endif

InstanceLock::InstanceLock(std::unique_ptr<File> file, bool unclean) : m_file(std::move(file)), m_unclean(unclean) { }

InstanceLock::~InstanceLock()
{
    m_file->unmark(); // if this fails the next start only verifies the database once more
}

} // namespace sotto
