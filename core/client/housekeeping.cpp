#include "core/client/housekeeping.h"

#include "core/base/logging.h"
#include "core/settings/ageing_time.h"
#include "core/settings/settings.h"
#include "core/sqlite/transaction.h"
#include "core/storage/storage.h"
#include "core/wire/frame.h"

namespace sotto {

namespace {

/// A slice takes a few milliseconds; between two of them the thread is free.
constexpr int kPagesPerSlice = 16;
constexpr int kSlicesADay = 500;
constexpr Milliseconds kBetweenSlices{200};

} // namespace

Housekeeping::Housekeeping(Storage &storage, Clock &clock)
    : m_storage(storage),
      m_clock(clock),
      m_index(storage.database),
      m_daily(clock, [this] { run(); }),
      m_merging(clock, [this] { mergeSlice(); })
{ }

void Housekeeping::run()
{
    m_daily.start(kPeriod);
    if (const auto done = forgetOld(); !done)
        qCWarning(lcClient, "what has served its time could not be forgotten: %s", name(done.error().code));
    m_slicesLeft = kSlicesADay;
    m_merging.start(kBetweenSlices);
}

Result<Done> Housekeeping::forgetOld()
{
    const Timestamp now = m_clock.now();
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    Settings settings(m_storage.settings);
    const auto time = ageingTime(settings, now);
    if (!time)
        return time.error();
    if (const auto pruned = m_storage.dedupe.pruneBefore(*time - kHashMemory); !pruned)
        return pruned.error();
    if (const auto pruned = m_storage.outbox.pruneResendBefore(*time - kMemory); !pruned)
        return pruned.error();
    if (const auto pruned = m_storage.references.prunePendingBefore(*time - kReferenceMemory); !pruned)
        return pruned.error();
    if (const auto pruned = m_storage.registers.pruneWipedBefore(*time - kWipedMemory); !pruned)
        return pruned.error();
    if (const auto pruned = m_storage.registers.pruneStarsBefore(*time - kWipedMemory); !pruned)
        return pruned.error();
    if (const auto removed = m_storage.invites.removeExpired(now); !removed)
        return removed.error();
    return transaction->commit();
}

void Housekeeping::mergeSlice()
{
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return;
    const auto more = m_index.mergeSome(kPagesPerSlice);
    if (more && transaction->commit() && *more && --m_slicesLeft > 0)
        m_merging.start(kBetweenSlices);
}

Result<bool> Housekeeping::noteConnected(const wire::Welcome &welcome)
{
    Settings settings(m_storage.settings);
    const auto last = settings.get(kLastConnected);
    const auto noted = settings.get(kGapNoted);
    if (!last)
        return last.error();
    if (!noted)
        return noted.error();
    const Timestamp now = m_clock.now();
    const bool isNew = welcome.gapBeforeSeq != 0 && noted->toULongLong() != welcome.gapBeforeSeq;
    auto transaction = Transaction::begin(m_storage.database);
    if (!transaction)
        return transaction.error();
    if (isNew) {
        if (const auto marked = m_storage.streams.addGapMark({last->toLongLong()}, now); !marked)
            return marked.error();
        if (const auto kept = settings.set(kGapNoted, QString::number(welcome.gapBeforeSeq)); !kept)
            return kept.error();
        // The relay has given out what it had; a fresh bundle goes up with this connection.
        if (const auto outdated = settings.set(kBundlePublished, false); !outdated)
            return outdated.error();
    }
    if (const auto kept = settings.set(kLastConnected, QString::number(now.ms)); !kept)
        return kept.error();
    if (const auto committed = transaction->commit(); !committed)
        return committed.error();
    return isNew;
}

} // namespace sotto
