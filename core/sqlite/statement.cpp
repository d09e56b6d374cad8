#include "core/sqlite/statement.h"

#include "core/sqlite/database.h"
#include "core/sqlite/native.h"
#include "core/sqlite/statement_cache.h"

#include <limits>
#include <sqlcipher/sqlite3.h>

namespace sotto {

bool Row::isNull(int column) const { return sqlite3_column_type(m_statement, column) == SQLITE_NULL; }

bool Row::holds(int column, int type)
{
    if (sqlite3_column_type(m_statement, column) == type)
        return true;
    m_corrupt = true;
    return false;
}

std::int64_t Row::integer(int column)
{
    return holds(column, SQLITE_INTEGER) ? sqlite3_column_int64(m_statement, column) : 0;
}

std::int64_t Row::integerBetween(int column, std::int64_t least, std::int64_t most)
{
    const std::int64_t value = integer(column);
    if (value >= least && value <= most)
        return value;
    m_corrupt = true;
    return least;
}

double Row::real(int column) { return holds(column, SQLITE_FLOAT) ? sqlite3_column_double(m_statement, column) : 0; }

QString Row::text(int column)
{
    if (!holds(column, SQLITE_TEXT))
        return {};
    const auto *content = reinterpret_cast<const char *>(sqlite3_column_text(m_statement, column));
    return QString::fromUtf8(content, sqlite3_column_bytes(m_statement, column));
}

Bytes Row::bytes(int column) { return view(column).toByteArray(); }

ByteView Row::view(int column)
{
    if (!holds(column, SQLITE_BLOB))
        return {};
    const auto *content = static_cast<const char *>(sqlite3_column_blob(m_statement, column));
    return ByteView(content, sqlite3_column_bytes(m_statement, column));
}

DeviceId Row::device(int column)
{
    if (const auto id = DeviceId::from(std::uint64_t(integer(column))))
        return *id;
    m_corrupt = true;
    return *DeviceId::from(1);
}

Statement::Statement(Database &database, native::CachedStatement &entry, sqlite3_stmt *statement)
    : m_database(&database), m_entry(&entry), m_statement(statement)
{ }

Statement::Statement(Database &database, Error error) : m_database(&database), m_error(std::move(error)) { }

Statement::Statement(Statement &&other) noexcept
    : m_database(other.m_database),
      m_entry(std::exchange(other.m_entry, nullptr)),
      m_statement(std::exchange(other.m_statement, nullptr)),
      m_error(std::move(other.m_error))
{ }

Statement::~Statement()
{
    if (!m_statement)
        return;
    sqlite3_reset(m_statement);
    sqlite3_clear_bindings(m_statement);
    m_entry->idle.push_back(m_statement);
}

void Statement::noteBind(int code)
{
    if (code != SQLITE_OK && !m_error)
        m_error = native::lastError(m_database->native(), code);
    Q_ASSERT_X(code != SQLITE_RANGE, "Statement::bind", "no such parameter");
}

void Statement::bind(int index, std::nullptr_t)
{
    if (m_statement)
        noteBind(sqlite3_bind_null(m_statement, index));
}

void Statement::bind(int index, std::int64_t value)
{
    if (m_statement)
        noteBind(sqlite3_bind_int64(m_statement, index, value));
}

void Statement::bind(int index, std::uint64_t value)
{
    if (value > std::uint64_t(std::numeric_limits<std::int64_t>::max()))
        m_error = Error(ErrorCode::InvalidArgument, QStringLiteral("a number is too large to be stored"));
    else
        bind(index, std::int64_t(value));
}

void Statement::bind(int index, double value)
{
    if (m_statement)
        noteBind(sqlite3_bind_double(m_statement, index, value));
}

void Statement::bind(int index, ByteView value)
{
    // A null pointer would be stored as NULL.
    const char *content = value.isEmpty() ? "" : value.data();
    if (m_statement)
        noteBind(sqlite3_bind_blob64(m_statement, index, content, std::uint64_t(value.size()), SQLITE_TRANSIENT));
}

void Statement::bind(int index, const QString &value)
{
    if (!m_statement)
        return;
    const QByteArray utf8 = value.toUtf8();
    noteBind(sqlite3_bind_text64(m_statement, index, utf8.constData(), std::uint64_t(utf8.size()), SQLITE_TRANSIENT,
                                 SQLITE_UTF8));
}

int Statement::indexOf(const char *name) const
{
    if (!m_statement)
        return 0;
    const int index = sqlite3_bind_parameter_index(m_statement, name);
    Q_ASSERT_X(index > 0, "Statement::bind", name);
    return index;
}

Result<Statement::Step> Statement::step()
{
    if (m_error)
        return *m_error;
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW)
        return Step::Row;
    if (code == SQLITE_DONE) {
        sqlite3_reset(m_statement);
        return Step::Finished;
    }
    const Error error = native::lastError(m_database->native(), code);
    sqlite3_reset(m_statement);
    return error;
}

Result<std::int64_t> Statement::run()
{
    for (;;) {
        const auto stepped = step();
        if (!stepped)
            return stepped.error();
        if (*stepped == Step::Finished)
            return std::int64_t(sqlite3_changes64(m_database->native()));
    }
}

Result<std::int64_t> Statement::number()
{
    const auto value = first([](Row &row) { return row.integer(0); });
    if (!value)
        return value.error();
    Q_ASSERT(value->has_value());
    return **value;
}

void Statement::reset()
{
    if (m_statement)
        sqlite3_reset(m_statement);
}

std::optional<Error> Statement::finish()
{
    const int code = sqlite3_reset(m_statement);
    if (code == SQLITE_OK)
        return std::nullopt;
    return native::lastError(m_database->native(), code);
}

Error Statement::corruptRow()
{
    reset();
    return Error(ErrorCode::Corrupt, QStringLiteral("a stored row does not hold what it should"));
}

} // namespace sotto
