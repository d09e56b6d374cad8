#include "server/queues/mail_queues.h"

namespace sotto::relay {

namespace {

/// A relay that died may have shown numbers it had not written: the next run starts well beyond them.
constexpr std::uint64_t kSeqJumpAtStart = 65'536;
constexpr std::size_t kRecentSubmits = 50'000;
constexpr int kExpireStep = 500;
constexpr Milliseconds kDay = std::chrono::hours(24);

Timestamp roundedToDay(Timestamp time) { return {time.ms - time.ms % kDay.count()}; }

} // namespace

MailQueues::MailQueues(MailStore &store, Clock &clock, Random &random, MailSink &sink, QueueLimits limits)
    : m_store(store), m_clock(clock), m_sink(sink), m_limits(limits), m_startedAt(clock.now()), m_repeatNames(random)
{
    m_store.attach(*this);
}

MailQueues::~MailQueues()
{
    // A submit that is still under way and the rows of its copies hold each other.
    for (const auto &[address, queue] : m_queues)
        queue->live.clear();
}

// ---- Devices -----------------------------------------------------------------------------------------------------

void MailQueues::accountKnown(const AccountRecord &account)
{
    bool jumped = false;
    {
        const std::lock_guard lock(m_mutex);
        jumped = openQueues(account);
    }
    if (jumped)
        m_store.mailWaits(1, 0);
}

/// A recovery brought the device back: it begins with an empty queue, its numbers go on, and it is told of the gap.
bool MailQueues::reopenQueue(DeviceQueue &queue, std::uint64_t revision)
{
    if (!queue.isGone || revision <= queue.goneRevision)
        return false;
    queue.isGone = false;
    queue.session.reset();
    queue.lastConnected = m_clock.now();
    queue.counters.rows = 0;
    queue.counters.smallRows = 0;
    queue.counters.bytes = 0;
    queue.counters.gapBeforeSeq = queue.counters.nextSeq;
    markDirty(queue);
    return true;
}

/// Whether a queue of an earlier run was opened: its new numbers go to disk soon.
bool MailQueues::openQueues(const AccountRecord &account)
{
    bool jumped = false;
    for (const DeviceRecord &device : account.devices) {
        const DeviceAddress address{account.account, device.device};
        if (!device.active)
            continue;
        if (const auto known = m_queues.find(address); known != m_queues.end()) {
            jumped = reopenQueue(*known->second, account.revision) || jumped;
            continue;
        }
        auto queue = std::make_shared<DeviceQueue>(address);
        queue->key = device.key;
        queue->counters = device.counters;
        const bool isFresh = device.counters.nextSeq == 1;
        queue->counters.nextSeq += isFresh ? 0 : kSeqJumpAtStart;
        jumped = jumped || !isFresh;
        queue->firstLiveSeq = queue->counters.nextSeq;
        queue->writtenNextSeq = queue->counters.nextSeq;
        queue->writtenSubmitSeq = device.counters.lastSubmitSeq;
        // The disk knows the day only: it counts from that day's end.
        queue->lastConnected = std::min(m_clock.now(), device.lastConnected + kDay);
        queue->writtenConnected = device.lastConnected;
        m_byKey[queue->key] = queue.get();
        if (!isFresh)
            markDirty(*queue);
        m_queues.emplace(address, std::move(queue));
    }
    return jumped;
}

void MailQueues::deviceGone(const DeviceAddress &device, std::uint64_t revision)
{
    Landings landings;
    {
        const std::lock_guard lock(m_mutex);
        const auto queue = queueOf(device);
        if (!queue)
            return;
        queue->isGone = true;
        queue->goneRevision = revision;
        std::vector<std::uint64_t> seqs;
        for (const auto &[seq, row] : queue->live)
            seqs.push_back(seq);
        for (const std::uint64_t seq : seqs)
            acknowledgeOne(*queue, seq, landings);
    }
    landings.post();
    m_store.mailWaits(1, 0);
}

std::shared_ptr<DeviceQueue> MailQueues::queueOf(const DeviceAddress &device) const
{
    const auto found = m_queues.find(device);
    return found == m_queues.end() || found->second->isGone ? nullptr : found->second;
}

/// Whether a copy for the device is not kept.
bool MailQueues::isAway(const DeviceQueue &queue, Timestamp now) const
{
    return queue.isDormant(m_limits, now) && now - m_startedAt >= m_limits.graceAfterStart;
}

QueueNumbers MailQueues::numbers(const DeviceAddress &device) const
{
    const std::lock_guard lock(m_mutex);
    const auto queue = queueOf(device);
    if (!queue)
        return {};
    const DeviceCounters &counters = queue->counters;
    return {counters.lastAckedSeq, counters.lastSubmitSeq, counters.gapBeforeSeq,
            std::uint64_t(counters.rows + counters.smallRows)};
}

void MailQueues::connected(const DeviceAddress &device, std::uint64_t session)
{
    const std::lock_guard lock(m_mutex);
    if (const auto queue = queueOf(device)) {
        queue->session = session;
        queue->lastConnected = m_clock.now();
        markDirty(*queue);
    }
}

void MailQueues::disconnected(const DeviceAddress &device, std::uint64_t session)
{
    const std::lock_guard lock(m_mutex);
    if (const auto queue = queueOf(device); queue && queue->session == session) {
        queue->session.reset();
        queue->lastConnected = m_clock.now();
        markDirty(*queue);
    }
}

void MailQueues::markDirty(DeviceQueue &queue)
{
    if (!std::exchange(queue.isDirty, true))
        m_dirty.push_back(&queue);
}

void MailQueues::flushCounters()
{
    {
        const std::lock_guard lock(m_mutex);
        const Timestamp now = m_clock.now();
        for (const auto &[address, queue] : m_queues) {
            if (queue->isGone)
                continue;
            // Who stays connected for weeks is seen each day: a relay that dies must not take it for long away.
            if (queue->session)
                queue->lastConnected = now;
            const bool hasNewDay = queue->session && roundedToDay(now) != queue->writtenConnected;
            if (queue->writtenSubmitSeq == queue->counters.lastSubmitSeq && !hasNewDay)
                continue;
            queue->writtenSubmitSeq = queue->counters.lastSubmitSeq;
            markDirty(*queue);
        }
        if (m_dirty.empty() && m_acks.empty() && m_waiting.empty())
            return;
    }
    m_store.mailWaits(1, 0);
}

// ---- Acknowledgements --------------------------------------------------------------------------------------------

void MailQueues::acknowledge(const DeviceAddress &device, std::span<const std::uint64_t> seqs)
{
    Landings landings;
    std::size_t deletes = 0;
    {
        const std::lock_guard lock(m_mutex);
        const auto queue = queueOf(device);
        if (!queue)
            return;
        const std::size_t before = m_acks.size();
        for (const std::uint64_t seq : seqs)
            acknowledgeOne(*queue, seq, landings);
        deletes = m_acks.size() - before;
    }
    landings.post();
    if (deletes > 0)
        m_store.mailWaits(int(deletes), 0);
}

void MailQueues::acknowledgeOne(DeviceQueue &queue, std::uint64_t seq, Landings &landings)
{
    const auto row = queue.live.find(seq);
    if (row == queue.live.end()) {
        if (seq == 0 || seq >= queue.counters.nextSeq)
            return;                         // never given out
        m_acks.push_back({queue.key, seq}); // of an earlier run, or gone already: the disk knows
    } else {
        const auto pending = row->second.pending;
        if (row->second.state == RowState::Waiting)
            pending->copies[row->second.indexInPending].isDropped = true;
        else
            m_acks.push_back({queue.key, seq});
        if (pending)
            settle(*pending, row->second.indexInPending, landings);
        dropRow(queue, row);
    }
    queue.counters.lastAckedSeq = std::max(queue.counters.lastAckedSeq, seq);
    if (queue.counters.gapBeforeSeq != 0 && seq >= queue.counters.gapBeforeSeq)
        queue.counters.gapBeforeSeq = 0;
    markDirty(queue);
}

void MailQueues::settle(PendingSubmit &pending, std::size_t index, Landings &landings)
{
    if (std::exchange(pending.copies[index].isSettled, true))
        return;
    if (--pending.unsettled == 0)
        answer(pending, pending.accepted, landings);
}

void MailQueues::answer(PendingSubmit &pending, const wire::SubmitReply &reply, Landings &landings)
{
    pending.isAnswered = true;
    for (const auto &[home, waiter] : std::exchange(pending.waiters, {})) {
        landings.add(home, [home = home, waiter = waiter, reply] {
            if (const auto waiting = std::static_pointer_cast<Completer<wire::SubmitReply>>(home->takeWaiter(waiter)))
                waiting->finish(reply);
        });
    }
}

/// Takes a row out of the counts.
void MailQueues::dropRow(DeviceQueue &queue, std::unordered_map<std::uint64_t, LiveRow>::iterator row)
{
    const LiveRow &gone = row->second;
    queue.count(gone.mailClass, -1, -gone.bytes);
    if (gone.pair)
        m_pairs.release(gone.pair, isSmallClass(gone.mailClass), gone.bytes);
    if (gone.isStranger) {
        --queue.strangerRows;
        queue.strangerBytes -= gone.bytes;
    }
    queue.live.erase(row);
}

// ---- The store asks ----------------------------------------------------------------------------------------------

MailBatch MailQueues::takeMail()
{
    const std::lock_guard lock(m_mutex);
    MailBatch batch;
    for (auto &pending : m_waiting) {
        int payload = -1;
        for (PendingCopy &copy : pending->copies) {
            if (copy.isDropped)
                continue;
            if (payload < 0 && !pending->payload.isEmpty()) {
                payload = int(batch.payloads.size());
                batch.payloads.push_back(pending->payload);
            }
            copy.queue->live.at(copy.envelope.seq).state = RowState::Writing;
            batch.rows.push_back({copy.queue->key, copy.envelope, pending->expires, payload});
        }
        if (pending->repeat) {
            batch.repeats.push_back({*pending->repeat, pending->accepted.relayTime, pending->accepted.keptUntil});
        }
        m_writing.push_back(std::move(pending));
    }
    m_waiting.clear();
    batch.acks = m_acks;
    m_writingAcks.insert(m_writingAcks.end(), m_acks.begin(), m_acks.end());
    m_acks.clear();
    for (DeviceQueue *queue : m_dirty) {
        queue->isDirty = false;
        queue->writtenNextSeq = queue->counters.nextSeq;
        queue->writtenConnected = roundedToDay(queue->lastConnected);
        batch.devices.push_back({queue->key, queue->counters.nextSeq, queue->counters.lastAckedSeq,
                                 queue->writtenSubmitSeq, queue->counters.gapBeforeSeq, queue->writtenConnected});
    }
    m_writingDirty.insert(m_writingDirty.end(), m_dirty.begin(), m_dirty.end());
    m_dirty.clear();
    return batch;
}

void MailQueues::mailEnded(std::optional<Error> failure, std::vector<FreedMail> freed)
{
    Landings landings;
    {
        const std::lock_guard lock(m_mutex);
        for (const auto &pending : std::exchange(m_writing, {})) {
            if (failure) {
                undo(*pending, landings);
                continue;
            }
            for (const PendingCopy &copy : pending->copies) {
                const auto row = copy.queue->live.find(copy.envelope.seq);
                if (row != copy.queue->live.end()) {
                    row->second.state = RowState::Written;
                    row->second.pending.reset();
                }
            }
            if (!pending->isAnswered)
                answer(*pending, pending->accepted, landings);
            pending->copies.clear();
            pending->payload.clear();
        }
        if (failure) {
            // What devices have acknowledged stays acknowledged; the next batch deletes it.
            m_acks.insert(m_acks.begin(), m_writingAcks.begin(), m_writingAcks.end());
            for (DeviceQueue *queue : m_writingDirty)
                markDirty(*queue);
        } else {
            applyFreed(freed, false);
        }
        m_writingAcks.clear();
        m_writingDirty.clear();
    }
    landings.post();
}

/// The disk refused: nobody is told that it was accepted, and what a device has not acknowledged is forgotten.
void MailQueues::undo(PendingSubmit &pending, Landings &landings)
{
    for (const PendingCopy &copy : pending.copies) {
        const auto row = copy.queue->live.find(copy.envelope.seq);
        if (row != copy.queue->live.end())
            dropRow(*copy.queue, row);
    }
    if (!pending.isAnswered)
        answer(pending, wire::RelayError{wire::RelayErrorCode::Unavailable, {}, 1000}, landings);
    if (pending.strangers)
        m_pairs.forgetStrangerSubmit(*pending.strangers, pending.accepted.relayTime);
    pending.copies.clear();
    pending.payload.clear();
    pending.repeat.reset(); // a repeat of it is a first try
}

/// Rows that left the disk: those of earlier runs have not been taken out of the counts yet.
void MailQueues::applyFreed(const std::vector<FreedMail> &freed, bool isExpired)
{
    for (const FreedMail &mail : freed) {
        const auto found = m_byKey.find(mail.device);
        if (found == m_byKey.end())
            continue;
        DeviceQueue &queue = *found->second;
        const auto row = queue.live.find(mail.seq);
        if (row != queue.live.end())
            dropRow(queue, row);
        else if (mail.seq < queue.firstLiveSeq)
            queue.count(mail.mailClass, -1, -mail.bytes);
        if (isExpired && leavesGap(mail.mailClass))
            queue.counters.gapBeforeSeq = std::max(queue.counters.gapBeforeSeq, mail.seq + 1);
    }
}

// ---- Reading and expiry ------------------------------------------------------------------------------------------

Task<Result<std::vector<wire::Envelope>>> MailQueues::read(DeviceAddress device, QueuePosition position,
                                                           int maxEnvelopes, qsizetype maxBytes)
{
    std::shared_ptr<DeviceQueue> queue;
    {
        const std::lock_guard lock(m_mutex);
        queue = queueOf(device);
    }
    if (!queue)
        return Task<Result<std::vector<wire::Envelope>>>::finished(std::vector<wire::Envelope>());
    return m_store.readMail(queue->key, position, maxEnvelopes, maxBytes, m_clock.now());
}

Task<Result<Done>> MailQueues::expire()
{
    const Timestamp now = m_clock.now();
    for (;;) {
        auto expiring = m_store.expireMail(now, kExpireStep);
        const auto freed = co_await std::move(expiring);
        if (!freed)
            co_return freed.error();
        {
            const std::lock_guard lock(m_mutex);
            applyFreed(*freed, true);
        }
        if (freed->size() < std::size_t(kExpireStep))
            break;
    }
    for (;;) {
        auto expiring = m_store.expireRepeats(RepeatMemory::oldestDay(now), kExpireStep);
        const auto count = co_await std::move(expiring);
        if (!count)
            co_return count.error();
        if (*count < kExpireStep)
            break;
    }
    co_return Done{};
}

// ---- Repeats -----------------------------------------------------------------------------------------------------

std::optional<Task<wire::SubmitReply>> MailQueues::answerOfRepeat(const RepeatId &id)
{
    const auto found = m_recent.find(id);
    if (found == m_recent.end())
        return std::nullopt;
    PendingSubmit &pending = *found->second;
    if (!pending.isAnswered)
        return waitFor(&pending);
    if (!pending.repeat)
        return std::nullopt; // refused by the disk
    return Task<wire::SubmitReply>::finished(pending.accepted);
}

void MailQueues::remember(const RepeatId &id, std::shared_ptr<PendingSubmit> pending)
{
    if (m_recent.insert_or_assign(id, std::move(pending)).second)
        m_recentOrder.push_back(id);
    if (m_recentOrder.size() > kRecentSubmits) {
        m_recent.erase(m_recentOrder.front());
        m_recentOrder.pop_front();
    }
}

/// Whether the submit is so old that its acceptance may have left the memory: its device has had newer ones accepted.
bool MailQueues::mayBeOnDisk(const AddressedSubmit &submit) const
{
    const auto queue = queueOf(submit.sender);
    return queue && submit.submit.submitSeq <= queue->counters.lastSubmitSeq;
}

qsizetype MailQueues::rememberedBytes() const
{
    const std::lock_guard lock(m_mutex);
    qsizetype bytes = 0;
    for (const auto &[id, pending] : m_recent) {
        bytes += pending->payload.size();
        for (const PendingCopy &copy : pending->copies)
            bytes += qsizetype(countedBytes(copy.envelope));
    }
    return bytes;
}

Task<wire::SubmitReply> MailQueues::submit(AddressedSubmit submit)
{
    std::vector<RepeatKey> names;
    {
        const std::lock_guard lock(m_mutex);
        if (mayBeOnDisk(submit) && !m_recent.contains({submit.sender, submit.submit.submitId}))
            names = m_repeatNames.possibleNames(submit.sender, submit.submit.submitId, m_clock.now());
    }
    if (!names.empty()) {
        auto looking = m_store.findRepeat(std::move(names));
        const auto found = co_await std::move(looking);
        if (!found)
            co_return wire::RelayError{wire::RelayErrorCode::Unavailable, {}, 0};
        if (*found)
            co_return wire::Accepted{(*found)->relayTime, {}, (*found)->keptUntil};
    }
    auto admitting = admit(std::move(submit));
    auto reply = co_await std::move(admitting);
    co_return reply;
}

Task<wire::SubmitReply> MailQueues::waitFor(PendingSubmit *pending)
{
    auto completer = std::make_shared<Completer<wire::SubmitReply>>();
    auto task = completer->task();
    const Home home = thisThread();
    pending->waiters.emplace_back(home, home->keepWaiter(std::move(completer)));
    return task;
}

} // namespace sotto::relay
