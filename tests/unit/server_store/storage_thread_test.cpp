#include "core/sqlite/transaction.h"
#include "tests/kit/test_main.h"
#include "tests/unit/server_store/store_fixtures.h"

#include <QTest>
#include <QThread>

#include <thread>

using namespace sotto;
using namespace sotto::relay;
using namespace sotto::relay::test;

namespace {

Result<Done> makeTable(Database &database)
{
    return database.execute("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT");
}

Result<std::int64_t> insertNote(Database &database, const QString &text)
{
    return database.prepare("INSERT INTO note (text) VALUES (?1)").with(text).run();
}

Result<std::int64_t> countNotes(Database &database) { return database.prepare("SELECT count(*) FROM note").number(); }

/// Notes the thread on which it ends.
class Witness {
public:
    explicit Witness(std::atomic<Qt::HANDLE> *where) : m_where(where) { }
    ~Witness() { m_where->store(QThread::currentThreadId()); }
    Witness(const Witness &) = delete;
    Witness &operator=(const Witness &) = delete;

private:
    std::atomic<Qt::HANDLE> *m_where;
};

Task<Done> waitsFor(Task<Result<std::int64_t>> answer, std::atomic<Qt::HANDLE> *endedOn)
{
    const Witness witness(endedOn);
    [[maybe_unused]] const auto answered = co_await std::move(answer);
    co_return Done{};
}

struct Storage {
    explicit Storage(StorageThread::Options options = StorageThread::Options())
    {
        auto started = StorageThread::start(directory.filePath(QStringLiteral("notes.db")), makeTable, options);
        if (!started)
            qFatal("no storage thread");
        thread = std::move(*started);
    }
    std::int64_t count() { return *waitFor(thread->run(StorageThread::Use::Read, countNotes)); }
    QTemporaryDir directory;
    std::unique_ptr<StorageThread> thread;
};

} // namespace

class StorageThreadTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aLonelyJobIsCommittedAtOnce()
    {
        Storage storage;
        QVERIFY(waitFor(storage.thread->run(StorageThread::Use::Write,
                                            [](Database &d) { return insertNote(d, QStringLiteral("one")); })));
        QCOMPARE(storage.thread->commits(), 1);
        QCOMPARE(storage.count(), 1);
        QCOMPARE(storage.thread->commits(), 1); // a read commits nothing
    }

    void jobsThatArriveTogetherShareACommit()
    {
        Storage storage;
        std::vector<Task<Result<std::int64_t>>> jobs;
        for (int i = 0; i < 500; ++i) {
            jobs.push_back(storage.thread->run(StorageThread::Use::Write,
                                               [](Database &d) { return insertNote(d, QStringLiteral("many")); }));
        }
        for (auto &job : jobs)
            QVERIFY(waitFor(std::move(job)));
        QVERIFY2(storage.thread->commits() < 100, qPrintable(QString::number(storage.thread->commits())));
        QCOMPARE(storage.count(), 500);
    }

    void aFailingJobIsUndoneAlone()
    {
        Storage storage;
        auto good = storage.thread->run(StorageThread::Use::Write,
                                        [](Database &d) { return insertNote(d, QStringLiteral("good")); });
        auto bad = storage.thread->run(StorageThread::Use::Write, [](Database &d) -> Result<std::int64_t> {
            const auto inserted = insertNote(d, QStringLiteral("bad"));
            if (!inserted)
                return inserted.error();
            return ErrorCode::NotPermitted;
        });
        auto fine = storage.thread->run(StorageThread::Use::Write,
                                        [](Database &d) { return insertNote(d, QStringLiteral("fine")); });
        QVERIFY(waitFor(std::move(good)));
        QVERIFY(waitFor(std::move(bad)).error().code == ErrorCode::NotPermitted);
        QVERIFY(waitFor(std::move(fine)));
        QCOMPARE(storage.count(), 2);
    }

    void troubleRefusesTheWholeBatchAndHeals()
    {
        Storage storage;
        const auto trouble = waitFor(storage.thread->run(StorageThread::Use::Write, [](Database &d) {
            const auto inserted = insertNote(d, QStringLiteral("lost"));
            return inserted ? Result<std::int64_t>(ErrorCode::InputOutput) : inserted;
        }));
        QVERIFY(trouble.error().code == ErrorCode::InputOutput);
        QCOMPARE(storage.count(), 0);
        QVERIFY(waitFor(storage.thread->run(StorageThread::Use::Write,
                                            [](Database &d) { return insertNote(d, QStringLiteral("again")); })));
        QCOMPARE(storage.count(), 1);
    }

    void whatWaitsAtTheEndIsCommitted()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("notes.db"));
        {
            auto storage = StorageThread::start(path, makeTable);
            QVERIFY(storage);
            for (int i = 0; i < 20; ++i) {
                detach((*storage)->run(StorageThread::Use::Write,
                                       [](Database &d) { return insertNote(d, QStringLiteral("late")); }));
            }
        }
        auto again = StorageThread::start(path, makeTable);
        QVERIFY(again);
        QCOMPARE(*waitFor((*again)->run(StorageThread::Use::Read, countNotes)), 20);
    }

    void aDroppedTaskDoesNoHarm()
    {
        Storage storage;
        for (int i = 0; i < 20; ++i) {
            const auto dropped = storage.thread->run(
                StorageThread::Use::Write, [](Database &d) { return insertNote(d, QStringLiteral("dropped")); });
        }
        QCOMPARE(storage.count(), 20);
    }

    void anAnswerMayMeetTheEndOfItsThread()
    {
        Storage storage;
        constexpr int kThreads = 200;
        for (int i = 0; i < kThreads; ++i) {
            std::atomic<Qt::HANDLE> home{nullptr};
            std::atomic<Qt::HANDLE> endedOn{nullptr};
            std::thread asking([&] {
                const QEventLoop loop; // makes this thread's event dispatcher known
                home = QThread::currentThreadId();
                detach(waitsFor(
                    storage.thread->run(StorageThread::Use::Write,
                                        [](Database &d) { return insertNote(d, QStringLiteral("last words")); }),
                    &endedOn));
                for (int turn = 0; turn < i % 8; ++turn)
                    QCoreApplication::processEvents();
            });
            asking.join();
            QVERIFY(endedOn.load() == home.load());
        }
        QCOMPARE(storage.count(), kThreads);
    }

    void manyThreadsGetTheirOwnAnswersBack()
    {
        Storage storage;
        constexpr int kThreads = 4;
        constexpr int kEach = 300;
        std::atomic<int> wrong{0};
        std::vector<std::unique_ptr<QThread>> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back(QThread::create([&storage, &wrong, t] {
                QObject context; // makes this thread's event dispatcher known
                QEventLoop loop;
                loop.processEvents();
                const Qt::HANDLE here = QThread::currentThreadId();
                for (int i = 0; i < kEach; ++i) {
                    const int expected = t * kEach + i;
                    const auto answer =
                        waitFor(storage.thread->run(StorageThread::Use::Write, [expected](Database &d) -> Result<int> {
                            const auto inserted = insertNote(d, QString::number(expected));
                            return inserted ? Result<int>(expected) : Result<int>(inserted.error());
                        }));
                    if (!answer || *answer != expected || QThread::currentThreadId() != here)
                        ++wrong;
                }
            }));
            threads.back()->start();
        }
        for (const auto &thread : threads)
            QVERIFY(thread->wait(60'000));
        QCOMPARE(wrong.load(), 0);
        QCOMPARE(storage.count(), kThreads * kEach);
    }
};

SOTTO_TEST(StorageThreadTest)
#include "storage_thread_test.moc"
