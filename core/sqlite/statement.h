#pragma once
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <QString>
#include <concepts>
#include <optional>
#include <type_traits>
#include <vector>

struct sqlite3_stmt;

namespace sotto {

class Database;
namespace native {
struct CachedStatement;
}

/// One row of a result, with typed columns (numbered from 0). Valid until the statement steps again. A column that does
/// not hold what it should (wrong type, id of a wrong length) reads as an empty value and marks the row: `collect` and
/// `first` then answer Corrupt, so readers need no error handling of their own.
class Row {
public:
    explicit Row(sqlite3_stmt *statement) : m_statement(statement) { }

    /// Whether the column holds null; no other reader takes null.
    bool isNull(int column) const;
    /// An integer of any size.
    std::int64_t integer(int column);
    /// An integer that must lie in [`least`, `most`].
    std::int64_t integerBetween(int column, std::int64_t least, std::int64_t most);
    /// 0 or 1.
    bool boolean(int column) { return integerBetween(column, 0, 1) == 1; }
    double real(int column);
    QString text(int column);
    Bytes bytes(int column);
    /// Borrowed: valid until the statement steps again.
    ByteView view(int column);
    Timestamp time(int column) { return Timestamp{integer(column)}; }
    DeviceId device(int column);
    /// An enumeration stored as its number, from 0 to `last`.
    template <class Enum> Enum enumeration(int column, Enum last)
    {
        return Enum(integerBetween(column, 0, std::int64_t(last)));
    }
    template <class Id> Id id(int column)
    {
        if (const auto found = Id::fromBytes(view(column)))
            return *found;
        m_corrupt = true;
        return Id(std::array<std::uint8_t, Id::kSize>{});
    }
    /// The same for columns that may be null.
    template <class Id> std::optional<Id> optionalId(int column)
    {
        return isNull(column) ? std::nullopt : std::optional<Id>(id<Id>(column));
    }
    std::optional<std::int64_t> optionalInteger(int column)
    {
        return isNull(column) ? std::nullopt : std::optional<std::int64_t>(integer(column));
    }
    std::optional<Timestamp> optionalTime(int column)
    {
        return isNull(column) ? std::nullopt : std::optional<Timestamp>(time(column));
    }
    std::optional<Bytes> optionalBytes(int column)
    {
        return isNull(column) ? std::nullopt : std::optional<Bytes>(bytes(column));
    }
    std::optional<QString> optionalText(int column)
    {
        return isNull(column) ? std::nullopt : std::optional<QString>(text(column));
    }

    /// Lets a reader refuse a row by a rule of its own (an unknown text, an impossible pair).
    void markCorrupt() { m_corrupt = true; }
    bool isCorrupt() const { return m_corrupt; }

private:
    bool holds(int column, int type);
    sqlite3_stmt *m_statement;
    bool m_corrupt = false;
};

/// A prepared statement, taken from its database's cache and given back on destruction with its bindings wiped. Errors
/// of preparing and binding wait until `step`, `run`, `collect` or `first` and are returned there. On the database's
/// thread; not longer than the database.
class Statement {
public:
    enum class Step { Row, Finished };

    Statement(Statement &&other) noexcept;
    Statement &operator=(Statement &&) = delete;
    ~Statement();

    /// Binds a value to the parameter with this number (from 1). Values are copied; an empty view or text is stored as
    /// empty, not as null.
    void bind(int index, std::nullptr_t);
    /// The same for numbers.
    void bind(int index, std::int64_t value);
    /// A number over 2^63 - 1 has no place in a column: InvalidArgument when the statement runs.
    void bind(int index, std::uint64_t value);
    void bind(int index, double value);
    void bind(int index, ByteView value);
    void bind(int index, const Bytes &value) { bind(index, ByteView(value)); }
    void bind(int index, const QString &value);
    void bind(int index, Timestamp value) { bind(index, value.ms); }
    void bind(int index, DeviceId value) { bind(index, std::int64_t(value.number())); }
    template <class Tag, std::size_t Size> void bind(int index, const StrongId<Tag, Size> &value)
    {
        bind(index, value.view());
    }
    /// The same for other integers.
    template <class Number>
    requires(std::integral<Number> && !std::same_as<Number, std::int64_t>) void bind(int index, Number value)
    {
        bind(index, std::int64_t(value));
    }
    /// The same for enumerations, as their numbers.
    template <class Enum>
    requires std::is_enum_v<Enum>
    void bind(int index, Enum value) { bind(index, std::int64_t(value)); }
    /// Null when there is no value.
    template <class T> void bind(int index, const std::optional<T> &value)
    {
        if (value)
            bind(index, *value);
        else
            bind(index, nullptr);
    }
    /// Binds by the parameter's name with its colon, ":now". An unknown name is a programming error and asserts.
    template <class T> void bind(const char *name, const T &value) { bind(indexOf(name), value); }

    /// Binds parameters 1, 2, 3 … in order: `database.prepare("…").with(a, b).run()`.
    template <class... Values> Statement &with(const Values &...values) &
    {
        int index = 0;
        (bind(++index, values), ...);
        return *this;
    }
    template <class... Values> Statement &&with(const Values &...values) && { return std::move(with(values...)); }

    /// The next row, or the end. After an error or the end the statement is reset and can be bound and run again.
    Result<Step> step();
    /// The current row after `step` answered Row.
    Row row() { return Row(m_statement); }
    /// Runs to the end, ignoring rows. How many rows it inserted, changed or deleted (not counting cascades).
    Result<std::int64_t> run();
    /// Every row through `read(Row &)`.
    template <class Read> auto collect(Read read) -> Result<std::vector<std::invoke_result_t<Read, Row &>>>
    {
        std::vector<std::invoke_result_t<Read, Row &>> all;
        for (;;) {
            const auto stepped = step();
            if (!stepped)
                return stepped.error();
            if (*stepped == Step::Finished)
                return all;
            Row current(m_statement);
            all.push_back(read(current));
            if (current.isCorrupt())
                return corruptRow();
        }
    }
    /// The first row through `read(Row &)`; nothing when there is none.
    template <class Read> auto first(Read read) -> Result<std::optional<std::invoke_result_t<Read, Row &>>>
    {
        using Value = std::invoke_result_t<Read, Row &>;
        const auto stepped = step();
        if (!stepped)
            return stepped.error();
        if (*stepped == Step::Finished)
            return std::optional<Value>();
        Row current(m_statement);
        std::optional<Value> value(read(current));
        if (current.isCorrupt())
            return corruptRow();
        if (const auto failed = finish())
            return *failed;
        return value;
    }
    /// First column of the first row, which the query always has (a count, a maximum with a default).
    Result<std::int64_t> number();
    /// Ends a result early so that the statement can run again; bindings stay.
    void reset();

private:
    friend class Database;
    Statement(Database &database, native::CachedStatement &entry, sqlite3_stmt *statement);
    Statement(Database &database, Error error);
    int indexOf(const char *name) const;
    void noteBind(int code);
    Error corruptRow();
    /// Resets; outside a transaction this is where a statement that gave rows commits, so it can fail.
    std::optional<Error> finish();

    Database *m_database;
    native::CachedStatement *m_entry = nullptr;
    sqlite3_stmt *m_statement = nullptr;
    std::optional<Error> m_error;
};

} // namespace sotto
