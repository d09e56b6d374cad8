#pragma once
#include "core/sqlite/row_numbers.h"
#include "core/sqlite/statement.h"
#include "core/sqlite/statement_cache.h"

#include <memory>
#include <string_view>

struct sqlite3;

namespace sotto {

/// One connection to one SQLite file, encrypted when a key is given. `open` applies the whole open checklist of the
/// threat model (B6) or refuses. Used by one thread at a time; closing it (destruction) folds the write-ahead log into
/// the file when this was the last connection.
class Database {
public:
    static constexpr qsizetype kKeyBytes = 32;

    enum class Mode {
        Writer, ///< the one connection of a file that writes
        Reader, ///< query_only; sees the last commit
    };
    enum class Create { IfMissing, Never };
    /// What a commit waits for.
    enum class Synchronous {
        Full,   ///< until the commit survives a power cut
        Normal, ///< may lose the last commits in a power cut, never in a crash of the process
    };

    struct Options {
        /// Raw key of kKeyBytes for SQLCipher (no key derivation); without one the file is plain. Only borrowed.
        std::optional<ByteView> key = std::nullopt;
        Mode mode = Mode::Writer;
        Create create = Create::IfMissing;
        Synchronous synchronous = Synchronous::Full;
        /// How long a call waits for another connection's lock before it answers Busy.
        Milliseconds busyTimeout = Milliseconds(5000);
        int cacheKibibytes = 4096;
    };

    /// Opens `path`; its directory is made private (0700), a new file is 0600. Refuses with NotEncrypted when SQLite in
    /// this process is not SQLCipher 4.6 or newer, or when a key is given and the file is plain; WrongKey when the key
    /// does not open it (a damaged first page looks the same); NotFound with Create::Never; Busy, DiskFull,
    /// InputOutput, Corrupt, NotPermitted as they say. A refusal has written nothing to an existing file.
    static Result<std::unique_ptr<Database>> open(const QString &path, const Options &options);
    ~Database();
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    /// A statement from the cache, or prepared now. `sql` is constant text of ours with parameters for every value.
    Statement prepare(std::string_view sql);
    /// Runs constant text of several statements (schema). Never for values.
    Result<Done> execute(const char *script);
    /// Rowid of the last INSERT on this connection.
    std::int64_t lastInsertId() const;

    /// The number a migration list has reached (PRAGMA user_version); 0 for a new file.
    Result<int> schemaVersion();
    /// Inside a transaction this commits or rolls back with it.
    Result<Done> setSchemaVersion(int version);

    /// Verifies every page's authentication code (SQLCipher) and the structure (quick_check); Corrupt when either
    /// fails. Reads the whole file: after an unclean exit and from `doctor`, not at each start.
    Result<Done> verifyIntegrity();
    /// Folds the write-ahead log into the file and cuts it to nothing, so that deleted content is gone from it too.
    /// Busy when a reader holds on to it. Outside transactions.
    Result<Done> checkpoint();

    /// What this connection remembers about rows that are never deleted; see RowNumbers.
    RowNumbers &rowNumbers() { return m_rowNumbers; }

    bool isInTransaction() const { return m_inTransaction; }
    QString path() const { return m_path; }
    /// The C connection, for this folder only.
    sqlite3 *native() const { return m_connection; }

private:
    friend class Transaction;
    friend class Savepoint;
    Database(QString path, sqlite3 *connection) : m_path(std::move(path)), m_connection(connection) { }
    std::optional<Error> configure(const Options &options);
    std::optional<Error> unlock(const Options &options);
    std::optional<Error> pragma(const char *sql, const char *expected);

    QString m_path;
    sqlite3 *m_connection;
    native::StatementCache m_cache;
    RowNumbers m_rowNumbers;
    bool m_inTransaction = false;
};

} // namespace sotto
