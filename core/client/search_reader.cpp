#include "core/client/search_reader.h"

#include "core/base/call_on.h"
#include "core/client/text_index.h"
#include "core/search/search_query.h"
#include "core/sqlite/database.h"
#include "core/sqlite/transaction.h"

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
        MessageTexts source(messages);
        const auto snapshot = Transaction::begin(*m_database, Transaction::Kind::Read);
        if (!snapshot)
            return snapshot.error();
        // A query that few of its candidates fulfil is looked at in pages, so many at most.
        constexpr int kMaxPages = 20;
        std::vector<SearchHit> hits;
        SearchLimits limits{.hits = limit};
        for (int pageNumber = 0; pageNumber < kMaxPages; ++pageNumber) {
            const auto page = SearchIndex(*m_database).find(query, limits, source);
            if (!page)
                return page.error();
            for (const std::int64_t row : page->rows) {
                const auto message = messages.byRow(row);
                if (!message)
                    return message.error();
                if (*message)
                    hits.push_back(hitOf(**message, query));
            }
            limits.hits = limit - int(hits.size());
            if (limits.hits <= 0 || !page->continueBefore)
                break;
            limits.before = *page->continueBefore;
        }
        return hits;
    }
    void close() { m_database.reset(); }

private:
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
