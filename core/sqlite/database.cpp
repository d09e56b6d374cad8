#include "core/sqlite/database.h"

#include "core/base/check.h"
#include "core/sqlite/native.h"
#include "core/sqlite/private_directory.h"

#include <QFile>
#include <QFileInfo>
#include <sqlcipher/sqlite3.h>

namespace sotto {

namespace {

constexpr int kPlainHeaderBytes = 16;
constexpr char kPlainHeader[] = "SQLite format 3";

/// Opens a file that exists, or makes an empty one of mode 0600: SQLite would use the umask, and gives its log files
/// the mode of the database.
std::optional<Error> ensureFile(const QString &path, Database::Create create)
{
    if (QFileInfo::exists(path)) {
        if (!QFile::setPermissions(path, QFileDevice::ReadOwner | QFileDevice::WriteOwner))
            return Error(ErrorCode::NotPermitted, QStringLiteral("the database file is not ours"));
        return std::nullopt;
    }
    if (create == Database::Create::Never)
        return Error(ErrorCode::NotFound, QStringLiteral("there is no database"));
    QFile file(path);
    if (!file.open(QIODevice::NewOnly | QIODevice::WriteOnly, QFileDevice::ReadOwner | QFileDevice::WriteOwner))
        return Error(file.error() == QFileDevice::ResourceError ? ErrorCode::DiskFull : ErrorCode::InputOutput,
                     QStringLiteral("cannot create the database file"));
    return std::nullopt;
}

bool startsLikePlainSqlite(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return false;
    return file.read(kPlainHeaderBytes) == QByteArrayView(kPlainHeader, kPlainHeaderBytes);
}

void wipe(QByteArray &text)
{
    volatile char *content = text.data();
    for (qsizetype i = 0; i < text.size(); ++i)
        content[i] = 0;
}

/// SQLCipher's notation for a raw key, x'64 hex digits', which skips its key derivation.
QByteArray rawKeyText(ByteView key)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    QByteArray text;
    text.reserve(2 * key.size() + 3); // no reallocation, so that no copy stays behind
    text.append("x'");
    for (const char c : key) {
        text.append(kDigits[std::uint8_t(c) >> 4]);
        text.append(kDigits[std::uint8_t(c) & 15]);
    }
    text.append('\'');
    return text;
}

/// The first column of the first row as text; empty when there is none.
QByteArray queryText(sqlite3 *connection, const char *sql)
{
    sqlite3_stmt *statement = nullptr;
    QByteArray text;
    if (sqlite3_prepare_v2(connection, sql, -1, &statement, nullptr) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_ROW)
        text = reinterpret_cast<const char *>(sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

/// Whether the SQLite that this process got is SQLCipher of a version we know.
bool isSqlCipher(sqlite3 *connection) { return native::isKnownCipher(queryText(connection, "PRAGMA cipher_version")); }

} // namespace

Result<std::unique_ptr<Database>> Database::open(const QString &path, const Options &options)
{
    if (options.key && options.key->size() != kKeyBytes)
        return Error(ErrorCode::InvalidArgument, QStringLiteral("a database key has 32 bytes"));
    const auto directory = ensurePrivateDirectory(QFileInfo(path).absolutePath());
    if (!directory)
        return directory.error();
    if (options.key && refuseUnless(Check::PlaintextDatabase, !startsLikePlainSqlite(path)))
        return Error(ErrorCode::NotEncrypted, QStringLiteral("the database file is not encrypted"));
    if (const auto failed = ensureFile(path, options.create))
        return *failed;

    native::wipeFreedMemory();
    sqlite3 *connection = nullptr;
    const int code = sqlite3_open_v2(
        QFile::encodeName(path).constData(), &connection,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE, nullptr);
    std::unique_ptr<Database> database(new Database(path, connection)); // the constructor is private
    if (code != SQLITE_OK)
        return native::lastError(connection, code);
    if (const auto failed = database->unlock(options))
        return *failed;
    if (const auto failed = database->configure(options))
        return *failed;
    return database;
}

std::optional<Error> Database::unlock(const Options &options)
{
    // Before any other call: with plain SQLite in front, sqlite3_key_v2 would still be SQLCipher's and get a foreign
    // structure, and PRAGMA key would silently do nothing.
    if (refuseUnless(Check::CipherLibrary, isSqlCipher(m_connection)))
        return Error(ErrorCode::NotEncrypted, QStringLiteral("this process got plain SQLite instead of SQLCipher"));
    // SQLCipher writes its own lines to standard error; what went wrong is in our results.
    sqlite3_exec(m_connection, "PRAGMA cipher_log_level = NONE", nullptr, nullptr, nullptr);
    sqlite3_busy_timeout(m_connection, int(options.busyTimeout.count()));
    if (options.key) {
        QByteArray text = rawKeyText(*options.key);
        const int code = sqlite3_key_v2(m_connection, "main", text.constData(), int(text.size()));
        wipe(text);
        if (code != SQLITE_OK)
            return native::lastError(m_connection, code);
    }
    const int code = sqlite3_exec(m_connection, "SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr);
    if ((code & 0xff) == SQLITE_NOTADB)
        return Error(ErrorCode::WrongKey, QStringLiteral("the key does not open the database"));
    if (code != SQLITE_OK)
        return native::lastError(m_connection, code);
    return std::nullopt;
}

std::optional<Error> Database::configure(const Options &options)
{
    const bool full = options.synchronous == Synchronous::Full;
    const struct {
        const char *sql;
        const char *question;
        const char *expected;
    } settings[] = {
        {"PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal"},
        {full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", "PRAGMA synchronous", full ? "2" : "1"},
        {"PRAGMA secure_delete = ON", "PRAGMA secure_delete", "1"},
        {"PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2"},
        {"PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1"},
        {"PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", "0"},
        {"PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", "1"},
    };
    for (const auto &setting : settings) {
        if (const int code = sqlite3_exec(m_connection, setting.sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
            return native::lastError(m_connection, code);
        if (auto failed = pragma(setting.question, setting.expected))
            return failed;
    }
    // No memory-mapped pages: an I/O error would be a signal. The question has no answer where SQLite cannot map.
    sqlite3_exec(m_connection, "PRAGMA mmap_size = 0", nullptr, nullptr, nullptr);
    const QByteArray cache = "PRAGMA cache_size = -" + QByteArray::number(options.cacheKibibytes);
    sqlite3_exec(m_connection, cache.constData(), nullptr, nullptr, nullptr);
    sqlite3_db_config(m_connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(m_connection, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(m_connection, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
    if (options.mode == Mode::Reader) {
        sqlite3_exec(m_connection, "PRAGMA query_only = ON", nullptr, nullptr, nullptr);
        return pragma("PRAGMA query_only", "1");
    }
    return std::nullopt;
}

std::optional<Error> Database::pragma(const char *sql, const char *expected)
{
    if (queryText(m_connection, sql) == expected)
        return std::nullopt;
    return Error(ErrorCode::Internal, QStringLiteral("%1 is not %2").arg(QLatin1String(sql), QLatin1String(expected)));
}

Database::~Database()
{
    for (const auto &[sql, entry] : m_cache) {
        for (sqlite3_stmt *statement : entry.idle)
            sqlite3_finalize(statement);
    }
    [[maybe_unused]] const int code = sqlite3_close(m_connection);
    Q_ASSERT_X(code == SQLITE_OK, "Database", "a statement or transaction outlives its database");
}

Statement Database::prepare(std::string_view sql)
{
    auto found = m_cache.find(sql);
    if (found == m_cache.end())
        found = m_cache.emplace(std::string(sql), native::CachedStatement()).first;
    native::CachedStatement &entry = found->second;
    if (!entry.idle.empty()) {
        sqlite3_stmt *statement = entry.idle.back();
        entry.idle.pop_back();
        return Statement(*this, entry, statement);
    }
    sqlite3_stmt *statement = nullptr;
    const int code =
        sqlite3_prepare_v3(m_connection, sql.data(), int(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK)
        return Statement(*this, native::lastError(m_connection, code));
    return Statement(*this, entry, statement);
}

Result<Done> Database::execute(const char *script)
{
    const int code = sqlite3_exec(m_connection, script, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        return native::lastError(m_connection, code);
    return Done{};
}

std::int64_t Database::lastInsertId() const { return sqlite3_last_insert_rowid(m_connection); }

Result<int> Database::schemaVersion()
{
    const auto version = prepare("PRAGMA user_version").number();
    if (!version)
        return version.error();
    return int(*version);
}

Result<Done> Database::setSchemaVersion(int version)
{
    // A PRAGMA takes no parameters; the number is ours.
    const QByteArray sql = "PRAGMA user_version = " + QByteArray::number(version);
    return execute(sql.constData());
}

Result<Done> Database::verifyIntegrity()
{
    const auto damagedPages = prepare("PRAGMA cipher_integrity_check").collect([](Row &row) { return row.text(0); });
    if (!damagedPages)
        return damagedPages.error();
    if (!damagedPages->empty())
        return Error(ErrorCode::Corrupt, QStringLiteral("%1 pages fail their check").arg(damagedPages->size()));
    const auto answer = prepare("PRAGMA quick_check(1)").first([](Row &row) { return row.text(0); });
    if (!answer)
        return answer.error();
    if (*answer != QStringLiteral("ok"))
        return Error(ErrorCode::Corrupt, QStringLiteral("the structure fails its check"));
    return Done{};
}

Result<Done> Database::checkpoint()
{
    Q_ASSERT(!m_inTransaction);
    const int code = sqlite3_wal_checkpoint_v2(m_connection, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code != SQLITE_OK)
        return native::lastError(m_connection, code);
    return Done{};
}

} // namespace sotto
