#include "core/search/search_index.h"

#include "core/search/search_terms.h"
#include "core/sqlite/database.h"

#include <algorithm>

namespace sotto {

namespace {

// ascii: our terms hold no separator but the space. No content, positions or sizes: rows are confirmed on their text.
constexpr char kSchema[] = R"(
    CREATE VIRTUAL TABLE message_search
        USING fts5(terms, content = '', columnsize = 0, detail = none, tokenize = 'ascii');
    INSERT INTO message_search(message_search, rank) VALUES ('secure-delete', 1);
    INSERT INTO message_search(message_search, rank) VALUES ('pgsz', 3900);
    INSERT INTO message_search(message_search, rank) VALUES ('automerge', 8);
)";

constexpr int kReadingBatch = 200;

/// All terms must be there; FTS5 reads neighbouring strings as AND.
QString matchExpression(const std::vector<QByteArray> &terms)
{
    QByteArray expression;
    for (const QByteArray &term : terms)
        expression += '"' + term + "\" ";
    return QString::fromUtf8(expression);
}

} // namespace

Result<Done> createSearchSchema(Database &database) { return database.execute(kSchema); }

Result<Done> SearchIndex::add(std::int64_t row, QStringView text)
{
    const QByteArray terms = indexedForm(fold(text));
    if (terms.isEmpty())
        return Done{};
    const auto added = m_database.prepare("INSERT INTO message_search(rowid, terms) VALUES (?, ?)")
                           .with(row, QString::fromUtf8(terms))
                           .run();
    if (!added)
        return added.error();
    return Done{};
}

Result<Done> SearchIndex::remove(std::int64_t row, QStringView text)
{
    const QByteArray terms = indexedForm(fold(text));
    if (terms.isEmpty())
        return Done{};
    const auto removed =
        m_database.prepare("INSERT INTO message_search(message_search, rowid, terms) VALUES ('delete', ?, ?)")
            .with(row, QString::fromUtf8(terms))
            .run();
    if (!removed)
        return removed.error();
    return Done{};
}

Result<SearchPage> SearchIndex::find(const SearchQuery &query, const SearchLimits &limits, TextSource &source) const
{
    if (query.isEmpty() || limits.hits < 1)
        return SearchPage{};
    return query.terms().empty() ? findByReading(query, limits, source) : findByTerms(query, limits, source);
}

Result<SearchPage> SearchIndex::findByTerms(const SearchQuery &query, const SearchLimits &limits,
                                            TextSource &source) const
{
    // FTS5 walks its lists backwards here and stops when we do: nothing is sorted or collected.
    auto candidates = m_database.prepare("SELECT rowid FROM message_search"
                                         " WHERE message_search MATCH ? AND rowid < ? ORDER BY rowid DESC");
    candidates.with(matchExpression(query.terms()), limits.before);
    SearchPage page;
    for (int looked = 0;; ++looked) {
        const auto stepped = candidates.step();
        if (!stepped)
            return stepped.error();
        if (*stepped == Statement::Step::Finished)
            return page;
        const std::int64_t row = candidates.row().integer(0);
        if (looked == limits.candidates || int(page.rows.size()) == limits.hits) {
            page.continueBefore = row + 1;
            return page;
        }
        const auto text = source.text(row);
        if (!text)
            return text.error();
        if (*text && query.matches(**text))
            page.rows.push_back(row);
    }
}

Result<SearchPage> SearchIndex::findByReading(const SearchQuery &query, const SearchLimits &limits,
                                              TextSource &source) const
{
    SearchPage page;
    std::int64_t before = limits.before;
    for (int left = limits.candidates; left > 0;) {
        const int count = std::min(left, kReadingBatch);
        const auto texts = source.newestBefore(before, count);
        if (!texts)
            return texts.error();
        for (const SearchableText &each : *texts) {
            before = each.row;
            if (!query.matches(each.text))
                continue;
            page.rows.push_back(each.row);
            if (int(page.rows.size()) == limits.hits) {
                page.continueBefore = before;
                return page;
            }
        }
        if (int(texts->size()) < count)
            return page;
        left -= count;
    }
    page.continueBefore = before;
    return page;
}

Result<bool> SearchIndex::mergeSome(int pages)
{
    // FTS5 reports by total_changes: less than two more means that it found nothing to do.
    const auto before = m_database.prepare("SELECT total_changes()").number();
    const auto merged =
        m_database.prepare("INSERT INTO message_search(message_search, rank) VALUES ('merge', ?)").with(pages).run();
    const auto after = m_database.prepare("SELECT total_changes()").number();
    if (!before || !merged || !after)
        return !merged ? merged.error() : Error(ErrorCode::Internal);
    return *after - *before >= 2;
}

} // namespace sotto
