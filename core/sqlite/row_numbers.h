#pragma once
#include "core/base/bytes.h"

#include <QHash>
#include <cstdint>
#include <optional>

namespace sotto {

/// Row numbers that were looked up by a key (an id of 32 bytes stands once and as a small number everywhere else), so
/// that a batch does not ask again for each message. Only for tables whose rows are never deleted. A rollback, of a
/// transaction or a savepoint, forgets everything: what was remembered may have been undone.
class RowNumbers {
public:
    static constexpr qsizetype kMaxRemembered = 4096;

    /// `table` tells equal keys of different tables apart.
    std::optional<std::int64_t> find(char table, ByteView key) const
    {
        const auto found = m_numbers.constFind(fullKey(table, key));
        return found == m_numbers.constEnd() ? std::nullopt : std::optional<std::int64_t>(*found);
    }
    /// Remembers what the database has answered or just inserted.
    void remember(char table, ByteView key, std::int64_t number)
    {
        if (m_numbers.size() >= kMaxRemembered)
            m_numbers.clear();
        m_numbers.insert(fullKey(table, key), number);
    }
    /// Asks the database again from now on.
    void forgetAll() { m_numbers.clear(); }

private:
    static Bytes fullKey(char table, ByteView key)
    {
        Bytes full;
        full.reserve(key.size() + 1);
        return full.append(table).append(key);
    }
    QHash<Bytes, std::int64_t> m_numbers;
};

} // namespace sotto
