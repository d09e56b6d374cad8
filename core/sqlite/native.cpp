#include "core/sqlite/native.h"

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
} // namespace

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

} // namespace sotto::native
