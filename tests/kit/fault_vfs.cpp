#include "tests/kit/fault_vfs.h"

#include <QByteArray>
#include <QFile>
#include <csignal>
#include <cstring>
#include <random>
#include <sqlcipher/sqlite3.h>
#include <unistd.h>
#include <vector>

namespace sotto::kit {

namespace {

/// How to take one write or truncation back.
struct Undo {
    QByteArray path;
    sqlite3_int64 offset = 0;
    QByteArray before;
    sqlite3_int64 sizeBefore = 0;
};

/// When and how something goes wrong.
struct Plan {
    int after = 0; ///< points until then; 0: never
    int code = SQLITE_OK;
    bool kill = false;
    bool lasting = false;

    /// The answer at one more point; SQLITE_OK to go on.
    int next(bool &failed)
    {
        if (after == 0)
            return SQLITE_OK;
        if (--after > 0)
            return SQLITE_OK;
        if (kill)
            ::kill(::getpid(), SIGKILL);
        failed = true;
        after = lasting ? 1 : 0;
        return code;
    }
};

constexpr int kTracked = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;

} // namespace

class FaultVfs::State {
public:
    sqlite3_vfs vfs{};
    sqlite3_vfs *real = nullptr;
    QByteArray part;   ///< of the paths to watch; never changes
    QByteArray target; ///< of the paths that go wrong
    std::function<void()> failedNow;
    bool sparesSyncs = false;
    int writePoints = 0;
    bool failed = false;
    bool dead = false;
    Plan writes;
    Plan syncs;
    Plan locks;
    std::vector<Undo> unsynced;

    bool watches(const char *path) const { return path && (part.isEmpty() || std::strstr(path, part.constData())); }
    int writePoint(const char *path)
    {
        ++writePoints;
        if (dead)
            return SQLITE_IOERR;
        if (!target.isEmpty() && !std::strstr(path, target.constData()))
            return SQLITE_OK;
        const bool hadFailed = failed;
        const int code = writes.next(failed);
        if (failed && !hadFailed && failedNow)
            failedNow();
        return code;
    }
};

namespace {

/// One open file: SQLite allocates it with room for the real one behind it.
struct FaultFile {
    sqlite3_file base;
    FaultVfs::State *state;
    char *path; ///< of a tracked file, else null
    bool sparesSyncs;
    sqlite3_file *real() { return reinterpret_cast<sqlite3_file *>(this + 1); }
};

FaultFile *of(sqlite3_file *file) { return reinterpret_cast<FaultFile *>(file); }

sqlite3_int64 sizeOf(FaultFile *file)
{
    sqlite3_int64 size = 0;
    file->real()->pMethods->xFileSize(file->real(), &size);
    return size;
}

/// Remembers what stands where a write of `bytes` at `offset` goes.
void remember(FaultFile *file, sqlite3_int64 offset, sqlite3_int64 bytes)
{
    if (file->sparesSyncs)
        return;
    Undo undo{file->path, offset, {}, sizeOf(file)};
    const sqlite3_int64 overwritten = std::max<sqlite3_int64>(0, std::min(bytes, undo.sizeBefore - offset));
    undo.before.resize(qsizetype(overwritten));
    if (overwritten > 0)
        file->real()->pMethods->xRead(file->real(), undo.before.data(), int(overwritten), offset);
    file->state->unsynced.push_back(std::move(undo));
}

int closeFile(sqlite3_file *f)
{
    FaultFile *file = of(f);
    sqlite3_free(file->path);
    return file->real()->pMethods->xClose(file->real());
}

int readFile(sqlite3_file *f, void *to, int bytes, sqlite3_int64 offset)
{
    return of(f)->real()->pMethods->xRead(of(f)->real(), to, bytes, offset);
}

int writeFile(sqlite3_file *f, const void *from, int bytes, sqlite3_int64 offset)
{
    FaultFile *file = of(f);
    if (file->path) {
        if (const int code = file->state->writePoint(file->path); code != SQLITE_OK)
            return code;
        remember(file, offset, bytes);
    }
    return file->real()->pMethods->xWrite(file->real(), from, bytes, offset);
}

int truncateFile(sqlite3_file *f, sqlite3_int64 size)
{
    FaultFile *file = of(f);
    if (file->path) {
        if (const int code = file->state->writePoint(file->path); code != SQLITE_OK)
            return code;
        remember(file, size, sizeOf(file));
    }
    return file->real()->pMethods->xTruncate(file->real(), size);
}

int syncFile(sqlite3_file *f, int flags)
{
    FaultFile *file = of(f);
    if (file->path) {
        int code = file->state->writePoint(file->path);
        if (code == SQLITE_OK)
            code = file->state->syncs.next(file->state->failed);
        if (code != SQLITE_OK)
            return code == SQLITE_IOERR ? SQLITE_IOERR_FSYNC : code;
        const QByteArray path(file->path);
        std::erase_if(file->state->unsynced, [&path](const Undo &undo) { return undo.path == path; });
    }
    return file->sparesSyncs ? SQLITE_OK : file->real()->pMethods->xSync(file->real(), flags);
}

int fileSize(sqlite3_file *f, sqlite3_int64 *size) { return of(f)->real()->pMethods->xFileSize(of(f)->real(), size); }

int lockFile(sqlite3_file *f, int level) { return of(f)->real()->pMethods->xLock(of(f)->real(), level); }

int unlockFile(sqlite3_file *f, int level) { return of(f)->real()->pMethods->xUnlock(of(f)->real(), level); }

int checkReserved(sqlite3_file *f, int *reserved)
{
    return of(f)->real()->pMethods->xCheckReservedLock(of(f)->real(), reserved);
}

int fileControl(sqlite3_file *f, int operation, void *argument)
{
    return of(f)->real()->pMethods->xFileControl(of(f)->real(), operation, argument);
}

int sectorSize(sqlite3_file *f) { return of(f)->real()->pMethods->xSectorSize(of(f)->real()); }

int deviceCharacteristics(sqlite3_file *f) { return of(f)->real()->pMethods->xDeviceCharacteristics(of(f)->real()); }

int shmMap(sqlite3_file *f, int page, int size, int extend, void volatile **memory)
{
    return of(f)->real()->pMethods->xShmMap(of(f)->real(), page, size, extend, memory);
}

int shmLock(sqlite3_file *f, int offset, int count, int flags)
{
    // Slot 0 is the write lock of the log (SQLite, "WAL-mode File Format").
    if (of(f)->path && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE) && offset == 0 && count == 1) {
        FaultVfs::State *state = of(f)->state;
        if (const int code = state->locks.next(state->failed); code != SQLITE_OK)
            return code;
    }
    return of(f)->real()->pMethods->xShmLock(of(f)->real(), offset, count, flags);
}

void shmBarrier(sqlite3_file *f) { of(f)->real()->pMethods->xShmBarrier(of(f)->real()); }

int shmUnmap(sqlite3_file *f, int deleteFlag) { return of(f)->real()->pMethods->xShmUnmap(of(f)->real(), deleteFlag); }

// Version 2: with shared memory, without memory-mapped pages.
const sqlite3_io_methods kMethods{
    2,          closeFile,     readFile,    writeFile,  truncateFile,          syncFile, fileSize, lockFile,
    unlockFile, checkReserved, fileControl, sectorSize, deviceCharacteristics, shmMap,   shmLock,  shmBarrier,
    shmUnmap,   nullptr,       nullptr};

FaultVfs::State *stateOf(sqlite3_vfs *vfs) { return static_cast<FaultVfs::State *>(vfs->pAppData); }

int openFile(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *outFlags)
{
    FaultFile *file = of(f);
    FaultVfs::State *state = stateOf(vfs);
    file->base.pMethods = nullptr;
    file->state = state;
    file->path = nullptr;
    file->sparesSyncs = state->sparesSyncs;
    const int code = state->real->xOpen(state->real, path, file->real(), flags, outFlags);
    if (code != SQLITE_OK)
        return code;
    if ((flags & kTracked) && state->watches(path))
        file->path = sqlite3_mprintf("%s", path);
    file->base.pMethods = &kMethods;
    return SQLITE_OK;
}

int deleteFile(sqlite3_vfs *vfs, const char *path, int syncDirectory)
{
    FaultVfs::State *state = stateOf(vfs);
    if (!state->watches(path))
        return state->real->xDelete(state->real, path, syncDirectory);
    if (const int code = state->writePoint(path); code != SQLITE_OK)
        return code;
    const QByteArray gone(path);
    syncDirectory = state->sparesSyncs ? 0 : syncDirectory;
    std::erase_if(state->unsynced, [&gone](const Undo &undo) { return undo.path == gone; });
    return state->real->xDelete(state->real, path, syncDirectory);
}

int access(sqlite3_vfs *vfs, const char *path, int flags, int *result)
{
    return stateOf(vfs)->real->xAccess(stateOf(vfs)->real, path, flags, result);
}

int fullPath(sqlite3_vfs *vfs, const char *path, int size, char *result)
{
    return stateOf(vfs)->real->xFullPathname(stateOf(vfs)->real, path, size, result);
}

int randomness(sqlite3_vfs *vfs, int size, char *result)
{
    return stateOf(vfs)->real->xRandomness(stateOf(vfs)->real, size, result);
}

int sleepFor(sqlite3_vfs *vfs, int microseconds)
{
    return stateOf(vfs)->real->xSleep(stateOf(vfs)->real, microseconds);
}

int currentTime(sqlite3_vfs *vfs, double *result)
{
    return stateOf(vfs)->real->xCurrentTime(stateOf(vfs)->real, result);
}

int lastErrorOf(sqlite3_vfs *vfs, int size, char *result)
{
    return stateOf(vfs)->real->xGetLastError(stateOf(vfs)->real, size, result);
}

int currentTime64(sqlite3_vfs *vfs, sqlite3_int64 *result)
{
    return stateOf(vfs)->real->xCurrentTimeInt64(stateOf(vfs)->real, result);
}

void takeBack(const Undo &undo)
{
    QFile file(QString::fromLocal8Bit(undo.path));
    if (!file.open(QIODevice::ReadWrite))
        return;
    if (!undo.before.isEmpty() && file.seek(undo.offset))
        file.write(undo.before);
    file.resize(undo.sizeBefore);
}

Plan planFor(int n, Fault fault, FaultVfs::Lasting lasting)
{
    return Plan{n, fault == Fault::DiskFull ? SQLITE_FULL : SQLITE_IOERR, fault == Fault::Kill,
                lasting == FaultVfs::Lasting::UntilRepaired};
}

} // namespace

FaultVfs::FaultVfs(const QByteArray &part, Syncs syncs) : m_state(std::make_unique<State>())
{
    sqlite3_initialize();
    State &state = *m_state;
    state.part = part;
    state.sparesSyncs = syncs == Syncs::Spared;
    state.real = sqlite3_vfs_find(nullptr);
    state.vfs = *state.real;
    state.vfs.iVersion = 2;
    state.vfs.szOsFile = int(sizeof(FaultFile)) + state.real->szOsFile;
    state.vfs.pNext = nullptr;
    state.vfs.zName = "sotto-fault";
    state.vfs.pAppData = &state;
    state.vfs.xOpen = openFile;
    state.vfs.xDelete = deleteFile;
    state.vfs.xAccess = access;
    state.vfs.xFullPathname = fullPath;
    state.vfs.xRandomness = randomness;
    state.vfs.xSleep = sleepFor;
    state.vfs.xCurrentTime = currentTime;
    state.vfs.xGetLastError = lastErrorOf;
    state.vfs.xCurrentTimeInt64 = currentTime64;
    sqlite3_vfs_register(&state.vfs, 1);
}

FaultVfs::~FaultVfs()
{
    sqlite3_vfs_unregister(&m_state->vfs);
    sqlite3_vfs_register(m_state->real, 1);
}

int FaultVfs::writePoints() const { return m_state->writePoints; }

void FaultVfs::aim(const QByteArray &part) { m_state->target = part; }

void FaultVfs::whenItFails(std::function<void()> call) { m_state->failedNow = std::move(call); }

void FaultVfs::failWriteAfter(int n, Fault fault, Lasting lasting)
{
    m_state->failed = false;
    m_state->writes = planFor(n, fault, lasting);
}

void FaultVfs::failSyncAfter(int n, Fault fault, Lasting lasting)
{
    m_state->failed = false;
    m_state->syncs = planFor(n, fault, lasting);
}

void FaultVfs::failLockAfter(int n)
{
    m_state->failed = false;
    m_state->locks = Plan{n, SQLITE_BUSY, false, true};
}

bool FaultVfs::hasFailed() const { return m_state->failed; }

void FaultVfs::repair() { m_state->writes = m_state->syncs = m_state->locks = Plan(); }

void FaultVfs::cutPower() { m_state->dead = true; }

void FaultVfs::restorePower(std::optional<std::uint64_t> seed)
{
    std::mt19937_64 random(seed.value_or(0));
    std::vector<Undo> &undos = m_state->unsynced;
    const std::size_t keptUpTo = seed && !undos.empty() ? std::size_t(random() % (undos.size() + 1)) : 0;
    while (!undos.empty()) {
        const bool mayStay = undos.size() <= keptUpTo;
        if (!mayStay || random() % 2 == 0)
            takeBack(undos.back());
        undos.pop_back();
    }
    m_state->dead = false;
    repair();
}

} // namespace sotto::kit
