#pragma once
#include "core/base/task.h"
#include "core/sqlite/database.h"
#include "server/store/landings.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace sotto::relay {

/// Mail and the like: work that is gathered elsewhere and fetched at the last moment before a commit. Called on the
/// storage thread.
class LateWork {
public:
    virtual ~LateWork() = default;
    /// Writes all that waits now, inside the open transaction. An error rolls the whole batch back.
    virtual Result<Done> write(Database &database) = 0;
    /// What was written since the last call is durable, or (with an error) neither that nor anything that waits is.
    virtual void ended(std::optional<Error> failure) = 0;
};

/// The one thread that touches the relay's database, with group commit: work that arrives together is committed
/// together. A lonely piece is committed at once; under load a batch stays open for Options::window or until
/// Options::bytes have gathered. A failing job is undone alone; a failing commit answers every job of its batch with
/// its error. A database that cannot even begin a transaction is opened anew, so a repaired disk heals without a
/// restart.
class StorageThread {
public:
    struct Options {
        std::chrono::microseconds window{3000}; ///< how long a batch may stay open under load
        qsizetype bytes = 256 * 1024;           ///< and how much it may gather
        int itemsWorthWaiting = 8;              ///< fewer expected within the window: no waiting
        int cacheKibibytes = 32 * 1024;
    };
    /// How a job uses the database.
    enum class Use {
        Read,     ///< no change
        ReadMail, ///< no change; late work that waits now is written first
        Write,    ///< in a savepoint of its own
        WriteMail ///< the same; late work that waits now is written first
    };
    /// Prepares a database that has just been opened (migrations); also called after a repair.
    using Prepare = Result<Done> (*)(Database &database);

    /// Opens the database at `path` and starts the thread; what Database::open and `prepare` refuse with. `late` may be
    /// set later by setLateWork.
    static Result<std::unique_ptr<StorageThread>> start(const QString &path, Prepare prepare, Options options);
    static Result<std::unique_ptr<StorageThread>> start(const QString &path, Prepare prepare)
    {
        return start(path, prepare, Options());
    }
    /// Commits what waits, then ends. Answers still go to their threads' event loops.
    ~StorageThread();
    StorageThread(const StorageThread &) = delete;
    StorageThread &operator=(const StorageThread &) = delete;

    /// Before the first announceLateWork. Outlives this object.
    void setLateWork(LateWork &late) { m_late = &late; }
    /// `items` more pieces of late work with `bytes` wait. Any thread.
    void announceLateWork(int items, qsizetype bytes);

    /// Runs `fn(Database &)`, which returns a Result, on the storage thread. The Task finishes on the calling thread
    /// once the transaction that `fn` ran in is durable; an answer that saw no uncommitted change does not wait.
    template <class Fn> auto run(Use use, Fn fn) -> Task<std::invoke_result_t<Fn, Database &>>
    {
        auto job = std::make_shared<JobOf<Fn>>(use, std::move(fn));
        auto task = job->task();
        add(std::move(job));
        return task;
    }
    /// Runs `fn` outside of any transaction (checkpoints).
    template <class Fn> auto runAlone(Fn fn) -> Task<std::invoke_result_t<Fn, Database &>>
    {
        auto job = std::make_shared<JobOf<Fn>>(Use::Read, std::move(fn));
        job->alone = true;
        auto task = job->task();
        add(std::move(job));
        return task;
    }

    /// Commits so far; for tests and metrics. Any thread.
    std::int64_t commits() const { return m_commits.load(std::memory_order_relaxed); }
    /// How long the oldest waiting work has waited; zero when none does. For backpressure. Any thread.
    std::chrono::milliseconds backlog() const;

private:
    using Moment = std::chrono::steady_clock::time_point;

    struct Job {
        Job(Use u, Home h) : use(u), home(std::move(h)) { }
        virtual ~Job() = default;
        /// Runs it; its error when its changes must be undone.
        virtual std::optional<Error> apply(Database &database) = 0;
        virtual void fail(const Error &error) = 0;
        /// Hands the result over; on the thread that asked.
        virtual void land() = 0;
        Use use;
        bool alone = false;
        Home home;
    };
    template <class Fn> struct JobOf final : Job {
        using R = std::invoke_result_t<Fn, Database &>;
        JobOf(Use u, Fn f) : Job(u, thisThread()), fn(std::move(f)) { waiter = home->keepWaiter(completer); }
        /// At home, before the job starts.
        Task<R> task() { return std::exchange(completer, nullptr)->task(); }
        std::optional<Error> apply(Database &database) override
        {
            result.emplace(fn(database));
            return result->hasValue() ? std::nullopt : std::optional<Error>(result->error());
        }
        void fail(const Error &error) override { result.emplace(R(error)); }
        void land() override
        {
            if (const auto waiting = std::static_pointer_cast<Completer<R>>(home->takeWaiter(waiter)))
                waiting->finish(std::move(*result));
        }
        Fn fn;
        std::optional<R> result;
        std::shared_ptr<Completer<R>> completer = std::make_shared<Completer<R>>(); ///< until task() hands it out
        std::uint64_t waiter = 0;
    };
    using Jobs = std::vector<std::shared_ptr<Job>>;

    /// What one transaction has gathered.
    struct Batch {
        Jobs jobs;
        int items = 0;
        qsizetype bytes = 0;
        bool changed = false; ///< there is something to commit
        bool lateWaits = false;
        bool lateTaken = false;
    };

    StorageThread(QString path, Prepare prepare, Options options);
    Result<Done> openDatabase();
    void add(std::shared_ptr<Job> job);
    void loop();
    bool waitForWork();
    void collect(Batch &batch);
    void runBatch();
    std::optional<Error> fillAndCommit(Batch &batch);
    std::optional<Error> applyJobs(Batch &batch, std::size_t from);
    std::optional<Error> applyJob(Job &job, Batch &batch);
    std::optional<Error> writeLate(Batch &batch);
    bool mayGatherMore(const Batch &batch, Moment opened);
    void finish(Batch &batch, const std::optional<Error> &failure);
    void runAloneJobs();

    const QString m_path;
    const Prepare m_prepare;
    const Options m_options;
    LateWork *m_late = nullptr;

    // Shared; guarded by m_mutex.
    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    Jobs m_inbox;
    int m_lateItems = 0;
    qsizetype m_lateBytes = 0;
    Moment m_oldest;
    bool m_sleeping = false;
    bool m_stopping = false;
    std::atomic<std::int64_t> m_commits{0};

    // Of the storage thread alone.
    std::unique_ptr<Database> m_database;
    Jobs m_alone;
    double m_itemsPerMicrosecond = 0; ///< of the last batch: what the next one may expect
    Moment m_lastCommit;

    std::thread m_thread; ///< last: started when the rest is there
};

} // namespace sotto::relay
