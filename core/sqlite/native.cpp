#include "core/sqlite/native.h"

#include <QVersionNumber>
#include <algorithm>
#include <cstring>
#include <mutex>
#include <sqlcipher/sqlite3.h>

namespace sotto::native {

namespace {
ErrorCode constraintErrorCode(int extendedCode)
{
    switch (extendedCode) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return ErrorCode::AlreadyExists;
    default: return ErrorCode::InvalidArgument;
    }
}

/// SQLite's own allocator, which everything is passed on to.
sqlite3_mem_methods &allocator()
{
    static sqlite3_mem_methods methods{};
    return methods;
}

// Called through a pointer that the compiler must read: it cannot leave out what it sees no reader of.
void *(*const volatile overwrite)(void *, int, std::size_t) = std::memset;

void freeWiped(void *memory)
{
    if (memory)
        overwrite(memory, 0, std::size_t(allocator().xSize(memory)));
    allocator().xFree(memory);
}

void *reallocateWiped(void *memory, int size)
{
    void *const moved = allocator().xMalloc(size);
    if (!moved)
        return nullptr; // as realloc: the old memory stays
    std::memcpy(moved, memory, std::size_t(std::min(size, allocator().xSize(memory))));
    freeWiped(memory);
    return moved;
}
} // namespace

void wipeFreedMemory()
{
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_mem_methods &own = allocator();
        if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &own) != SQLITE_OK)
            return;
        sqlite3_mem_methods wiping = own;
        wiping.xFree = freeWiped;
        wiping.xRealloc = reallocateWiped;
        sqlite3_config(SQLITE_CONFIG_MALLOC, &wiping);
    });
}

ErrorCode errorCodeFor(int code)
{
    switch (code & 0xff) {
    case SQLITE_FULL: return ErrorCode::DiskFull;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: return ErrorCode::InputOutput;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::Busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::Corrupt;
    case SQLITE_CONSTRAINT: return constraintErrorCode(code);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return ErrorCode::NotPermitted;
    case SQLITE_TOOBIG: return ErrorCode::TooLarge;
    default: return ErrorCode::Internal;
    }
}

Error lastError(sqlite3 *connection, int code)
{
    const char *text = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
    return Error(errorCodeFor(code), QStringLiteral("SQLite %1: %2").arg(code).arg(QString::fromUtf8(text)));
}

bool isKnownCipher(const QByteArray &answer)
{
    static const QVersionNumber kOldestKnown(4, 6);
    return QVersionNumber::fromString(QString::fromLatin1(answer)) >= kOldestKnown;
}

} // namespace sotto::native
