#pragma once
#include "core/base/result.h"
#include "core/search/search_query.h"

#include <QString>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace sotto {

class Database;

/// Makes the tables of the full-text index; part of a migration, in its transaction.
Result<Done> createSearchSchema(Database &database);

/// A row of the table whose texts are searched.
struct SearchableText {
    std::int64_t row = 0;
    QString text;
};

/// Gives the index the texts of its rows: it stores none itself. Reads through the connection that the SearchIndex
/// uses, so that both see one state.
class TextSource {
public:
    virtual ~TextSource() = default;
    /// The text as shown; nothing when the row is gone or must not be found.
    virtual Result<std::optional<QString>> text(std::int64_t row) = 0;
    /// Up to `count` texts of the rows below `row`, newest (largest row) first; fewer only at the end.
    virtual Result<std::vector<SearchableText>> newestBefore(std::int64_t row, int count) = 0;
};

/// How much one `find` may do.
struct SearchLimits {
    int hits = 50;
    /// Rows whose text is read to confirm them. Hardly more than the hits in ordinary use; bounds a query made to find
    /// many rows that have all its terms but not the words, and one that no index helps (a single letter).
    int candidates = 5000;
    /// Only rows below this one: the next page.
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
};

/// What one `find` found.
struct SearchPage {
    std::vector<std::int64_t> rows; ///< newest first, each confirmed on its folded text
    /// Set when older rows were not looked at, because a limit was reached: `before` of the next call. A page can be
    /// empty and still have it.
    std::optional<std::int64_t> continueBefore;
};

/// The full-text index beside a table of texts, in the same database: FTS5 over folded terms of two or three
/// characters (search_terms.h), without positions and without a copy of the text. "Newest" is the largest row number,
/// the order of arrival. Deleting takes the terms out of the index pages at once (FTS5 secure-delete). `add` and
/// `remove` belong into the transaction that changes the text. On the thread of its database, which it only borrows.
class SearchIndex {
public:
    explicit SearchIndex(Database &database) : m_database(database) { }

    /// Adds the text of a row that has none in the index. Cheapest with rising row numbers within a transaction.
    Result<Done> add(std::int64_t row, QStringView text);
    /// Takes out a row. `text` must be exactly what was added; an index of terms cannot tell otherwise what to remove.
    /// Many rows: in rising order and 100 or more a transaction, or each term costs its own way through the index.
    Result<Done> remove(std::int64_t row, QStringView text);
    /// Newest rows whose text is a hit. Works on a reader connection.
    Result<SearchPage> find(const SearchQuery &query, const SearchLimits &limits, TextSource &source) const;
    /// Merges up to about `pages` pages of small index segments, for idle moments. False when nothing is left to do.
    Result<bool> mergeSome(int pages);

private:
    Result<SearchPage> findByTerms(const SearchQuery &query, const SearchLimits &limits, TextSource &source) const;
    Result<SearchPage> findByReading(const SearchQuery &query, const SearchLimits &limits, TextSource &source) const;

    Database &m_database;
};

} // namespace sotto
