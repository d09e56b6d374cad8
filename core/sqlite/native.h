#pragma once
#include "core/base/error.h"

#include <QByteArray>

struct sqlite3;
struct sqlite3_stmt;

namespace sotto::native {

/// What a SQLite result code means for a caller. `code` may be an extended one.
ErrorCode errorCodeFor(int code);

/// The error of the last failed call on `connection`. The detail is SQLite's text: names of tables and columns, never a
/// stored value (values are only ever bound). `connection` may be null.
Error lastError(sqlite3 *connection, int code);

/// From the first call on SQLite overwrites memory before it gives it back: pages, values and statements hold keys and
/// words of people. Called before anything else of SQLite; without effect where somebody else has started it.
void wipeFreedMemory();

/// Whether this answer to PRAGMA cipher_version is SQLCipher's, of 4.6 or newer. Plain SQLite answers nothing; 3.x
/// reads and writes another file format.
bool isKnownCipher(const QByteArray &answer);

} // namespace sotto::native
