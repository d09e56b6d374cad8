#include "core/client/search_reader.h"

#include "core/base/call_on.h"
#include "core/client/text_index.h"
#include "core/search/search_query.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"

#include <algorithm>

namespace sotto {

/// Lives on the reader thread; everything it has is used there only.
class SearchReader::Worker : public QObject {
public:
    Worker(QString path, SecretBytes key) : m_path(std::move(path)), m_key(std::move(key)) { }

    Result<std::vector<SearchHit>> find(const QString &text, int limit)
    {
        if (!m_database) {
            auto opened = Database::open(
                m_path, {.key = m_key.view(), .mode = Database::Mode::Reader, .create = Database::Create::Never});
            if (!opened)
                return opened.error();
            m_database = std::move(*opened);
        }
        const SearchQuery query = SearchQuery::parse(text);
        MessageRepository messages(*m_database, nullptr);
        const auto snapshot = Transaction::begin(*m_database, Transaction::Kind::Read);
        if (!snapshot)
            return snapshot.error();
        const auto rows = findRows(query, limit, messages);
        if (!rows)
            return rows.error();
        std::vector<SearchHit> hits;
        for (const std::int64_t row : *rows) {
            const auto message = messages.byRow(row);
            if (!message)
                return message.error();
            if (*message)
                hits.push_back(hitOf(**message, query));
        }
        return hits;
    }
    void close() { m_database.reset(); }

private:
    /// The newest rows that fulfil the query, newest first: those of the index and those that still wait for it.
    Result<std::vector<std::int64_t>> findRows(const SearchQuery &query, int limit, MessageRepository &messages)
    {
        std::vector<std::int64_t> rows;
        if (query.isEmpty())
            return rows;
        // A query that few of its candidates fulfil is looked at in pages, so many at most.
        constexpr int kMaxPages = 20;
        MessageTexts source(messages);
        SearchLimits limits{.hits = limit};
        for (int pageNumber = 0; pageNumber < kMaxPages; ++pageNumber) {
            const auto page = SearchIndex(*m_database).find(query, limits, source);
            if (!page)
                return page.error();
            rows.insert(rows.end(), page->rows.begin(), page->rows.end());
            limits.hits = limit - int(rows.size());
            if (limits.hits <= 0 || !page->continueBefore)
                break;
            limits.before = *page->continueBefore;
        }
        const auto waiting = messages.textsNotIndexed();
        if (!waiting)
            return waiting.error();
        for (const auto &one : *waiting) {
            if (query.matches(one.text))
                rows.push_back(one.row);
        }
        std::ranges::sort(rows, std::greater<>());
        rows.resize(std::min(rows.size(), std::size_t(limit)));
        return rows;
    }
    static SearchHit hitOf(const Message &message, const SearchQuery &query)
    {
        SearchHit hit{message, {}};
        for (const TextRange &range : query.highlights(message.text))
            hit.spans.emplace_back(int(range.begin), int(range.end - range.begin));
        return hit;
    }

    QString m_path;
    SecretBytes m_key;
    std::unique_ptr<Database> m_database;
};

SearchReader::SearchReader(QString path, SecretBytes databaseKey)
    : m_path(std::move(path)), m_key(std::move(databaseKey))
{ }

SearchReader::~SearchReader()
{
    if (!m_worker)
        return;
    QMetaObject::invokeMethod(
        m_worker.get(), [worker = m_worker.get()] { worker->close(); }, Qt::BlockingQueuedConnection);
    m_thread.quit();
    m_thread.wait();
}

Task<Result<std::vector<SearchHit>>> SearchReader::find(QString query, int limit)
{
    if (!m_worker) {
        m_worker = std::make_unique<Worker>(m_path, m_key.clone());
        m_worker->moveToThread(&m_thread);
        m_thread.start();
    }
    Worker *const worker = m_worker.get();
    return callOn(worker, [worker, query, limit] { return worker->find(query, limit); });
}

} // namespace sotto
