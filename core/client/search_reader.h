#pragma once
#include "core/base/task.h"
#include "core/client/snapshots.h"
#include "core/primitives/secret_bytes.h"

#include <QObject>
#include <QThread>
#include <memory>

namespace sotto {

class Database;

/// The reader thread: a query_only connection of its own, so that a search never holds up the core thread. The thread
/// starts with the first search. Made and used on the core thread.
class SearchReader {
public:
    /// `databaseKey` opens the database at `path`.
    SearchReader(QString path, SecretBytes databaseKey);
    ~SearchReader();
    SearchReader(const SearchReader &) = delete;
    SearchReader &operator=(const SearchReader &) = delete;

    /// The newest `limit` messages that have every word.
    Task<Result<std::vector<SearchHit>>> find(QString query, int limit);

private:
    class Worker;
    QString m_path;
    SecretBytes m_key;
    QThread m_thread;
    std::unique_ptr<Worker> m_worker;
};

} // namespace sotto
