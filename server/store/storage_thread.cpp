#include "server/store/storage_thread.h"

#include "core/base/logging.h"
#include "core/sqlite/transaction.h"

namespace sotto::relay {

namespace {
/// Errors after which SQLite may have rolled back more than the statement that met them. A damaged page or row is not
/// among them: it is the trouble of who asked for it, and nobody else's.
bool isTrouble(ErrorCode code)
{
    switch (code) {
    case ErrorCode::DiskFull:
    case ErrorCode::InputOutput:
    case ErrorCode::Busy:
    case ErrorCode::Internal: return true;
    default: return false;
    }
}
} // namespace

Result<std::unique_ptr<StorageThread>> StorageThread::start(const QString &path, Prepare prepare, Options options)
{
    std::unique_ptr<StorageThread> storage(new StorageThread(path, prepare, options));
    if (const auto opened = storage->openDatabase(); !opened)
        return opened.error();
    storage->m_thread = std::thread([raw = storage.get()] { raw->loop(); });
    return storage;
}

StorageThread::StorageThread(QString path, Prepare prepare, Options options)
    : m_path(std::move(path)), m_prepare(prepare), m_options(options), m_lastCommit(std::chrono::steady_clock::now())
{ }

StorageThread::~StorageThread()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_one();
    if (m_thread.joinable())
        m_thread.join();
}

Result<Done> StorageThread::openDatabase()
{
    Database::Options options;
    options.cacheKibibytes = m_options.cacheKibibytes;
    auto database = Database::open(m_path, options);
    if (!database)
        return database.error();
    if (const auto prepared = m_prepare(**database); !prepared)
        return prepared.error();
    m_database = std::move(*database);
    return Done{};
}

void StorageThread::announceLateWork(int items, qsizetype bytes)
{
    bool wake = false;
    {
        const std::lock_guard lock(m_mutex);
        if (m_inbox.empty() && m_lateItems == 0)
            m_oldest = std::chrono::steady_clock::now();
        m_lateItems += items;
        m_lateBytes += bytes;
        wake = std::exchange(m_sleeping, false);
    }
    if (wake)
        m_wake.notify_one();
}

void StorageThread::add(std::shared_ptr<Job> job)
{
    bool wake = false;
    {
        const std::lock_guard lock(m_mutex);
        if (m_inbox.empty() && m_lateItems == 0)
            m_oldest = std::chrono::steady_clock::now();
        m_inbox.push_back(std::move(job));
        wake = std::exchange(m_sleeping, false);
    }
    if (wake)
        m_wake.notify_one();
}

std::chrono::milliseconds StorageThread::backlog() const
{
    const std::lock_guard lock(m_mutex);
    if (m_inbox.empty() && m_lateItems == 0)
        return std::chrono::milliseconds(0);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - m_oldest);
}

void StorageThread::loop()
{
    while (waitForWork()) {
        runBatch();
        runAloneJobs();
    }
}

bool StorageThread::waitForWork()
{
    std::unique_lock lock(m_mutex);
    while (m_inbox.empty() && m_lateItems == 0) {
        if (m_stopping)
            return false;
        m_sleeping = true;
        m_wake.wait(lock);
        m_sleeping = false;
    }
    return true;
}

/// Moves what waits into the batch.
void StorageThread::collect(Batch &batch)
{
    const std::lock_guard lock(m_mutex);
    for (auto &job : m_inbox) {
        if (job->alone)
            m_alone.push_back(std::move(job));
        else
            batch.jobs.push_back(std::move(job));
    }
    batch.items += int(m_inbox.size()) + m_lateItems;
    batch.bytes += m_lateBytes;
    batch.lateWaits = batch.lateWaits || m_lateItems > 0;
    m_inbox.clear();
    m_lateItems = 0;
    m_lateBytes = 0;
}

void StorageThread::runBatch()
{
    Batch batch;
    collect(batch);
    if (batch.jobs.empty() && !batch.lateWaits)
        return;
    std::optional<Error> failure;
    if (!m_database) {
        if (const auto opened = openDatabase(); !opened)
            failure = opened.error();
    }
    if (!failure)
        failure = fillAndCommit(batch);
    finish(batch, failure);
    if (failure)
        qCWarning(lcStore, "a batch was not written: %s", name(failure->code));
}

std::optional<Error> StorageThread::fillAndCommit(Batch &batch)
{
    const Moment opened = std::chrono::steady_clock::now();
    auto transaction = Transaction::begin(*m_database);
    if (!transaction) {
        // Only now is the connection given up. After a commit that failed it must stay: it knows that the frames it
        // has written do not count and writes over them; a fresh one would find them whole and take them as committed.
        const Error failure = transaction.error();
        m_database.reset();
        return failure;
    }
    if (const auto failure = applyJobs(batch, 0))
        return failure;
    while ((batch.changed || batch.lateWaits) && mayGatherMore(batch, opened)) {
        const std::size_t applied = batch.jobs.size();
        collect(batch);
        if (const auto failure = applyJobs(batch, applied))
            return failure;
    }
    if (const auto failure = writeLate(batch))
        return failure;
    if (!batch.changed)
        return std::nullopt; // reads only: nothing to make durable, the scope ends the transaction
    const auto committed = transaction->commit();
    if (!committed)
        return committed.error();
    m_commits.fetch_add(1, std::memory_order_relaxed);
    const Moment now = std::chrono::steady_clock::now();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now - m_lastCommit);
    m_itemsPerMicrosecond = double(batch.items) / double(std::max<std::int64_t>(1, took.count()));
    m_lastCommit = now;
    return std::nullopt;
}

/// Under load: waits for more work until the window closes. True when more has come.
bool StorageThread::mayGatherMore(const Batch &batch, Moment opened)
{
    const double expected = m_itemsPerMicrosecond * double(m_options.window.count());
    if (expected < double(m_options.itemsWorthWaiting) || batch.bytes >= m_options.bytes)
        return false;
    const Moment closes = opened + m_options.window;
    std::unique_lock lock(m_mutex);
    while (m_inbox.empty() && m_lateItems == 0) {
        if (m_stopping)
            return false;
        m_sleeping = true;
        const auto woken = m_wake.wait_until(lock, closes);
        m_sleeping = false;
        if (woken == std::cv_status::timeout)
            return !m_inbox.empty() || m_lateItems > 0;
    }
    return std::chrono::steady_clock::now() < closes;
}

std::optional<Error> StorageThread::applyJobs(Batch &batch, std::size_t from)
{
    for (std::size_t i = from; i < batch.jobs.size(); ++i) {
        if (const auto failure = applyJob(*batch.jobs[i], batch))
            return failure;
    }
    return std::nullopt;
}

std::optional<Error> StorageThread::applyJob(Job &job, Batch &batch)
{
    if (job.use == Use::ReadMail || job.use == Use::WriteMail) {
        if (const auto failure = writeLate(batch))
            return failure;
    }
    if (job.use == Use::Read || job.use == Use::ReadMail) {
        const auto failure = job.apply(*m_database);
        return failure && isTrouble(failure->code) ? failure : std::nullopt;
    }
    auto part = Savepoint::begin(*m_database);
    if (!part)
        return part.error();
    if (const auto failure = job.apply(*m_database)) {
        // The scope undoes it and its own error is its answer, unless the transaction cannot be trusted any more.
        return isTrouble(failure->code) ? failure : std::nullopt;
    }
    batch.changed = true;
    const auto kept = part->release();
    if (!kept)
        return kept.error();
    return std::nullopt;
}

std::optional<Error> StorageThread::writeLate(Batch &batch)
{
    if (!std::exchange(batch.lateWaits, false) || !m_late)
        return std::nullopt;
    batch.lateTaken = true;
    batch.changed = true;
    const auto written = m_late->write(*m_database);
    if (!written)
        return written.error();
    return std::nullopt;
}

void StorageThread::finish(Batch &batch, const std::optional<Error> &failure)
{
    if (m_late && (batch.lateTaken || (failure && batch.lateWaits)))
        m_late->ended(failure);
    Landings landings;
    for (const auto &job : batch.jobs) {
        if (failure)
            job->fail(*failure);
        landings.add(job->home, [job] { job->land(); });
    }
    landings.post();
}

void StorageThread::runAloneJobs()
{
    Landings landings;
    for (const auto &job : std::exchange(m_alone, {})) {
        if (m_database)
            job->apply(*m_database);
        else
            job->fail(ErrorCode::InputOutput);
        landings.add(job->home, [job] { job->land(); });
    }
    landings.post();
}

} // namespace sotto::relay
